import Autograd
import Checkpoints
import Foundation
import Tensors
import Tokenization

/// A model as a Hugging Face folder: `config.json`, `model.safetensors` and the tokenizer's files.
public enum ModelFolder {
    public static let weightsName = "model.safetensors"

    /// Writes the files of a model into an existing folder.
    public static func write(
        _ configuration: HuggingFaceConfiguration, _ layout: ParameterLayout, _ parameters: Tensor,
        _ tokenizer: any Tokenizer, to folder: URL
    ) throws {
        try configuration.write(to: folder)
        try SafeTensorsWriter.write(
            layout.namedTensors(of: parameters), to: folder.appendingPathComponent(weightsName))
        try TokenizerFolder.write(tokenizer, to: folder)
    }

    /// Reads parameters by name into `parameters`; `optional` says which may be missing, and keep what they are.
    ///
    /// - Returns: the names that were missing.
    /// - Throws: `CheckpointError` where the file is damaged, or lacks a parameter, or holds it in another shape.
    @discardableResult
    public static func read(
        _ folder: URL, into parameters: Tensor, _ layout: ParameterLayout,
        optional: (Parameter) -> Bool = { _ in false }
    ) throws -> [String] {
        try AtomicFolder.verify(folder)
        let file = try SafeTensorsFile(folder.appendingPathComponent(weightsName))
        var missing: [String] = []
        for parameter in layout.parameters {
            guard let shape = file.shape(of: parameter.name) else {
                guard optional(parameter) else { throw CheckpointError(file.url, "has no tensor \(parameter.name)") }
                missing.append(parameter.name)
                continue
            }
            guard shape == parameter.shape else {
                throw CheckpointError(file.url, "\(parameter.name) has shape \(shape); wanted \(parameter.shape)")
            }
            let target = parameters.view(at: parameter.offset, rows: 1, columns: parameter.count)
            try file.read(
                parameter.name, into: UnsafeMutableBufferPointer(start: target.pointer, count: target.count))
        }
        return missing
    }
}

extension ParameterLayout {
    /// The parameters of `block` by name and shape, `prefix` in front of every name.
    func namedTensors(of block: Tensor, prefix: String = "") -> [NamedTensor] {
        parameters.map { parameter in
            NamedTensor(
                name: prefix + parameter.name, shape: parameter.shape,
                values: UnsafeBufferPointer(start: block.pointer + parameter.offset, count: parameter.count))
        }
    }
}
