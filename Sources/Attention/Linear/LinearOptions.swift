import Autograd
import Options
import Tensors

/// A kernel of elu(x) + 1 (Katharopoulos et al. 2020).
public struct LinearOptions: AttentionKind {
    public init() {}

    public static let name = "linear"
    public static var options: [Option<Self>] {}

    public func problemOnDevice(headWidth: Int) -> String? { nil }

    public func build(_ shape: HeadShape, dropout: Float, _ scope: ParameterScope) -> any SelfAttention {
        LinearAttention(shape: shape, features: .elu)
    }
}

/// Positive random features (FAVOR+, Choromanski et al. 2021).
public struct PerformerOptions: AttentionKind {
    public var features: Int

    public init() { self.init(features: 256) }
    public init(features: Int) { self.features = features }

    public static let name = "performer"
    public static var options: [Option<Self>] { Option("features", \.features, 1...4096, "random features a head") }

    public func build(_ shape: HeadShape, dropout: Float, _ scope: ParameterScope) -> any SelfAttention {
        let random = RandomStream(seed: 0).stream(scope.path("features"))
        return LinearAttention(shape: shape, features: .random(FeatureDirections(features, shape, random)))
    }
}
