import Autograd
import Options

/// Landmarks and a pseudo-inverse (Nyströmformer, Xiong et al. 2021).
public struct NystromOptions: AttentionKind {
    public var landmarks: Int

    public init() { self.init(landmarks: 64) }
    public init(landmarks: Int) { self.landmarks = landmarks }

    public static let name = "nystrom"
    public static var options: [Option<Self>] {
        Option("landmarks", \.landmarks, 1...4096, "segments whose means stand for all")
    }

    public func pairs(length: Int) -> Int { 2 * length * min(length, landmarks) }

    public func problemOnDevice(headWidth: Int) -> String? {
        headWidth <= 128 ? nil : "a GPU has nystrom for heads of at most 128 columns, not of \(headWidth)"
    }

    public func build(_ shape: HeadShape, dropout: Float, _ scope: ParameterScope) -> any SelfAttention {
        NystromAttention(shape: shape, landmarks: landmarks)
    }
}
