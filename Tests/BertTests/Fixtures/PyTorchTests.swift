import Attention
import Autograd
import Bert
import Corpora
import Tensors
import Testing
import Training

/// The models beside transformers': hidden states, logits, losses and the gradient of every parameter.
@Suite struct PyTorchTests {
    private func options(_ attention: AttentionChoice = .softmax) -> EncoderOptions {
        EncoderOptions(
            layers: 2, width: 32, heads: 4, intermediate: 64, vocabulary: 96, positions: 40, dropout: 0,
            attentionDropout: 0, attention: attention)
    }

    private func expectHiddenStates(_ encoder: Encoder, _ fixture: Fixture, _ tape: Tape) throws {
        var states: [Tensor] = []
        _ = encoder(try fixture.tokens(), tape) { states.append($0.value) }
        #expect(states.count == 3)
        for (layer, state) in states.enumerated() {
            expectClose(state.values, try fixture.io.floats("hidden.\(layer)"), "hidden state \(layer)")
        }
    }

    @Test func bertForPreTraining() throws {
        let (fixture, layout, pool) = (try Fixture("bert_pretraining"), ParameterLayout(), StoragePool())
        let model = TinyObjective(options(), layout)
        let parameters = try fixture.parameters(layout, pool)
        let (tokens, rows) = (try fixture.tokens(), try fixture.int32("masked_rows"))
        let inference = Tape(parameters: parameters, mode: .inference, pool: pool)
        try expectHiddenStates(model.encoder, fixture, inference)
        expectClose(
            model.first.logits(tokens, rows: rows, inference).value.values, try fixture.io.floats("masked_logits"),
            "masked logits")
        let order = model.second.logits(tokens, inference)
        expectClose(order.value.values, try fixture.io.floats("order_logits"), "order logits")

        let gradients = pool.zeros(1, layout.blockCount)
        let mode = Tape.Mode.training(gradients: ParameterGradients(gradients), random: RandomStream(seed: 1))
        let tape = Tape(parameters: parameters, mode: mode, pool: pool)
        let labels = try fixture.int32("order_labels")
        let predicted = zip(rows, try fixture.int32("masked_labels"))
        let examples = labels.enumerated().map { index, label in
            let range = tokens.layout.rows(index)
            let own = predicted.filter { range.contains(Int($0.0)) }
            return PretrainingExample(
                ids: Array(tokens.ids[range]), segments: Array(tokens.segments[range]),
                maskedPositions: own.map { $0.0 - Int32(range.lowerBound) }, maskedLabels: own.map(\.1),
                isOrdered: label == 0)
        }
        let batch = Batch(examples, keys: tokens.layout.keys)
        #expect(batch.tokens == tokens)
        let (loss, count) = model.pass(batch, of: model.count(examples), tape)
        let counts = count()
        let expected = try fixture.expected()
        #expect(abs(counts.first.mean - (expected["masked_loss"] ?? 0)) < 1e-4)
        #expect(abs(counts.second.mean - (expected["order_loss"] ?? 0)) < 1e-4)
        tape.backward(from: loss)
        try fixture.expectGradients(gradients, layout)
    }

    @Test func bertForSequenceClassification() throws {
        let (fixture, layout, pool) = (try Fixture("bert_classification"), ParameterLayout(), StoragePool())
        let model = ClassificationModel(options(), outputs: 2, layout)
        let parameters = try fixture.parameters(layout, pool)
        let inference = Tape(parameters: parameters, mode: .inference, pool: pool)
        try expectHiddenStates(model.encoder, fixture, inference)
        try expectClassification(model, parameters, fixture, layout, pool)
    }

    /// Norms in front of the layers, with and without one behind the embeddings, and a classifier on the mean of the hidden states.
    @Test(arguments: ["prenorm_classification", "bare_embeddings"])
    func prenormForSequenceClassification(name: String) throws {
        let (fixture, layout, pool) = (try Fixture(name), ParameterLayout(), StoragePool())
        var options = options()
        (options.norm, options.pooling) = (.pre, .mean)
        options.embeddingNorm = name == "bare_embeddings" ? false : nil
        let model = ClassificationModel(options, outputs: 2, layout)
        try expectClassification(model, fixture.parameters(layout, pool), fixture, layout, pool)
    }

    private func expectClassification(
        _ model: ClassificationModel, _ parameters: Tensor, _ fixture: Fixture, _ layout: ParameterLayout,
        _ pool: StoragePool
    ) throws {
        let gradients = pool.zeros(1, layout.blockCount)
        let mode = Tape.Mode.training(gradients: ParameterGradients(gradients), random: RandomStream(seed: 1))
        let tape = Tape(parameters: parameters, mode: mode, pool: pool)
        let logits = model.logits(try fixture.tokens(), tape)
        expectClose(logits.value.values, try fixture.io.floats("logits"), "logits")
        let labels = try fixture.int32("order_labels")
        let loss = logits.crossEntropy(labels, weight: 1 / Float(labels.count))
        #expect(abs(Double(loss.variable.value.scalar) - (try fixture.expected()["loss"] ?? 0)) < 1e-5)
        tape.backward(from: loss.variable)
        try fixture.expectGradients(gradients, layout)
    }

    @Test func yosoForMaskedLM() throws {
        let (fixture, layout, pool) = (try Fixture("yoso_masked"), ParameterLayout(), StoragePool())
        let options = options(.yosoExpectation(YosoExpectationOptions(bits: 9)))
        let model = MaskedWords(on: Encoder(options, layout), layout)
        let tape = Tape(parameters: try fixture.parameters(layout, pool), mode: .inference, pool: pool)
        try expectHiddenStates(model.encoder, fixture, tape)
        let rows = try fixture.int32("masked_rows")
        let logits = model.logits(try fixture.tokens(), rows: rows, tape)
        expectClose(logits.value.values, try fixture.io.floats("masked_logits"), "masked logits")
        let loss = logits.crossEntropy(try fixture.int32("masked_labels"), weight: 1)
        #expect(abs(loss.sum / Double(rows.count) - (try fixture.expected()["masked_loss"] ?? 0)) < 1e-4)
    }

    @Test(arguments: CollisionGradient.allCases)
    func yosoExpectationOfOneHead(gradient: CollisionGradient) throws {
        let (fixture, pool) = (try Fixture("yoso_attention"), StoragePool())
        let parts = try ["query", "key", "value"].map { try fixture.io.floats($0) }
        let (rows, width) = (24, 16)
        let fused: [Float] = (0..<rows).flatMap { row in
            parts.flatMap { part in part[row * width..<(row + 1) * width] }
        }
        let mode = Tape.Mode.training(gradients: ParameterGradients(pool.zeros(1, 16)), random: RandomStream(seed: 1))
        let tape = Tape(parameters: pool.zeros(1, 16), mode: mode, pool: pool)
        let projections = tape.variable(pool.tensor(rows, 3 * width, fused))
        let choice = AttentionChoice.yosoExpectation(YosoExpectationOptions(bits: 9, gradient: gradient))
        let attention = choice.attention(
            heads: 1, headWidth: width, dropout: 0, ParameterLayout().scope("self"))
        let output = attention(projections, BatchLayout(lengths: [rows]))
        expectClose(output.value.values, try fixture.io.floats("output"), "output")

        let weights = try fixture.io.floats("weights")
        let sum = tape.record(pool.tensor(1, 1, [0]), WeightedSum(x: output, weights: weights))
        let d = tape.backward(from: sum, gradientsOf: [projections])[0].values
        for (part, name) in ["query", "key", "value"].enumerated() {
            let starts = (0..<rows).map { (3 * $0 + part) * width }
            let ours = starts.flatMap { start in d[start..<start + width] }
            expectClose(ours, try fixture.io.floats("\(gradient.rawValue).\(name)"), "gradient of \(name)")
        }
    }
}

/// Σ x ∘ weights, for its gradient alone.
private struct WeightedSum: TapedOperation {
    let x: Variable
    let weights: [Float]

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        gradients.add(gradients.pool.tensor(x.rows, x.columns, weights), to: x)
    }
}
