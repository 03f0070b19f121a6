import Autograd
import Bert
import Checkpoints
import Corpora
import Foundation
import Testing
import Training

/// Ten steps of `Tests/Fixtures/make_fixtures.py` in PyTorch: warm-up, linear decay, clipping, decay of matrices alone.
@Suite struct OptimizerFixtureTests {
    private static let fixtures = URL(fileURLWithPath: #filePath).appendingPathComponent("../../Fixtures")
        .standardizedFileURL

    private struct Step: Decodable {
        let loss: Double
        let norm: Double
    }

    /// The sequences of the fixture as examples.
    private func examples() throws -> [PretrainingExample] {
        let file = try SafeTensorsFile(Self.fixtures.appendingPathComponent("bert_pretraining/io.safetensors"))
        let (ids, segments) = (try file.integers("ids"), try file.integers("segments"))
        let (rows, labels) = (try file.integers("masked_rows"), try file.integers("masked_labels"))
        let orders = try file.integers("order_labels")
        var start = 0
        return zip(try file.integers("lengths"), orders).map { length, order in
            defer { start += length }
            let masked = zip(rows, labels).filter { (start..<start + length).contains($0.0) }
            return PretrainingExample(
                ids: ids[start..<start + length].map(Int32.init),
                segments: segments[start..<start + length].map(Int32.init),
                maskedPositions: masked.map { Int32($0.0 - start) }, maskedLabels: masked.map { Int32($0.1) },
                isOrdered: order == 0)
        }
    }

    @Test(arguments: [("adamw", Float(1e-3)), ("lamb", 5e-3)], [1, 2])
    func tenStepsMatchPyTorch(optimizer: (kind: String, rate: Float), slices: Int) throws {
        let encoder = EncoderOptions(
            layers: 2, width: 32, heads: 4, intermediate: 64, vocabulary: 96, positions: 40, dropout: 0,
            attentionDropout: 0)
        let pretrainer = Pretrainer(
            encoder,
            PretrainingOptions(
                batch: .sequences(4), budget: .steps(10),
                optimizer: OptimizerOptions(kind: optimizer.kind, rate: optimizer.rate),
                schedule: ScheduleOptions(shape: .linear, warmup: .steps(4)), slices: slices))
        try ModelFolder.read(
            Self.fixtures.appendingPathComponent("bert_pretraining"), into: pretrainer.model.parameters,
            pretrainer.model.layout)
        let steps = try JSONDecoder().decode(
            [Step].self, from: Data(contentsOf: Self.fixtures.appendingPathComponent("\(optimizer.kind)/steps.json")))
        let examples = try examples()
        for (index, expected) in steps.enumerated() {
            let step = pretrainer.step(examples, index: index, of: steps.count)
            #expect(abs(step.loss - expected.loss) < 1e-4 * expected.loss, "step \(index)")
            #expect(abs(step.gradientNorm - expected.norm) < 1e-4 * expected.norm, "step \(index)")
        }
        let final = try SafeTensorsFile(Self.fixtures.appendingPathComponent("\(optimizer.kind)/final.safetensors"))
        for parameter in pretrainer.model.layout.parameters {
            let ours = pretrainer.model.parameters.view(at: parameter.offset, rows: 1, columns: parameter.count).values
            let theirs = try final.floats(parameter.name)
            let difference = zip(ours, theirs).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
            #expect(difference < 1e-4, "\(parameter.name)")
        }
    }
}
