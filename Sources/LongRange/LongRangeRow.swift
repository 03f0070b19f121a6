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
}
