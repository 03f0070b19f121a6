import Autograd
import Options

/// `softmax(Q Kᵀ / √d) V`, tiled (Vaswani et al. 2017, section 3.2.1).
public struct SoftmaxOptions: AttentionKind {
    /// `softmax(T Q̂ K̂ᵀ) V` of queries and keys of length 1, with a learned temperature T a head (Henry et al. 2020).
    public var queryKeyNorm: Bool

    public init() { self.init(queryKeyNorm: false) }
    public init(queryKeyNorm: Bool) { self.queryKeyNorm = queryKeyNorm }

    public static let name = "softmax"
    public static var options: [Option<Self>] {
        Option("queryKeyNorm", \.queryKeyNorm, "queries and keys of length 1, a learned temperature a head")
    }

    public func pairs(length: Int) -> Int { length * length }
    public var comparesAskedRowsAlone: Bool { true }
    public var dropsWeights: Bool { true }

    public func build(_ shape: HeadShape, dropout: Float, _ scope: ParameterScope) -> any SelfAttention {
        queryKeyNorm
            ? NormalizedSoftmax(shape: shape, dropout: dropout, scope)
            : SoftmaxAttention(shape: shape, dropout: dropout)
    }

    public func problemOnDevice(headWidth: Int) -> String? {
        deviceProblem(of: Self.name, heads: headWidth)
    }

    // Checkpoints say by the name whether there is a norm.
    private static let normalizedName = "normalizedSoftmax"
    private enum CodingKeys: CodingKey {}
    public static var codedNames: [String] { [name, normalizedName] }
    public var codedName: String { queryKeyNorm ? Self.normalizedName : Self.name }
    public init(from decoder: any Decoder) throws {
        self.init(queryKeyNorm: decoder.codingPath.last?.stringValue == Self.normalizedName)
    }
    public func encode(to encoder: any Encoder) throws { _ = encoder.container(keyedBy: CodingKeys.self) }
}

extension AttentionChoice {
    public static var softmax: Self { Self(SoftmaxOptions()) }
    public static var normalizedSoftmax: Self { Self(SoftmaxOptions(queryKeyNorm: true)) }
}
