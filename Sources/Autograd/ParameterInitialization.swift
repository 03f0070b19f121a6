import CKernels
import Tensors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Calls a body with every index below a count, each once, in any order or at the same time.
public typealias EachIndex = (_ count: Int, _ body: (Int) -> Void) -> Void

extension ParameterLayout {
    /// A fresh block of parameters: every parameter is drawn from a stream of (seed, its name), so that the same name
    /// gets the same numbers in every model.
    ///
    /// - Parameter each: spreads the work, over threads where there are some.
    public func initialBlock(
        seed: UInt64, from pool: StoragePool, each: EachIndex = { count, body in (0..<count).forEach(body) }
    ) -> Tensor {
        let block = pool.zeros(1, blockCount)
        draw(parameters, into: block, seed: seed, each: each)
        return block
    }

    /// Gives some of the parameters in `block` what `initialBlock` gives them.
    public func draw(
        _ chosen: [Parameter], into block: Tensor, seed: UInt64,
        each: EachIndex = { count, body in (0..<count).forEach(body) }
    ) {
        for parameter in chosen { parameter.initialize(block, seed: seed, each: each) }
    }
}

extension Parameter {
    /// Fills this parameter's range of `block` as its `initialization` says.
    func initialize(_ block: Tensor, seed: UInt64, each: EachIndex) {
        let target = block.view(of: self)
        let random = RandomStream(seed: seed)
        let half = columns / 2
        switch initialization {
        case .zeros: target.fill(0)
        case .ones: target.fill(1)
        case .normal(let deviation, let within):
            fillNormal(target, deviation, random.stream(name), each)
            switch within {
            case .first: target.matrix.columns(half, columns - half).fill(0)
            case .second: target.matrix.columns(0, half).fill(0)
            case nil: break
            }
        case .uniform(let bound): fillUniform(target, bound, random.stream(name), each)
        case .normalLike(let name, let deviation, let offsets):
            fillNormal(target, deviation, random.stream(name), each)
            target.matrix.columns(half, columns - half).fill(0)
            for (group, offset) in offsets.enumerated() {
                let first = group * rows / offsets.count
                let part = target.matrix.rows(first, (group + 1) * rows / offsets.count - first)
                let angles = Self.positionFrequencies(columns: half).map { $0 * Double(offset) }
                part.withPointer {
                    ck_rotate_pairs(
                        Int64(angles.count), angles.map { Float(cos($0)) }, angles.map { Float(sin($0)) }, $0)
                }
            }
        case .sinusoids(let rootMeanSquare):
            target.fill(0)
            let frequencies = Self.positionFrequencies(columns: half)
            let amplitude = Float(2.squareRoot()) * rootMeanSquare
            for position in 0..<rows {
                let angles = frequencies.map { $0 * Double(position) }
                target.row(position, 0..<2 * angles.count).copy(
                    from: angles.flatMap { [amplitude * Float(sin($0)), amplitude * Float(cos($0))] })
            }
        case .narrowing:
            fillNormal(target, 1 / Float(columns - half).squareRoot(), random.stream(name), each)
            target.matrix.columns(0, half).fill(0)
            target.matrix.rows(0, rows / 2).fill(0)
            let (pairs, picked) = (half / 2, rows / 4)
            for pair in 0..<picked {
                // Frequencies depend on the share (i + 1) / pairs alone.
                let other = (pair + 1) * pairs / picked - 1
                for part in 0..<2 {
                    let column = 2 * other + part
                    target.row(2 * pair + part, column..<column + 1).fill(1)
                }
            }
        }
    }

    /// ω_i = 3 (2 (i + 1) / columns)^1.5 in radians a token, one a pair of columns: so spread, the codes of positions have next to
    /// nothing in common from the second neighbour on, and do not repeat.
    private static func positionFrequencies(columns: Int) -> [Double] {
        (0..<columns / 2).map { 3 * pow(Double($0 + 1) / Double(columns / 2), 1.5) }
    }

    private func fillNormal(_ target: Tensor, _ deviation: Float, _ stream: RandomStream, _ each: EachIndex) {
        let numbers = target.view(at: 0, rows: 1, columns: count)
        each(parts) { index in
            let range = part(index)
            numbers.row(0, range).withPointer {
                ck_exact_normals(Int64(range.lowerBound), Int64(range.count), stream.key, deviation, $0)
            }
        }
    }

    private func fillUniform(_ target: Tensor, _ bound: Float, _ stream: RandomStream, _ each: EachIndex) {
        let numbers = target.view(at: 0, rows: 1, columns: count)
        each(parts) { index in
            let range = part(index)
            numbers.row(0, range).copy(
                from: range.map { bound * Float(2 * stream.uniform(UInt32(truncatingIfNeeded: $0)) - 1) })
        }
    }

    private static let partLength = 1 << 15
    private var parts: Int { (count + Self.partLength - 1) / Self.partLength }
    private func part(_ index: Int) -> Range<Int> {
        index * Self.partLength..<min((index + 1) * Self.partLength, count)
    }
}
