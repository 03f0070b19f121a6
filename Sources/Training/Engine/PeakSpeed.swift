import Foundation
import Tensors

/// What the machine gives at best: the speed of large products on all workers at once.
public enum PeakSpeed {
    /// Operations a second of 512³ products for about a tenth of a second, the best of five stretches.
    public static func measure(_ workers: Workers, _ precision: Precision) -> Double {
        let size = 512
        let work = 2 * Double(size * size * size)
        let rates = workers.map(workers.threads) { _ -> Double in
            let pool = StoragePool()
            let (a, b, c) = (pool.zeros(size, size), pool.zeros(size, size), pool.zeros(size, size))
            let (left, right) =
                precision == .bf16 ? (a.matrix.leftPanels(from: pool), b.matrix.rightPanels(from: pool)) : (nil, nil)
            var best = 0.0
            for _ in 0..<5 {
                let start = ContinuousClock.now
                var (count, seconds) = (0, 0.0)
                repeat {
                    if let left, let right {
                        multiply(left, right, into: c.matrix)
                    } else {
                        multiply(a.matrix, b.matrix, into: c.matrix)
                    }
                    count += 1
                    seconds = start.duration(to: .now).seconds
                } while seconds < 0.02
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
