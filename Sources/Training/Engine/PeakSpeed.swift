import Foundation
import Tensors

/// What the machine gives at best: the speed of large float32 products on all workers at once.
public enum PeakSpeed {
    /// Operations a second of 512³ products for about a quarter of a second, the best of five stretches.
    public static func measure(_ workers: Workers) -> Double {
        let size = 512
        let work = 2 * Double(size * size * size)
        let rates = workers.map(workers.threads) { _ -> Double in
            let pool = StoragePool()
            let (a, b, c) = (pool.zeros(size, size), pool.zeros(size, size), pool.zeros(size, size))
            var best = 0.0
            for _ in 0..<5 {
                let start = ContinuousClock.now
                var (count, seconds) = (0, 0.0)
                repeat {
                    multiply(a.matrix, b.matrix, into: c.matrix)
                    count += 1
                    seconds = start.duration(to: .now).seconds
                } while seconds < 0.05
                best = max(best, Double(count) * work / seconds)
            }
            return best
        }
        return rates.reduce(0, +)
    }
}

extension Duration {
    /// The duration in seconds.
    public var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
