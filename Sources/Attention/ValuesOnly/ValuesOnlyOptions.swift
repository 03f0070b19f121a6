import Autograd
import Options

/// Values alone.
public struct ValuesOnlyOptions: AttentionKind {
    public init() {}

    public static let name = "none"
    public static var options: [Option<Self>] {}

    public func build(_ shape: HeadShape, dropout: Float, _ scope: ParameterScope) -> any SelfAttention {
        ValuesOnly(shape: shape)
    }
}
