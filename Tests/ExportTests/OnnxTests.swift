import Attention
import Bert
import Checkpoints
import Foundation
import Tensors
import Testing

@testable import Export

/// What ONNX Runtime computes of exported files.
@Suite struct OnnxTests {
    private static let python = ProcessInfo.processInfo.environment["YOSO_PYTHON"] ?? "python3"

    private static func runPython(_ arguments: [String]) throws -> (code: Int32, output: String) {
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python] + arguments
        (process.standardOutput, process.standardError) = (pipe, pipe)
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    /// Known before any weight is read, and said of the model.
    @Test func aLargeModelIsRefusedAtOnce() throws {
        let place = URL(fileURLWithPath: "/m")
        try OnnxModel.check(bytes: 2_147_482_622, of: place)
        let error = #expect(throws: CheckpointError.self) {
            try OnnxModel.check(bytes: 2_205_919_180, of: place)
        }
        #expect(error?.problem == "takes 2103 MiB as ONNX, whose files have at most 2048; wanted a smaller model")
    }

    private static let hasRuntime = (try? runPython(["-c", "import onnx, onnxruntime"]).code) == 0

    struct Model: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let attention: AttentionChoice
        let head: SmallCheckpoint.Head
        var change: @Sendable (inout EncoderOptions) -> Void = { _ in }
    }

    private static let models = [
        Model(testDescription: "softmax, words", attention: .softmax, head: .words),
        Model(testDescription: "softmax, classes, gelu by tanh", attention: .softmax, head: .classes) {
            $0.activation = .tanh
        },
        Model(
            testDescription: "softmax of unit rows, norms in front, mean", attention: .normalizedSoftmax,
            head: .classes
        ) { ($0.norm, $0.pooling) = (.pre, .mean) },
        Model(testDescription: "norms in front, none behind embeddings", attention: .softmax, head: .words) {
            ($0.norm, $0.embeddingNorm) = (.pre, false)
        },
        Model(
            testDescription: "yosoExpectation, classes behind a pooler",
            attention: .yosoExpectation(YosoExpectationOptions()), head: .classes
        ) { $0.head = .pooler },
        Model(
            testDescription: "yosoExpectation, words", attention: .yosoExpectation(YosoExpectationOptions()),
            head: .words),
        Model(
            testDescription: "yosoExpectation by mass, classes",
            attention: .yosoExpectation(YosoExpectationOptions(bits: 16, normalization: .mass)), head: .classes),
        Model(
            testDescription: "yoso that is evaluated by its expectation, hidden states",
            attention: .yoso(YosoOptions(bits: 6, evaluation: .expectation)), head: .none),
    ]

    @Test(
        .enabled(
            if: hasRuntime, "no onnx and onnxruntime for \(python); YOSO_PYTHON names a Python that has them"),
        arguments: models)
    func theRuntimeSaysWhatWeSay(model: Model) throws {
        let checkpoint = try SmallCheckpoint(model.attention, model.head, changing: model.change)
        try HubFolder(of: checkpoint.model) { Issue.record("\($0)") }
            .write(to: checkpoint.file("out").path, as: .onnx(hiddenStates: false), by: "yoso of a test")
        let random = RandomStream(seed: 3)
        var values: [String: [Float]] = [:]
        for sentence in 0..<200 {
            let draw = random.stream(UInt64(sentence))
            let length = 3 + Int(draw.word(0) % 60)
            let ids = (0..<length).map {
                Int32(1 + draw.word(UInt32($0 + 1)) % UInt32(checkpoint.options.vocabulary - 1))
            }
            let segments = ids.indices.map { Int32($0 < length / 2 ? 0 : 1) }
            values["\(sentence).input_ids"] = ids.map(Float.init)
            values["\(sentence).token_type_ids"] = segments.map(Float.init)
            values["\(sentence).output"] = checkpoint.outputs(ids, segments)
        }
        let expected = checkpoint.folder.appendingPathComponent("expected.json")
        try JSONEncoder().encode(values).write(to: expected)
        let script = URL(fileURLWithPath: #filePath).appendingPathComponent("../../Peers/onnx_runtime.py")
            .standardizedFileURL.path
        let run = try Self.runPython([script, checkpoint.file("out").path, expected.path])
        #expect(run.code == 0, "\(run.output)")
        #expect(run.output.contains("200 sentences"), "\(run.output)")
    }
}
