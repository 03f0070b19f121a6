import Corpora
import Tasks

/// An input of a task of the Long Range Arena (Tay et al. 2021): tokens, of a second document too where the task compares
/// two, and the class.
public struct LongRangeRow: Equatable, Sendable {
    /// No task has more than 256 different tokens.
    public let tokens: [UInt8]
    public let second: [UInt8]?
    public let label: Int

    init(_ tokens: [UInt8], second: [UInt8]? = nil, label: Int) {
        (self.tokens, self.second, self.label) = (tokens, second, label)
    }

    /// Tokens of the row as an encoder takes it.
    public var count: Int { max(1, tokens.count) + (second.map { max(1, $0.count) } ?? 0) }

    /// The row as an encoder takes it: documents one behind the other, the second with the segment 1, nothing around them. One
    /// without tokens is the id behind those of the task, since an encoder takes no empty sequence.
    public func encoded(_ task: LongRangeTask) -> EncodedRow {
        let documents = ([tokens] + (second.map { [$0] } ?? [])).map { document in
            document.isEmpty ? [Int32(task.vocabulary)] : document.map(Int32.init)
        }
        return EncodedRow(
            ids: documents.flatMap { $0 },
            segments: documents.enumerated().flatMap { Array(repeating: Int32($0), count: $1.count) },
            target: [Float(label)])
    }
}

extension [LongRangeRow] {
    /// So many of them, in order, always the same; all where it is 0.
    public func sample(_ wanted: Int) -> [LongRangeRow] {
        guard wanted > 0, wanted < count else { return self }
        var (order, random) = (Array<Int>(indices), RandomSequence(0x7361_6D70))
        random.shuffle(&order)
        return order.prefix(wanted).sorted().map { self[$0] }
    }
}
