import Checkpoints
import Foundation
import Testing

@testable import Export

/// What was written is read before it counts: a disk that keeps other bytes is told.
@Suite struct ReadBackTests {
    /// Checks the file `name` of an export with bytes flipped at places all over it, and without its end.
    private func expectDamageIsFound(
        _ name: String, _ checkpoint: SmallCheckpoint, _ check: (URL) throws -> Void
    ) throws {
        let folder = checkpoint.file("out")
        try check(folder)
        let url = folder.appendingPathComponent(name)
        let bytes = try Data(contentsOf: url)
        for place in stride(from: bytes.count / 3, to: bytes.count, by: bytes.count / 40) {
            var damaged = bytes
            damaged[place] ^= 1
            try damaged.write(to: url)
            #expect(throws: CheckpointError.self, "\(name): byte \(place) of \(bytes.count)") { try check(folder) }
        }
        try bytes.dropLast(bytes.count / 4).write(to: url)
        #expect(throws: CheckpointError.self) { try check(folder) }
        try bytes.write(to: url)
        try check(folder)
    }

    private func export(_ checkpoint: SmallCheckpoint, _ format: HubFolder.Format) throws -> HubFolder {
        let folder = try HubFolder(of: checkpoint.model) { Issue.record("\($0)") }
        try folder.write(to: checkpoint.file("out").path, as: format, by: "yoso of a test")
        return folder
    }

    @Test(arguments: WeightPrecision.allCases) func weights(precision: WeightPrecision) throws {
        let checkpoint = try SmallCheckpoint()
        _ = try export(checkpoint, .safetensors(precision))
        let weights = try CheckpointWeights(of: checkpoint.model, fitting: precision)
        try expectDamageIsFound(WeightFiles.name, checkpoint) { try weights.check(writtenInto: $0) }
        // Another model's, of the same shapes.
        let other = try SmallCheckpoint(change: { name, value in if name.hasSuffix("LayerNorm.bias") { value += 1 } })
        let others = try CheckpointWeights(of: other.model, fitting: precision)
        #expect(throws: CheckpointError.self) { try others.check(writtenInto: checkpoint.file("out")) }
    }

    @Test func parametersOfAGraph() throws {
        let checkpoint = try SmallCheckpoint(.softmax, .classes)
        let folder = try export(checkpoint, .onnx(hiddenStates: false))
        let model = try OnnxModel(of: folder, hiddenStates: false, by: "yoso of a test")
        try expectDamageIsFound(OnnxModel.fileName, checkpoint) { try model.check(writtenInto: $0) }
    }

    @Test(arguments: ["config.json", "vocab.txt"]) func theRest(name: String) throws {
        let checkpoint = try SmallCheckpoint()
        let folder = try export(checkpoint, .safetensors(.fp32))
        try folder.checkOthers(in: checkpoint.file("out"))
        let url = checkpoint.file("out").appendingPathComponent(name)
        var text = try String(contentsOf: url, encoding: .utf8)
        text = name == "config.json" ? text.replacing("48", with: "64") : text.replacing("\nb\n", with: "\nbb\n")
        try Data(text.utf8).write(to: url)
        #expect(throws: (any Error).self) { try folder.checkOthers(in: checkpoint.file("out")) }
    }
}
