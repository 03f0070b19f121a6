import Communication
import Tensors
import Testing

@testable import Training

/// How many processes learn together must not be known to what is learned.
@Suite struct RanksTests {
    struct Outcome: Equatable {
        let parameters: [Float]
        let losses: [Double]
        let norms: [Double]
        let heldOut: Double?
    }

    static func train(
        _ ranks: any Communicator, shards: Int, _ precision: Precision, kind: String? = nil, wire: Precision? = nil,
        threads: Int = 1
    ) -> Outcome {
        var options = TinyRun.options(threads: threads, precision: precision)
        (options.shards, options.optimizer.kind, options.wire) = (shards, kind, wire)
        let pretrainer = Pretrainer(options, ranks: ranks) {
            Sum(TinyRun.encoder(), options, tokenCounts: [], $0)
        }
        let steps = (0..<3).map { pretrainer.step(TinyRun.examples(seed: UInt64($0)), index: $0, of: 20) }
        let heldOut = try? pretrainer.evaluate(TinyRun.examples(seed: 9)).result["maskedLoss"]
        #expect(heldOut != nil)
        return Outcome(
            parameters: pretrainer.model.parameters.values, losses: steps.map(\.loss), norms: steps.map(\.gradientNorm),
            heldOut: heldOut)
    }

    /// Apart, and with so many that see one another's memory: all, some of them, and one that is left over.
    @Test(
        arguments: [
            (4, 1, 1), (4, 2, 1), (4, 3, 1), (4, 4, 1), (5, 2, 1), (7, 3, 1), (4, 2, 2), (4, 4, 4), (4, 4, 2),
            (7, 3, 2), (7, 3, 3), (9, 5, 2),
        ], StepInvarianceTests.precisions)
    func anyNumberGivesTheSameBits(_ cut: (shards: Int, ranks: Int, circle: Int), precision: Precision) {
        for (kind, wire) in [(nil, nil), (LAMB.name, nil), (nil, Precision.bf16)] {
            let alone = Self.train(Alone(), shards: cut.shards, precision, kind: kind, wire: wire)
            let several = ThreadRanks.run(cut.ranks, circle: cut.circle) {
                Self.train($0, shards: cut.shards, precision, kind: kind, wire: wire)
            }
            for one in several { #expect(one == alone) }
        }
    }

    /// Whichever thread it is that lets messages go on.
    @Test(arguments: [1, 2]) func noNumberOfThreadsOfARankChangesABit(circle: Int) {
        let alone = Self.train(Alone(), shards: 4, .fp32, wire: .bf16)
        for one in ThreadRanks.run(2, circle: circle, { Self.train($0, shards: 4, .fp32, wire: .bf16, threads: 3) }) {
            #expect(one == alone)
        }
    }

    /// The gradients of a shard are other numbers then, but not by much.
    @Test func theWireIsPartOfTheResult() {
        let (exact, rounded) = (
            Self.train(Alone(), shards: 2, .fp32), Self.train(Alone(), shards: 2, .fp32, wire: .bf16)
        )
        #expect(exact.norms[0] != rounded.norms[0])
        #expect(abs(exact.norms[0] - rounded.norms[0]) < 1e-3 * exact.norms[0])
        #expect(exact.losses[0] == rounded.losses[0])
    }

    /// Of gradients the half, of weights all.
    @Test(arguments: [(nil, 4), (Precision.bf16, 2)]) func theWireCarriesHalfOfTheBytes(wire: Precision?, each: Int) {
        let sent = ThreadRanks.run(3) { ranks in
            var options = TinyRun.options(threads: 1)
            (options.shards, options.wire) = (6, wire)
            let pretrainer = Pretrainer(options, ranks: ranks) { Sum(TinyRun.encoder(), options, tokenCounts: [], $0) }
            let before = ranks.bytesSent
            _ = pretrainer.step(TinyRun.examples(seed: 1), index: 0, of: 20)
            return (ranks.bytesSent - before, pretrainer.model.layout.blockCount)
        }
        // Two of three ranks send each number's gradient, and one sends its weight to two.
        #expect(sent.reduce(0) { $0 + $1.0 } == 2 * sent[0].1 * (each + 4))
    }

    /// Neighbours tell one another where gradients lie, in 4 bytes a part, and that weights are there, in one.
    @Test func neighboursSendNoNumbers() {
        let sent = ThreadRanks.run(2, circle: 2) { ranks in
            var options = TinyRun.options(threads: 1)
            options.shards = 2
            let pretrainer = Pretrainer(options, ranks: ranks) { Sum(TinyRun.encoder(), options, tokenCounts: [], $0) }
            let before = ranks.bytesSent
            _ = pretrainer.step(TinyRun.examples(seed: 1), index: 0, of: 20)
            return (ranks.bytesSent - before, pretrainer.model.layout.parts.count)
        }
        #expect(sent.reduce(0) { $0 + $1.0 } == 5 * sent[0].1)
    }

    /// What a run's page tells must not be less where gradients are in common.
    @Test(arguments: [1, 2]) func gradientsCountAsMemory(circle: Int) {
        let sizes = ThreadRanks.run(2, circle: circle) { ranks in
            var options = TinyRun.options(threads: 1)
            options.shards = 2
            let pretrainer = Pretrainer(options, ranks: ranks) { Sum(TinyRun.encoder(), options, tokenCounts: [], $0) }
            let weights = pretrainer.model.weights
            return (pretrainer.model.allocatedBytes, 8 * (weights.layout.blockCount + weights.shares.count))
        }
        // Weights and gradients, and two moments of this rank's parts.
        for (bytes, least) in sizes { #expect(bytes >= least) }
    }

    /// One shard is what there was before there were any, and more give other bits.
    @Test func shardsArePartOfTheResult() {
        let one = Self.train(Alone(), shards: 1, .fp32)
        #expect(one.parameters == TinyRun.train(TinyRun.options(threads: 1)).parameters)
        let two = Self.train(Alone(), shards: 2, .fp32)
        #expect(one.parameters != two.parameters)
        #expect(abs(one.losses[0] - two.losses[0]) < 1e-6 * one.losses[0])
    }

    @Test(arguments: 1...9) func theTreeAddsEverythingOnceInOneOrder(shards: Int) {
        func sum(_ ranks: Int) -> String? {
            var whole = ShardTree<String>(shards) { "(\($0)\($1))" }
            for rank in 0..<ranks {
                var own = ShardTree<String>(shards) { "(\($0)\($1))" }
                for shard in rank * shards / ranks..<(rank + 1) * shards / ranks { own.add("\(shard)", index: shard) }
                for node in own.nodes { whole.add(node) }
            }
            return whole.finish()
        }
        let alone = sum(1)
        #expect(alone?.filter(\.isNumber) == (0..<shards).map(String.init).joined())
        for ranks in 1...shards { #expect(sum(ranks) == alone) }
    }
}
