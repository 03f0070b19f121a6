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
        func route(_ expensive: [RouteCosts.Part]) -> YosoRoute {
            let values = Dictionary(
                uniqueKeysWithValues: RouteCosts.Part.allCases.map { ($0.rawValue, expensive.contains($0) ? 1e5 : 1) })
            let costs = RouteCosts(values) ?? .ofAVX2
            let head = HashedHead(length: 64, bits: 6, hashes: 8, queries: codes(), keys: codes(), costs: costs)
            return .ofSums(head, width: 16, pool)
        }
        #expect(route([.sorting, .addedLine, .tableLine]) == .dense)
        #expect(route([.sorting, .addedLine, .compare, .product]) == .tables)
        #expect(route([.tableLine, .compare, .product]) == .collisions)
    }
}
