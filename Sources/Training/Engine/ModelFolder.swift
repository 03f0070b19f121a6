import Attention
import Autograd
import Bert
import Checkpoints
import Digests
import Foundation
import Tensors
import Tokenization

/// A model as a Hugging Face folder: `config.json`, `model.safetensors` and the tokenizer's files.
public enum ModelFolder {
    public static let weightsName = WeightFiles.name

    /// Writes the files of a model into an existing folder.
    ///
    /// - Throws: `CheckpointError` where a file cannot be written.
    public static func write(
        _ configuration: HuggingFaceConfiguration, _ tensors: [NamedTensor], _ tokenizer: (any Tokenizer)?,
        to folder: URL
    ) throws {
        try configuration.write(to: folder)
        try SafeTensorsWriter.write(tensors, to: folder.appendingPathComponent(weightsName))
        guard let tokenizer else { return }
        // Others cut where we do.
        let length = min(configuration.provenance?.length ?? .max, configuration.positions)
        try OutputFile.write(TokenizerFolder.files(of: tokenizer, length: length), to: folder)
    }

    /// Whether a parameter must be in a folder, may be, or is not even looked for.
    public enum Demand: Sendable {
        case required, optional, ignored
        /// May be there, and in another shape, which is not read.
        case fitting
        /// Of another number of rows: whoever asks reads it by `rows`.
        case apart
    }

    /// Reads parameters by name into `parameters`; those that are not read keep what they are.
    ///
    /// - Parameter family: whose names the folder has, where they are another's than the layout's.
    /// - Returns: the names that were not read.
    /// - Throws: `CheckpointError` where the file is damaged, or lacks a parameter, or holds it in another shape, or a value that is no
    ///   finite number.
    @discardableResult
    public static func read(
        _ folder: URL, into parameters: Tensor, _ layout: ParameterLayout, of family: ModelFamily? = nil,
        _ demand: (Parameter) -> Demand = { _ in .required }
    ) throws -> [String] {
        try AtomicFolder.verify(folder, foreign: true)
        let files = try WeightFiles(of: folder)
        var (used, missing) = ([String](), [String]())
        for parameter in layout.parameters {
            guard let name = try find(parameter, of: family, in: files, demand(parameter)) else {
                missing.append(parameter.name)
                continue
            }
            used.append(name)
            try parameters.view(of: parameter).withBuffer { try read(name, of: files, in: folder, into: $0) }
        }
        try checkCopies(of: used, in: files, family ?? layout.family)
        return missing
    }

    /// The rows of a table in a folder, as many as it has there, of the width of `parameter`.
    ///
    /// - Throws: `CheckpointError` where there is no such table, or it holds a value that is no finite number.
    static func rows(of parameter: Parameter, _ family: ModelFamily, in folder: URL) throws -> (
        count: Int, values: [Float]
    ) {
        let files = try WeightFiles(of: folder)
        guard let name = parameter.spellings(of: family).first(where: { files.shape(of: $0) != nil }),
            let shape = files.shape(of: name), shape.count == 2, shape[1] == parameter.columns
        else {
            throw CheckpointError(files.url, "has no table \(parameter.name) of \(parameter.columns) columns")
        }
        var values = [Float](repeating: 0, count: shape[0] * shape[1])
        try values.withUnsafeMutableBufferPointer { try read(name, of: files, in: folder, into: $0) }
        return (shape[0], values)
    }

    private static func read(
        _ name: String, of files: WeightFiles, in folder: URL, into values: UnsafeMutableBufferPointer<Float>
    ) throws {
        try files.read(name, into: values)
        guard values.allSatisfy(\.isFinite) else {
            throw CheckpointError(
                files.url(of: name),
                "\(name) holds values that are no finite numbers; wanted a model that did not diverge")
        }
    }

    /// Compares what a folder holds with the model that `build` makes of `encoder`, before memory is taken for it.
    ///
    /// - Returns: the tensors that are not read, and what else a user should know of the folder.
    /// - Throws: `CheckpointError` as `read`, but for damage that checksums alone show.
    public static func check(
        _ folder: URL, _ encoder: EncoderOptions, _ demand: (Parameter) -> Demand, build: (ParameterLayout) -> Void
    ) throws -> CheckpointNotes {
        let files: WeightFiles
        do { files = try WeightFiles(of: folder) } catch {
            // Where the list of checksums has more to say.
            try AtomicFolder.verify(folder, foreign: true)
            throw error
        }
        let last = "encoder.layer.\(encoder.layers - 1).attention.self.query.weight"
        // A number of layers far from the truth would take long to lay out.
        guard files.shape(of: last) ?? files.shape(of: "\(encoder.family.rawValue).\(last)") != nil else {
            throw CheckpointError(files.url, "has no tensor \(encoder.family.rawValue).\(last)")
        }
        let layout = ParameterLayout()
        build(layout)
        return try check(folder, files, layout, of: nil, demand)
    }

    /// The same of a model that is laid out, and of the folder's opened weights.
    ///
    /// - Parameter family: as of `read`.
    static func check(
        _ folder: URL, _ files: WeightFiles, _ layout: ParameterLayout, of family: ModelFamily?,
        _ demand: (Parameter) -> Demand
    ) throws -> CheckpointNotes {
        var used: [String] = []
        for parameter in layout.parameters {
            let demand = demand(parameter)
            if let name = try find(parameter, of: family, in: files, demand) { used.append(name) }
            if demand == .apart { used += parameter.spellings(of: family) }
        }
        try checkCopies(of: used, in: files, family ?? layout.family)
        return try CheckpointNotes(folder, unused: Set(files.names).subtracting(used).sorted())
    }

    /// - Throws: `CheckpointError` where what other programs save besides is not what we have in its place: an output that is not
    ///   tied to the words, or positions that do not count up.
    private static func checkCopies(of used: [String], in files: WeightFiles, _ family: ModelFamily?) throws {
        for (copy, ending) in [
            ("cls.predictions.decoder.weight", "embeddings.word_embeddings.weight"),
            ("cls.predictions.decoder.bias", "cls.predictions.bias"),
        ] where used.contains("cls.predictions.bias") && files.shape(of: copy) != nil {
            guard let original = used.first(where: { $0.hasSuffix(ending) }),
                try files.shape(of: copy) == files.shape(of: original) && files.floats(copy) == files.floats(original)
            else { throw CheckpointError(files.url, "\(copy) differs from \(ending); only tied ones are supported") }
        }
        for name in files.names where name.hasSuffix("embeddings.position_ids") {
            let (positions, first) = (try files.integers(name), family?.firstPosition ?? 0)
            guard positions == Array(first..<first + positions.count) else {
                throw CheckpointError(
                    files.url, "\(name) does not count up from \(first); wanted positions in their order")
            }
        }
    }

    /// What `parameter` is called in `files`; nil where it is not read.
    private static func find(
        _ parameter: Parameter, of family: ModelFamily? = nil, in files: WeightFiles, _ demand: Demand
    ) throws -> String? {
        guard demand != .ignored, demand != .apart else { return nil }
        let spellings = parameter.spellings(of: family)
        guard let name = spellings.first(where: { files.shape(of: $0) != nil }) else {
            guard demand != .required else { throw CheckpointError(files.url, "has no tensor \(spellings[0])") }
            return nil
        }
        guard let shape = files.shape(of: name), shape == parameter.shape else {
            guard demand != .fitting else { return nil }
            throw CheckpointError(
                files.url, "\(name) has shape \(files.shape(of: name) ?? []); wanted \(parameter.shape)")
        }
        return name
    }

    /// SHA-256 of the weights of a folder.
    ///
    /// - Throws: `CheckpointError` where they are missing or damaged.
    public static func digest(_ folder: URL) throws -> String { try WeightFiles(of: folder).digest() }
}

extension Parameter {
    /// That whose name stands in front of its own.
    fileprivate var family: ModelFamily? { ModelFamily(rawValue: String(name.prefix { $0 != "." })) }

    /// What it may be called in a folder of `family`, of the layout's own where nil: one of an encoder alone, as `BertModel` saves it,
    /// leaves out the family in front, and one of before 2019 calls the weight and the bias of a norm gamma and beta.
    fileprivate func spellings(of family: ModelFamily?) -> [String] {
        var spellings = [name]
        if let own = self.family, let dot = name.firstIndex(of: ".") {
            let rest = name[name.index(after: dot)...]
            spellings = ["\((family ?? own).rawValue).\(rest)", String(rest)]
        }
        return spellings
            + spellings.compactMap { name in
                for (new, old) in [("LayerNorm.weight", "LayerNorm.gamma"), ("LayerNorm.bias", "LayerNorm.beta")]
                where name.hasSuffix(new) { return name.dropLast(new.count) + old }
                return nil
            }
    }
}

extension ParameterLayout {
    /// That of the encoder; nil where there is none.
    fileprivate var family: ModelFamily? { parameters.lazy.compactMap(\.family).first }

    /// Parameters of a block by name and shape, `prefix` in front of every name, as valid as the pointer to the block.
    func namedTensors(
        of block: UnsafeMutablePointer<Float>, prefix: String = "", where isWanted: (Parameter) -> Bool = { _ in true }
    ) -> [NamedTensor] {
        parameters.filter(isWanted).map { parameter in
            NamedTensor(
                name: prefix + parameter.name, shape: parameter.shape,
                values: UnsafeBufferPointer(start: block + parameter.offset, count: parameter.count))
        }
    }

    /// Lends `body` all parameters of several blocks by name and shape.
    func withNamedTensors(
        of blocks: ArraySlice<(prefix: String, block: Tensor)>, _ before: [NamedTensor] = [],
        _ body: ([NamedTensor]) throws -> Void
    ) throws {
        guard let first = blocks.first else { return try body(before) }
        try first.block.withPointer {
            try withNamedTensors(of: blocks.dropFirst(), before + namedTensors(of: $0, prefix: first.prefix), body)
        }
    }
}
