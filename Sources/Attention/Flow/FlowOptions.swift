import Autograd
import Options

/// Attention as a flow of values from keys to queries that is conserved (Flowformer, Wu et al. 2022).
public struct FlowOptions: AttentionKind {
    /// Whether keys compete for what they give, by a softmax over them.
    public var competition = true
    /// Whether queries take of what they get by a gate.
    public var allocation = true

    public init() {}

    public static let name = "flow"
    public static var options: [Option<Self>] {
        Option("competition", \.competition, "keys compete for what they give, by a softmax over them")
        Option("allocation", \.allocation, "queries take of what they get by a gate")
    }

    public func build(_ shape: HeadShape, dropout: Float, _ scope: ParameterScope) -> any SelfAttention {
        FlowAttention(shape: shape, options: self)
    }
}
