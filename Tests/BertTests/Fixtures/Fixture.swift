import Autograd
import Bert
import Checkpoints
import Foundation
import Tensors
import Testing

/// A folder of `Tests/Fixtures`: what PyTorch and transformers gave for a tiny random model.
struct Fixture {
    let folder: URL
    let io: SafeTensorsFile

    init(_ name: String) throws {
        folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../Fixtures/\(name)").standardizedFileURL
        io = try SafeTensorsFile(folder.appendingPathComponent("io.safetensors"))
    }

    /// The sequences, packed.
    func tokens() throws -> PackedTokens {
        PackedTokens(
            ids: try int32("ids"), segments: try int32("segments"),
            layout: BatchLayout(lengths: try io.integers("lengths")))
    }

    func int32(_ name: String) throws -> [Int32] { try io.integers(name).map(Int32.init) }

    func expected() throws -> [String: Double] {
        try JSONDecoder().decode(
            [String: Double].self, from: Data(contentsOf: folder.appendingPathComponent("expected.json")))
    }

    /// The model's parameters by their Hugging Face names; each of the file's must have its place.
    func parameters(_ layout: ParameterLayout, _ pool: StoragePool) throws -> Tensor {
        let file = try SafeTensorsFile(folder.appendingPathComponent("model.safetensors"))
        let block = pool.zeros(1, layout.blockCount)
        #expect(Set(file.names) == Set(layout.parameters.map(\.name)))
        for parameter in layout.parameters {
            #expect(file.shape(of: parameter.name) == parameter.shape, "\(parameter.name)")
            try block.view(of: parameter).withBuffer { try file.read(parameter.name, into: $0) }
        }
        return block
    }

    /// Every parameter's gradient beside PyTorch's.
    func expectGradients(_ block: Tensor, _ layout: ParameterLayout) throws {
        let file = try SafeTensorsFile(folder.appendingPathComponent("gradients.safetensors"))
        for parameter in layout.parameters {
            let ours = block.view(at: parameter.offset, rows: 1, columns: parameter.count).values
            expectClose(ours, try file.floats(parameter.name), parameter.name)
        }
    }
}

/// |ours - theirs| within 1e-4 of |theirs|, as vectors.
func expectClose(_ ours: [Float], _ theirs: [Float], _ name: String) {
    #expect(ours.count == theirs.count, "\(name)")
    func norm(_ values: [Float]) -> Double { values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }
    let distance = norm(zip(ours, theirs).map { $0 - $1 })
    #expect(distance <= 1e-4 * norm(theirs) + 1e-7, "\(name): \(distance) of \(norm(theirs))")
}
