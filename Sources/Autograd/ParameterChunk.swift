import Tensors

/// A part of the block of all parameters: some rows of a weight that dense layers multiply by, or of what lies between such
/// weights.
public struct ParameterChunk: Sendable {
    public let range: Range<Int>
    let rows: (of: Parameter, range: Range<Int>)?
}

extension ParameterLayout {
    /// All of the block in parts of about 256 KB, so that what is done to one is done in the cache; weights are cut between
    /// rows that panels hold together.
    public var parts: [ParameterChunk] {
        let size = 1 << 16
        var (parts, end) = ([ParameterChunk](), 0)
        func fill(to next: Int) {
            parts += (end..<next).cut(every: size).map { ParameterChunk(range: $0, rows: nil) }
        }
        for weight in multiplied.sorted(by: { $0.offset < $1.offset }) {
            fill(to: weight.offset)
            let step = max(1, size / (weight.columns * RightPanels.width)) * RightPanels.width
            for rows in (0..<weight.rows).cut(every: step) {
                let first = weight.offset + rows.lowerBound * weight.columns
                parts.append(ParameterChunk(range: first..<first + rows.count * weight.columns, rows: (weight, rows)))
            }
            end = weight.range.upperBound
        }
        fill(to: blockCount)
        return parts
    }
}

extension Range<Int> {
    /// This range in pieces of `step` and what is left of one.
    fileprivate func cut(every step: Int) -> [Range<Int>] {
        stride(from: lowerBound, to: upperBound, by: step).map { $0..<Swift.min($0 + step, upperBound) }
    }
}
