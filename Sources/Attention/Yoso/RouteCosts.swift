import CKernels
import Tensors

/// Nanoseconds that the parts of YOSO's routes take on one core of a machine; only their ratios matter.
///
/// They choose routes, which give the same numbers up to rounding, so a run keeps to those that it began with.
public struct RouteCosts: Equatable, Sendable {
    /// What is counted. A line is 16 floats of a row.
    public enum Part: String, CaseIterable, Sendable {
        /// A pair's codes compared, one hash.
        case compare
        /// A pair's part of a product, a line.
        case product
        /// A token added to a table, looked up, and wiped, one hash, a line.
        case tableLine
        /// A token sorted, its bucket found and read, one hash.
        case sorting
        /// A collision added up, a line.
        case addedLine
        /// A collision of the gradients, a line.
        case gradientLine
        /// A pair's codes compared for the nearest, one hash.
        case nearest
        /// A pair weighed.
        case weight
        /// A collision looked up.
        case found
        /// A pair's cosine and its part of the sums, a line.
        case selectedLine
        /// A pair of the gradients of the conditional estimator, a line.
        case selectedGradientLine
    }

    private var nanoseconds: [Part: Double]

    /// - Precondition: every part has its cost.
    init(_ nanoseconds: [Part: Double]) { self.nanoseconds = nanoseconds }

    /// Costs by name, as they are kept; nil where one is missing, or none that could be measured.
    public init?(_ values: [String: Double]) {
        let costs = Part.allCases.compactMap { part in values[part.rawValue].map { (part, $0) } }
        guard costs.count == values.count, costs.count == Part.allCases.count,
            costs.allSatisfy({ (1e-6...1e6).contains($0.1) })
        else { return nil }
        self.init(Dictionary(uniqueKeysWithValues: costs))
    }

    public var values: [String: Double] {
        Dictionary(uniqueKeysWithValues: nanoseconds.map { ($0.key.rawValue, $0.value) })
    }

    subscript(part: Part) -> Double { nanoseconds[part] ?? .infinity }

    /// Of `product` in this precision: by its instructions AVX-512 multiplies twice as many bf16 numbers at once.
    func product(_ precision: Precision) -> Double { precision == .bf16 ? self[.product] / 2 : self[.product] }

    /// Of a Zen 5 with AVX-512, from timings of the kernels at 512 and 4,096 tokens with 32 hashes, every time on other codes:
    /// from the same ones the core learns where buckets end.
    public static let ofAVX512 = RouteCosts([
        .compare: 0.015, .product: 0.14, .tableLine: 2, .sorting: 4, .addedLine: 0.5, .gradientLine: 3.3,
        .nearest: 0.005, .weight: 0.6, .found: 1.5, .selectedLine: 1, .selectedGradientLine: 4,
    ])

    /// Of the same held to AVX2, by `measured`.
    public static let ofAVX2 = RouteCosts([
        .compare: 0.0124, .product: 0.274, .tableLine: 2.01, .sorting: 4.53, .addedLine: 0.71, .gradientLine: 3.75,
        .nearest: 0.0104, .weight: 0.883, .found: 1.16, .selectedLine: 1.27, .selectedGradientLine: 4.31,
    ])

    /// What an attention is built with, unless a run or a tuned machine says otherwise.
    @TaskLocal public static var current = String(cString: ck_level()) == "AVX-512" ? ofAVX512 : ofAVX2
}
