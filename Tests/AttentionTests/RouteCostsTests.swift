import Tensors
import Testing

@testable import Attention

@Suite struct RouteCostsTests {
    @Test func onlyWholeAndPossibleCostsAreRead() {
        let good = RouteCosts.ofAVX512.values
        #expect(RouteCosts(good) == .ofAVX512)
        #expect(RouteCosts([:]) == nil)
        for (name, value) in [
            ("sorting", Double.nan), ("sorting", 0), ("found", -1), ("weight", .infinity), ("more", 1),
        ] {
            #expect(RouteCosts(good.merging([name: value]) { $1 }) == nil, "\(name) \(value)")
        }
        #expect(RouteCosts(good.filter { $0.key != "compare" }) == nil)
    }

    @Test func whatIsMeasuredIsACostOfEveryPart() {
        let costs = RouteCosts.measured()
        #expect(RouteCosts(costs.values) == costs, "\(costs.values)")
    }

    @Test func routesAreChosenByTheCostsThatAnAttentionWasBuiltWith() {
        let pool = StoragePool()
        func codes() -> IntegerVector<UInt16> {
            let codes = IntegerVector<UInt16>(8 * 64, from: pool)
            codes.withPointer { for index in 0..<codes.count { $0[index] = UInt16(index % 61) } }
            return codes
        }
        func route(
            _ expensive: [RouteCosts.Part], _ others: [RouteCosts.Part: Double] = [:], _ precision: Precision = .fp32
        ) -> YosoRoute {
            let values = Dictionary(
                uniqueKeysWithValues: RouteCosts.Part.allCases.map {
                    ($0.rawValue, expensive.contains($0) ? 1e5 : others[$0] ?? 1)
                })
            let costs = RouteCosts(values) ?? .ofAVX2
            let head = HashedHead(length: 64, bits: 6, hashes: 8, queries: codes(), keys: codes(), costs: costs)
            return .ofSums(head, width: 16, Products(precision, from: pool))
        }
        #expect(route([.sorting, .addedLine, .tableLine]) == .dense)
        #expect(route([.sorting, .addedLine, .compare, .product]) == .tables)
        #expect(route([.tableLine, .compare, .product]) == .collisions)
        // 64 products a token beside 8 lines of tables.
        let close: [RouteCosts.Part: Double] = [.compare: 1e-6, .tableLine: 6]
        #expect(route([.sorting], close) == .tables)
        #expect(route([.sorting], close, .bf16) == .dense, "products of bf16 take half the time")
    }
}
