import Digests
import Foundation

/// The weights of a folder: `model.safetensors`, or the shards that `model.safetensors.index.json` lists.
public struct WeightFiles {
    public static let name = "model.safetensors"
    static let indexName = "model.safetensors.index.json"

    /// The file, or the list of shards.
    public let url: URL
    private let files: [SafeTensorsFile]
    /// The file of every tensor.
    private let places: [String: Int]

    /// - Throws: `CheckpointError` where there are none, or a file is damaged or is not what the index says.
    public init(of folder: URL) throws {
        let (single, index) = (folder.appendingPathComponent(Self.name), folder.appendingPathComponent(Self.indexName))
        let exists = { FileManager.default.fileExists(atPath: $0) }
        if !exists(single.path), exists(index.path) {
            (url, (files, places)) = (index, try Self.shards(index, folder))
            return
        }
        let foreign = ["pytorch_model.bin", "pytorch_model.bin.index.json"].first {
            exists(folder.appendingPathComponent($0).path)
        }
        if !exists(single.path), let foreign {
            throw CheckpointError(
                folder, "holds \(foreign) alone; convert it: \(Self.conversion(folder.relativePath))")
        }
        url = single
        files = [try SafeTensorsFile(single)]
        places = Dictionary(uniqueKeysWithValues: files[0].names.map { ($0, 0) })
    }

    /// With all tensors, which loading it as one class of transformers would not keep.
    private static func conversion(_ folder: String) -> String {
        "python -c \"import torch, safetensors.torch as s, glob; s.save_file({k: v.clone() "
            + "for f in glob.glob('\(folder)/pytorch_model*.bin') "
            + "for k, v in torch.load(f, map_location='cpu', weights_only=True).items()}, '\(folder)/\(name)')\""
    }

    /// The names of all tensors, sorted.
    public var names: [String] { places.keys.sorted() }

    /// Whether another program saves what follows from the rest under this name: positions that count up, and the words once
    /// more as output.
    public static func isImplied(_ name: String) -> Bool {
        name.hasSuffix("position_ids") || name.hasPrefix("cls.predictions.decoder.")
    }

    /// The shape of `name`, or nil where there is no such tensor.
    public func shape(of name: String) -> [Int]? { places[name].flatMap { files[$0].shape(of: name) } }

    /// Copies the tensor called `name`, of a floating-point type, into `target`.
    ///
    /// - Throws: `CheckpointError` where there is no such tensor, or it is of another type or size.
    public func read(_ name: String, into target: UnsafeMutableBufferPointer<Float>) throws {
        try file(of: name).read(name, into: target)
    }

    /// The file that the tensor called `name` is in.
    public func url(of name: String) -> URL { places[name].map { files[$0].url } ?? url }

    /// All elements of a floating-point tensor.
    public func floats(_ name: String) throws -> [Float] { try file(of: name).floats(name) }

    /// All elements of an integer tensor.
    public func integers(_ name: String) throws -> [Int] { try file(of: name).integers(name) }

    private func file(of name: String) throws -> SafeTensorsFile {
        guard let place = places[name] else { throw CheckpointError(url, "has no tensor \(name)") }
        return files[place]
    }

    /// SHA-256 of the file, or of those of the shards.
    ///
    /// - Throws: `CheckpointError` where a file cannot be read.
    public func digest() throws -> String {
        let digests = try files.map { file in
            do { return try SHA256.hexadecimal(ofFile: file.url) } catch {
                throw CheckpointError(file.url, "cannot be read")
            }
        }
        return digests.count == 1 ? digests[0] : SHA256.hexadecimal(of: Data(digests.joined().utf8))
    }

    private struct Index: Decodable {
        let shards: [String: String]

        enum CodingKeys: String, CodingKey { case shards = "weight_map" }
    }

    private static func shards(_ url: URL, _ folder: URL) throws -> ([SafeTensorsFile], [String: Int]) {
        guard let data = try? Data(contentsOf: url) else { throw CheckpointError(url, "cannot be read") }
        guard !LargeFilePointer.isOne(data) else { throw CheckpointError(url, LargeFilePointer.problem) }
        guard let index = try? JSONDecoder().decode(Index.self, from: data), !index.shards.isEmpty else {
            throw CheckpointError(url, "damaged: no JSON object with a 'weight_map' of tensors to files")
        }
        let names = Set(index.shards.values).sorted()
        let files = try names.map { name in
            // A path could name any file of the machine.
            guard !name.contains("/"), name.hasSuffix(".safetensors") else {
                throw CheckpointError(url, "names '\(name)'; wanted a .safetensors file in the same folder")
            }
            return try SafeTensorsFile(folder.appendingPathComponent(name))
        }
        let numbers = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
        let places = index.shards.compactMapValues { numbers[$0] }
        for (tensor, place) in places.sorted(by: { $0.key < $1.key }) where files[place].shape(of: tensor) == nil {
            throw CheckpointError(files[place].url, "has no tensor \(tensor), which \(indexName) says is there")
        }
        return (files, places)
    }
}
