import Synchronization
import Tensors

/// The orthogonal random directions of all heads of a performer, the same for ever: to make them takes longer than a short
/// sequence, so that they are made once.
final class FeatureDirections: Sendable {
    private let (count, width, heads): (Int, Int, Int)
    private let random: RandomStream
    private let made = Mutex<[[Float]]>([])

    /// - Parameter count: of a head.
    init(_ count: Int, _ shape: HeadShape, _ random: RandomStream) {
        (self.count, width, heads, self.random) = (count, shape.headWidth, shape.heads, random)
    }

    /// Those of every head, [count, width].
    func tensors(_ pool: StoragePool) -> [Tensor] {
        let all = made.withLock { made in
            if made.isEmpty {
                made = (0..<heads).map {
                    FeatureMap.orthogonalDirections(count, width: width, random.stream(UInt64($0)), pool).values
                }
            }
            return made
        }
        return all.map { values in
            let tensor = pool.tensor(count, width)
            tensor.copy(from: values)
            return tensor
        }
    }
}
