import Autograd
import Options

/// Keys and values mixed down to `rank` by learned weights, of at most `length` tokens (Wang et al. 2020).
public struct LinformerOptions: AttentionKind {
    public var rank: Int
    /// nil for as many as the model has positions.
    public var length: Int?

    public init() { self.init(rank: 256) }
    public init(rank: Int, length: Int? = nil) { (self.rank, self.length) = (rank, length) }

    public static let name = "linformer"
    public static var options: [Option<Self>] {
        Option("rank", \.rank, 1...4096, "keys and values that are left")
        Option(
            "length", \.length, .integer(1...1_000_000, or: "auto"), "longest sequence; auto is model.positions")
    }

    public var lengthLimit: Int? { length }
    public var lengthLimitKey: String { "attention.length" }
    /// Those of mixing keys and values among them.
    public func pairs(length: Int) -> Int { 2 * length * rank }
    public mutating func fit(positions: Int) { length = length ?? positions }

    /// - Precondition: a length, its own or by `fit`.
    public func build(_ shape: HeadShape, dropout: Float, _ scope: ParameterScope) -> any SelfAttention {
        guard let length else { preconditionFailure("a linformer without a length was not fit to a model") }
        return LinformerAttention(shape: shape, rank: rank, length: length, scope)
    }
}
