import Autograd
import Options

/// Tokens at most `window` away, and the first (Longformer, Beltagy et al. 2020).
public struct LocalOptions: AttentionKind {
    public var window: Int

    public init() { self.init(window: 64) }
    public init(window: Int) { self.window = window }

    public static let name = "local"
    public static var options: [Option<Self>] {
        Option("window", \.window, 1...1_000_000, "farthest token that is seen")
    }

    public func pairs(length: Int) -> Int { length * min(length, 2 * window + 1) }

    public func problemOnDevice(headWidth: Int) -> String? { deviceProblem(of: Self.name, heads: headWidth) }

    public func build(_ shape: HeadShape, dropout: Float, _ scope: ParameterScope) -> any SelfAttention {
        LocalAttention(shape: shape, window: window)
    }
}
