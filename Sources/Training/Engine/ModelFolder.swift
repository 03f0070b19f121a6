import Autograd
import Bert
import Checkpoints
import Digests
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
        try OutputFile.write(TokenizerFolder.files(of: tokenizer), to: folder)
    }

    /// Whether a parameter must be in a folder, may be, or is not even looked for.
    public enum Demand: Sendable {
        case required, optional, ignored
    }

    /// Reads parameters by name into `parameters`; those that are not read keep what they are.
    ///
    /// - Returns: the names that were not read.
    /// - Throws: `CheckpointError` where the file is damaged, or lacks a parameter, or holds it in another shape.
    @discardableResult
    public static func read(
        _ folder: URL, into parameters: Tensor, _ layout: ParameterLayout,
        _ demand: (Parameter) -> Demand = { _ in .required }
    ) throws -> [String] {
        try AtomicFolder.verify(folder, foreign: true)
        let file = try SafeTensorsFile(folder.appendingPathComponent(weightsName))
        var missing: [String] = []
        for parameter in layout.parameters {
            let demand = demand(parameter)
            let name = bareName(parameter.name, in: file)
            guard demand != .ignored, let shape = file.shape(of: name) else {
                guard demand != .required else { throw CheckpointError(file.url, "has no tensor \(parameter.name)") }
                missing.append(parameter.name)
                continue
            }
            guard shape == parameter.shape else {
                throw CheckpointError(file.url, "\(name) has shape \(shape); wanted \(parameter.shape)")
            }
            let target = parameters.view(at: parameter.offset, rows: 1, columns: parameter.count)
            try file.read(name, into: UnsafeMutableBufferPointer(start: target.pointer, count: target.count))
        }
        return missing
    }

    /// The rows of a table in a folder, as many as it has there, of the width of `parameter`.
    ///
    /// - Throws: `CheckpointError` where there is no such table.
    static func rows(of parameter: Parameter, in folder: URL) throws -> (count: Int, values: [Float]) {
        let file = try SafeTensorsFile(folder.appendingPathComponent(weightsName))
        let name = bareName(parameter.name, in: file)
        guard let shape = file.shape(of: name), shape.count == 2, shape[1] == parameter.columns else {
            throw CheckpointError(file.url, "has no table \(parameter.name) of \(parameter.columns) columns")
        }
        var values = [Float](repeating: 0, count: shape[0] * shape[1])
        try values.withUnsafeMutableBufferPointer { try file.read(name, into: $0) }
        return (shape[0], values)
    }

    /// - Throws: `CheckpointError` that names the first of the parameters with a value that is no finite number.
    public static func checkFinite(_ parameters: Tensor, _ layout: ParameterLayout, of folder: URL) throws {
        for parameter in layout.parameters {
            let values = UnsafeBufferPointer(start: parameters.pointer + parameter.offset, count: parameter.count)
            guard values.allSatisfy(\.isFinite) else {
                throw CheckpointError(
                    folder.appendingPathComponent(weightsName),
                    "\(parameter.name) holds values that are no finite numbers; wanted a model that did not diverge")
            }
        }
    }

    /// SHA-256 of the weights of a folder.
    public static func digest(_ folder: URL) throws -> String {
        let url = folder.appendingPathComponent(weightsName)
        do {
            return try SHA256.hexadecimal(ofFile: url)
        } catch { throw CheckpointError(url, "cannot be read") }
    }

    /// A folder of an encoder alone, as `BertModel` saves it, names its tensors without the family in front.
    private static func bareName(_ name: String, in file: SafeTensorsFile) -> String {
        guard file.shape(of: name) == nil, let dot = name.firstIndex(of: ".") else { return name }
        let bare = String(name[name.index(after: dot)...])
        return ModelFamily(rawValue: String(name[..<dot])) == nil ? name : bare
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
