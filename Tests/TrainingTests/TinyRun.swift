import Attention
import Autograd
import Bert
import Corpora
import Tensors
import Testing

@testable import Training

/// A tiny model and random examples of unequal lengths, with dropout on.
enum TinyRun {
    static func encoder(attention: AttentionChoice = .softmax, layers: Int = 2) -> EncoderOptions {
        EncoderOptions(
            layers: layers, width: 32, heads: 2, intermediate: 64, vocabulary: 50, positions: 40, attention: attention)
    }

    static func options(
        slices: Int = 2, threads: Int = 2, microBatchTokens: Int = 64, seed: UInt64 = 3,
        precision: Precision = .fp32, recompute: Bool = false
    ) -> PretrainingOptions {
        PretrainingOptions(
            batch: .sequences(12), microBatchTokens: microBatchTokens, budget: .steps(20),
            optimizer: OptimizerOptions(rate: 1e-2), schedule: ScheduleOptions(warmup: .steps(2)), slices: slices,
            threads: threads, seed: seed, precision: precision, recompute: recompute)
    }

    /// Sequences of 3 to 32 tokens, two masked in each, two thirds of them pairs.
    static func examples(_ count: Int = 12, seed: UInt64 = 1) -> [PretrainingExample] {
        (0..<count).map { sequence in
            let random = RandomStream(seed: seed).stream(UInt64(sequence))
            let length = 3 + Int(random.word(999) % 30)
            let ids = (0..<length).map { Int32(5 + random.word(UInt32($0)) % 45) }
            return PretrainingExample(
                ids: ids, segments: ids.indices.map { $0 < length / 2 ? 0 : 1 }, maskedPositions: [1, 2],
                maskedLabels: [7, 8], isOrdered: sequence % 3 == 0 ? nil : sequence % 3 == 1)
        }
    }

    /// The parameters after `steps` steps.
    static func train(
        _ options: PretrainingOptions, attention: AttentionChoice = .softmax, steps: Int = 3
    ) -> (parameters: [Float], steps: [Pretrainer.Step]) {
        let pretrainer = Pretrainer(encoder(attention: attention), options)
        let results = (0..<steps).map {
            pretrainer.step(examples(seed: UInt64($0)), index: $0, of: 20)
        }
        return (pretrainer.model.parameters.values, results)
    }
}

typealias Pretrainer = Trainer<Sum<MaskedWords, SentenceOrder>>

extension Pretrainer {
    convenience init(_ encoder: EncoderOptions, _ options: PretrainingOptions, tokenCounts: [Int] = []) {
        self.init(options) { Sum(encoder, options, tokenCounts: tokenCounts, $0) }
    }
}

extension Trainer {
    /// Every parameter's gradient points where the loss rises, at the rate that it says, and says the rate of other ways, where what it
    /// lacks would show.
    func expectGradientsAreDifferences(_ examples: [O.Example]) {
        let (whole, batch) = (objective.count(examples), Batch(examples, keys: examples.indices.map(UInt64.init)))
        let (pool, parameters) = (StoragePool(), model.parameters)
        let gradients = pool.zeros(1, model.layout.blockCount)
        func loss(backward: Bool) -> Double {
            let mode = Tape.Mode.training(gradients: ParameterGradients(gradients), random: RandomStream(seed: 5))
            let tape = Tape(parameters: parameters, mode: mode, pool: pool)
            let (loss, counts) = objective.pass(batch, of: whole, tape)
            if backward { tape.backward(from: loss) }
            return objective.loss(counts())
        }
        _ = loss(backward: true)
        let (values, slopes) = (parameters.values, gradients.values)
        for parameter in model.layout.parameters {
            let norm = slopes[parameter.range].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            // The key biases' gradients are zero but for rounding.
            guard !parameter.name.hasSuffix("key.bias") else { continue }
            #expect(norm > 1e-5, "\(parameter.name)")
            let count = Double(parameter.range.count)
            let ways = (0..<3).map { way in
                let random = RandomStream(seed: 9).stream(UInt64(way))
                return parameter.range.map { index in
                    way == 0
                        ? Double(slopes[index]) / norm
                        : (random.word(UInt32(index)) % 2 == 0 ? 1 : -1) / count.squareRoot()
                }
            }
            for direction in ways {
                func moved(_ step: Double) -> Double {
                    for (index, share) in zip(parameter.range, direction) {
                        parameters[index] = values[index] + Float(step * share)
                    }
                    defer { for index in parameter.range { parameters[index] = values[index] } }
                    return loss(backward: false)
                }
                let step = min(4e-3, 4e-3 / norm)
                let slope = (moved(step) - moved(-step)) / (2 * step)
                let expected = zip(parameter.range, direction).reduce(0.0) { $0 + Double(slopes[$1.0]) * $1.1 }
                #expect(
                    abs(slope - expected) < 0.01 * abs(expected) + 2e-3 * norm + 1e-5,
                    "\(parameter.name): \(slope) for \(expected)")
            }
        }
    }
}
