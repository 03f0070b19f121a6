import Autograd
import Bert
import Communication
import Tasks
import Tensors
import Testing

@testable import Training

/// What a step of a fine-tuning does not read of the table of words is updated later, to the same bits.
@Suite struct LateRowsTests {
    /// A table of several parts of the block, whose borders are inside of rows.
    private static let encoder = EncoderOptions(
        layers: 2, width: 48, heads: 2, intermediate: 64, vocabulary: 3000, positions: 40)

    private func tuner(
        decay: Float = 0.1, clip: Float = 1, kind: String = "adamw", precision: Precision = .fp32, shards: Int? = nil,
        ranks: any Communicator = Alone(), _ layers: LayerOptions = LayerOptions()
    ) -> Trainer<Classification> {
        let options = FineTuningOptions {
            $0.optimizer = OptimizerOptions(kind: kind, rate: 1e-2, decay: decay, clip: clip)
            ($0.schedule.shape, $0.layers, $0.precision) = (.linear, layers, precision)
            ($0.slices, $0.threads, $0.shards) = (2, 2, shards)
        }
        return Trainer(options, ranks: ranks) { Classification(Self.encoder, .value(-1...1), options, $0) }
    }

    /// Few words of the table, other ones in each step; some are neighbours, some come again.
    private func examples(_ step: Int, target: Float? = nil) -> [ClassificationExample] {
        (0..<6).map { row in
            let random = RandomStream(seed: 7).stream(UInt64(step)).stream(UInt64(row))
            let ids =
                [0] + (0..<8).map { Int32(random.word(UInt32($0)) % 3000) } + [Int32(5 + step), Int32(6 + step), 2999]
            return ClassificationExample(
                ids: ids, segments: ids.map { _ in 0 }, target: [target ?? Float(row % 2)])
        }
    }

    /// The same step of which nobody says what it reads.
    private func whole(_ step: PackedStep<Classification>) -> PackedStep<Classification> {
        PackedStep(
            sequences: step.sequences, tokens: step.tokens, whole: step.whole, work: step.work, batches: step.batches,
            rows: nil)
    }

    private func moments(_ tuner: Trainer<Classification>) -> [[Float]] {
        tuner.model.optimizer.collected().map(\.block.values)
    }

    private func expectTheSame(_ late: Trainer<Classification>, _ whole: Trainer<Classification>) throws {
        for step in 0..<40 {
            // One step is not finite, and changes nothing.
            let examples = examples(step, target: step == 23 ? .infinity : nil)
            let ahead = late.packer.pack(examples)
            #expect(ahead.rows != nil)
            let a = late.step(ahead, index: step, of: 50)
            let b = whole.step(self.whole(whole.packer.pack(examples)), index: step, of: 50)
            #expect(a.isFinite == (step != 23) && a.loss.bitPattern == b.loss.bitPattern, "step \(step)")
            if a.isFinite { #expect(abs(a.gradientNorm - b.gradientNorm) < 1e-12 * b.gradientNorm, "step \(step)") }
            // Whoever looks in between sees what is right.
            switch step {
            case 9:
                let looks = [late, whole].map { tuner in
                    tuner.model.weights.infer([0]) { _, tape in tape[tuner.objective.encoder.words].values }
                }
                expectTheSame(looks[0], looks[1])
            case 14: expectTheSame(late.model.parameters.values, whole.model.parameters.values)
            case 28: expectTheSame(moments(late), moments(whole))
            default: break
            }
        }
        expectTheSame(late.model.parameters.values, whole.model.parameters.values)
        expectTheSame(moments(late), moments(whole))
    }

    /// Without the numbers themselves, of which there are very many.
    private func expectTheSame<Numbers: Equatable>(_ a: Numbers, _ b: Numbers) {
        let areTheSame = a == b
        #expect(areTheSame)
    }

    @Test(arguments: [Float(0), 0.1], [Float(0), 1e-3]) func whatComesLateHasTheSameBits(decay: Float, clip: Float)
        throws
    {
        try expectTheSame(tuner(decay: decay, clip: clip), tuner(decay: decay, clip: clip))
    }

    @Test func soItHasAtOtherRatesOfTheTable() throws {
        let layers = LayerOptions { $0.rateDecay = 0.5 }
        try expectTheSame(tuner(layers), tuner(layers))
        let frozen = LayerOptions { $0.frozen = 1 }
        try expectTheSame(tuner(frozen), tuner(frozen))
    }

    @Test(.enabled(if: Precision.bf16.isAvailable, "this CPU has no AVX512-BF16")) func soItHasInBFloat16() throws {
        try expectTheSame(tuner(precision: .bf16), tuner(precision: .bf16))
    }

    /// A trust ratio is that of the whole table.
    @Test func lambNeedsAllRowsAtOnce() throws {
        try expectTheSame(tuner(kind: "lamb"), tuner(kind: "lamb"))
    }

    /// Of which none waits, since each has a part of the table.
    @Test(arguments: [1, 2]) func severalRanksHaveTheSameBits(circle: Int) {
        let train = { @Sendable (ranks: any Communicator) in
            let tuner = tuner(clip: 1e-3, shards: 2, ranks: ranks)
            let norms = (0..<6).map { tuner.step(examples($0), index: $0, of: 50).gradientNorm }
            return (norms: norms, parameters: tuner.model.parameters.values)
        }
        let alone = train(Alone())
        for one in ThreadRanks.run(2, circle: circle, train) {
            #expect(one.norms == alone.norms)
            expectTheSame(one.parameters, alone.parameters)
        }
    }

    /// Else these tests would compare a thing with itself.
    @Test(arguments: ["adamw", "lamb"]) func rowsThatNoStepReadsAreLate(kind: String) {
        let tuner = tuner(kind: kind)
        for step in 0..<3 { _ = tuner.step(examples(step), index: step, of: 50) }
        let before = tuner.model.weights.block.values
        let isLate = kind == "adamw"
        let wasLate = before != tuner.model.parameters.values
        #expect(wasLate == isLate)
        expectTheSame(tuner.model.weights.block.values, tuner.model.parameters.values)
    }

    /// So that what is remembered of updates does not grow for ever.
    @Test func afterSomeThousandUpdatesAllRowsHaveThem() {
        let pool = StoragePool()
        var had: [Int] = []
        let late = LateRows<Int>(
            pool.zeros(4, 2), moments: [], Workers(threads: 1),
            piece: { Piece(parameter: 0, decays: true, rate: 1, values: $0, gradients: $0, moments: $1) },
            apply: { updates, _ in had.append(updates.count) })
        for update in 0..<4097 { late.add(update, after: RowRuns([1, 2])) }
        #expect(had == [4096, 4096])
        late.catchUp(RowRuns([0, 1]))
        late.catchUp(nil)
        #expect(had == [4096, 4096, 1, 1])
    }

    @Test func rowsAreRuns() {
        #expect(RowRuns([5, 3, 4, 9, 3]).runs == [3..<6, 9..<10])
        #expect(RowRuns([Int32]()).runs.isEmpty)
        let layout = ParameterLayout()
        _ = layout.scope("m").vector("before", 32)
        let table = layout.scope("m").weight("table", 10, 3, deviation: 1)
        let rows = RowRuns([0, 1, 4, 9])
        #expect(rows.floats(of: table, in: 0..<100) == [32..<38, 44..<47, 59..<62])
        #expect(rows.floats(of: table, in: 36..<45) == [36..<38, 44..<45])
        #expect(rows.floats(of: table, in: 38..<44).isEmpty && rows.floats(of: table, in: 0..<32).isEmpty)
    }
}
