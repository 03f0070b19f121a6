import Communication
import Foundation
import Tensors
import Testing

@testable import Autograd
@testable import Training

/// What ranks send one another in a step, and when.
@Suite struct ExchangeTests {
    /// Two parameters of several parts each.
    private static func weights(_ ranks: any Communicator) -> (ModelWeights, first: Parameter, last: Parameter) {
        let layout = ParameterLayout()
        let scope = layout.scope("test")
        let parameters = (scope.weight("first", 500, 300, .zeros), scope.weight("last", 700, 300, .zeros))
        let weights = ModelWeights(
            layout, seed: nil, slices: 1, workers: Workers(threads: 1), precision: .fp32, backward: true, ranks: ranks)
        return (weights, parameters.0, parameters.1)
    }

    private struct Sent {
        /// Bytes sent when one of two passes, and when both, had added to the last parameter, and at the end.
        let byOne, byBoth, byAll: Int
        /// What there is to send of the last parameter, and of all.
        let ofLast, ofAll: Int
        let isSum: Bool
    }

    @Test func aPartIsOnItsWayWhenTheLastPassHasAddedToIt() {
        let sent = ThreadRanks.run(2) { ranks in
            let (weights, first, last) = Self.weights(ranks)
            let sums = ShardSums(weights, shards: 2, wire: .fp32, from: StoragePool())
            sums.begin(ranks.rank, passes: 2)
            let passes = (0..<2).map { sums.gradients.pass($0) }
            passes[0].add(to: last) { $0.fill(1) }
            sums.gradients.beside?()
            let byOne = ranks.bytesSent
            passes[1].add(to: last) { $0.add($0) }
            sums.gradients.beside?()
            let byBoth = ranks.bytesSent
            for pass in passes {
                pass.add(to: first) { $0[0] += 1 }
                pass.end()
            }
            sums.end(ranks.rank)
            let shares = weights.shares
            let others = shares.ranges.indices.filter { shares.owners[$0] != ranks.rank }.map { shares.ranges[$0] }
            // A part that has some of both waits for the first.
            let ofLast = others.filter { $0.lowerBound >= first.range.upperBound }
            let own = shares.own.map { shares.ranges[$0].clamped(to: last.range) }
            return Sent(
                byOne: byOne, byBoth: byBoth, byAll: ranks.bytesSent, ofLast: 4 * ofLast.joined().count,
                ofAll: 4 * others.joined().count,
                isSum: own.allSatisfy { sums.gradients.block.row(0, $0).values.allSatisfy { $0 == 4 } })
        }
        for one in sent {
            #expect(one.byOne == 0)
            #expect(one.ofLast > 0 && one.byBoth == one.ofLast)
            #expect(one.byAll == one.ofAll)
            #expect(one.isSum)
        }
    }

    @Test(arguments: 1...5) func sharesAreEqualAndMakeUpAll(ranks: Int) {
        let shares = ThreadRanks.run(ranks) { Self.weights($0).0.shares }
        #expect(shares.flatMap(\.own).sorted() == Array(shares[0].ranges.indices))
        let (counts, longest) = (shares.map(\.count), shares[0].ranges.map(\.count).max() ?? 0)
        #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= longest)
        for one in shares { #expect(one.owners == shares[0].owners) }
    }

    /// By the formula: bf16 of every shard's, and of sums of two and of four, but not of all five.
    @Test(arguments: 1...5, [1, 2]) func whatCouldTravelIsRounded(ranks: Int, circle: Int) {
        @Sendable func gradient(_ shard: Int, _ index: Int) -> Float {
            Float(index % 1000 + 1) * (1 + Float(shard) * 0.37) / 7 * (index % 3 == 0 ? -1 : 1)
        }
        func rounded(_ value: Float) -> Float {
            Float(bitPattern: (value.bitPattern + 0x7fff + (value.bitPattern >> 16 & 1)) & 0xffff_0000)
        }
        let sums = ThreadRanks.run(ranks, circle: circle) { ranks in
            let weights = Self.weights(ranks).0
            let pool = StoragePool()
            let sums = ShardSums(weights, shards: 5, wire: .bf16, from: pool)
            // What another step left must not count.
            for factor in [Float(3), 1] {
                sums.clear()
                for shard in sums.own {
                    sums.begin(shard, passes: 0)
                    let block = sums.gradients.block
                    block.add(pool.tensor(1, block.count, (0..<block.count).map { factor * gradient(shard, $0) }))
                    sums.end(shard)
                }
            }
            return weights.shares.own.map { part in
                (weights.shares.ranges[part], sums.gradients.block.row(0, weights.shares.ranges[part]).values)
            }
        }
        for (range, values) in sums.joined() {
            let expected = range.map { index -> Float in
                let s = (0..<5).map { rounded(gradient($0, index)) }
                return rounded(rounded(s[0] + s[1]) + rounded(s[2] + s[3])) + s[4]
            }
            #expect(values == expected)
        }
    }
}
