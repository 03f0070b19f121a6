import Autograd
import Tasks
import Tensors
import Testing

@testable import Training

@Suite struct LayerOptionsTests {
    private let examples = TinyRun.examples().enumerated().map { index, example in
        ClassificationExample(ids: example.ids, segments: example.segments, target: [Float(index % 2)])
    }

    private func tuner(_ layers: LayerOptions, decay: Float = 0) -> Trainer<Classification> {
        let options = FineTuningOptions {
            $0.optimizer = OptimizerOptions(rate: 1e-2, decay: decay)
            ($0.schedule.shape, $0.layers) = (.constant, layers)
        }
        return Trainer(options) { Classification(TinyRun.encoder(), .classes(["a", "b"]), options, $0) }
    }

    /// The largest change of every part of the model in one step, and the step.
    private func change(_ layers: LayerOptions, decay: Float = 0) -> (
        embeddings: Float, blocks: [Float], head: Float, norm: Double
    ) {
        let tuner = tuner(layers, decay: decay)
        let before = tuner.model.parameters.values
        let step = tuner.step(examples, index: 5, of: 10)
        let after = tuner.model.parameters.values
        func largest(_ part: String) -> Float {
            tuner.model.layout.parameters.filter { $0.name.contains(part) }.flatMap(\.range)
                .reduce(0) { max($0, abs(after[$1] - before[$1])) }
        }
        return (
            largest("embeddings"), [largest("layer.0."), largest("layer.1.")], largest("classifier"), step.gradientNorm
        )
    }

    /// AdamW's first step is the rate, whatever the gradient.
    @Test func ratesDecayFromTheHeadDown() {
        let plain = change(LayerOptions())
        for part in [plain.embeddings, plain.head] + plain.blocks { #expect(abs(part - 1e-2) < 2e-4) }
        let decayed = change(LayerOptions { $0.rateDecay = 0.5 })
        #expect(abs(decayed.head - 1e-2) < 2e-4 && abs(decayed.blocks[1] - 5e-3) < 1e-4)
        #expect(abs(decayed.blocks[0] - 2.5e-3) < 5e-5 && abs(decayed.embeddings - 1.25e-3) < 3e-5)
        #expect(abs(decayed.norm - plain.norm) < 1e-9)
    }

    @Test func whatIsFrozenStays() {
        let frozen = change(LayerOptions { $0.frozen = 1 })
        #expect(frozen.embeddings == 0 && frozen.blocks[0] == 0 && frozen.blocks[1] > 0 && frozen.head > 0)
        #expect(frozen.norm < change(LayerOptions()).norm)
        // Nor does it decay, which takes no gradient.
        let decayed = change(LayerOptions { $0.frozen = 1 }, decay: 0.5)
        #expect(decayed.embeddings == 0 && decayed.blocks[0] == 0 && decayed.blocks[1] > 0)
    }

    @Test func theHighestBlocksMayBeginAfresh() {
        let layers = LayerOptions { $0.fresh = 1 }
        let tuner = tuner(layers)
        let fresh = tuner.model.layout.parameters.filter { layers.isFresh($0, layers: 2) }.map(\.name)
        #expect(fresh.contains { $0.contains("layer.1.") } && fresh.contains { $0.contains("pooler") })
        #expect(!fresh.contains { $0.contains("layer.0.") || $0.contains("embeddings") })
    }
}
