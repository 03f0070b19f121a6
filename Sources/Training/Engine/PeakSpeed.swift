import Communication
import Foundation
import Tensors

/// What the machine gives at best: the speed of large products on all workers at once.
public struct PeakSpeed: Sendable {
    /// Operations a second.
    public private(set) var operations: Double
    /// Whether others had a part of the cores meanwhile: what they share with these, caches and halves of cores, made it less
    /// than the peak.
    public let isBusy: Bool

    /// For the user.
    static let busy = "the machine is busy: other programs use its cores, so that no share of its peak can be shown"

    /// Operations a second of 512³ products for about a tenth of a second, the best of five stretches.
    public static func measure(_ workers: Workers, _ precision: Precision) -> PeakSpeed {
        // More threads than cores run in turns.
        let lanes = min(workers.threads, max(1, Int(Cores.available.rounded(.up))))
        let share = min(1, Cores.available / Double(lanes))
        let measured = Workers(threads: lanes).map(lanes) { _ in products(precision) }
        let used = measured.reduce(0) { $0 + $1.used } / Double(lanes)
        return PeakSpeed(operations: share * measured.reduce(0) { $0 + $1.rate }, isBusy: used < 0.9 * share)
    }

    init(operations: Double, isBusy: Bool = false) { (self.operations, self.isBusy) = (operations, isBusy) }

    /// The higher of two measurements, of which one may have been of a busy machine.
    public func higher(_ other: PeakSpeed) -> PeakSpeed {
        PeakSpeed(operations: max(operations, other.operations), isBusy: isBusy && other.isBusy)
    }

    /// A speed beyond the peak shows that it is higher.
    public mutating func reached(_ speed: Double) { operations = max(operations, speed) }

    /// That of all ranks together.
    func sum(over ranks: any Communicator) -> PeakSpeed {
        let sum = ranks.gather([operations]).joined().reduce(0, +)
        return PeakSpeed(operations: sum, isBusy: ranks.any(isBusy))
    }

    /// The share of the peak that `work` operations in `seconds` are, at most all of it; nil where the peak is not known.
    mutating func share(of work: Double, in seconds: Double) -> Double? {
        guard !isBusy else { return nil }
        reached(work / seconds)
        return work / seconds / operations
    }

    /// Operations a second of this thread while it had a core, and the share of the time that it had one.
    private static func products(_ precision: Precision) -> (rate: Double, used: Double) {
        // Of many rows, as steps have them: the right factor is laid out anew by every call.
        let (rows, size, pool) = (2048, 512, StoragePool())
        let work = 2 * Double(rows * size * size)
        let (a, b, c) = (pool.zeros(rows, size), pool.zeros(size, size), pool.zeros(rows, size))
        let products = Products(precision, from: pool)
        let (left, right) = (products.left(a.matrix), products.right(b.matrix))
        var best = 0.0
        let (begun, begunUsing) = (ContinuousClock.now, threadSeconds())
        for _ in 0..<5 {
            let (start, startUsing) = (ContinuousClock.now, threadSeconds())
            var count = 0
            repeat {
                products.multiply(left, right, into: c.matrix)
                count += 1
            } while start.duration(to: .now).seconds < 0.02
            best = max(best, Double(count) * work / (threadSeconds() - startUsing))
        }
        return (best, (threadSeconds() - begunUsing) / begun.duration(to: .now).seconds)
    }

    /// Seconds that this thread has had a core.
    private static func threadSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
    }
}

extension Duration {
    /// The duration in seconds.
    public var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
