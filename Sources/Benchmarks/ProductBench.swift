import Tensors
import Training

/// Speeds of the three products of dense layers, in every precision that the CPU has, in rounds of all in turn.
public struct ProductBench {
    /// A product's speed in operations a second on all threads.
    public struct Record: Codable {
        public var shape: String
        public var form: TimedProduct.Form
        /// By precision: medians.
        public var speeds: [String: Double]
    }

    /// Operations a second that this machine reaches, by precision.
    public let peaks: [String: Double]
    private let rounds: Int
    private let workers: Workers
    private let peer: PeerScript?
    private let precisions = Precision.allCases.filter(\.isAvailable)

    /// Measures the peaks.
    public init(rounds: Int, _ workers: Workers, peer: PeerScript?) {
        (self.rounds, self.workers, self.peer) = (rounds, workers, peer)
        peaks = Dictionary(
            uniqueKeysWithValues: precisions.map { ($0.rawValue, PeakSpeed.measure(workers, $0).operations) })
    }

    /// - Parameter sizes: rows, outputs and inputs.
    /// - Throws: `PeerScript.Failure`.
    public func record(_ shape: String, _ sizes: [Int], _ form: TimedProduct.Form) throws -> Record {
        var times: [String: [Double]] = [:]
        let products = precisions.map {
            ($0, TimedProduct(rows: sizes[0], outputs: sizes[1], inputs: sizes[2], form, $0, workers))
        }
        for _ in 0..<rounds {
            for (precision, product) in products {
                times[precision.rawValue, default: []].append(product.seconds() / product.work)
            }
            // As many products as there are threads.
            let arguments = sizes.map { "\($0)" } + [form.rawValue, "\(workers.threads)"]
            let seconds: [String: Double] = try peer?.run(arguments) ?? [:]
            for (name, seconds) in seconds {
                times["PyTorch \(name)", default: []].append(seconds / products[0].1.work)
            }
        }
        return Record(shape: shape, form: form, speeds: times.mapValues { 1 / median($0) })
    }
}
