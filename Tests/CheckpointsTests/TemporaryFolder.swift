import Checkpoints
import Foundation

/// A folder of its own for one test.
struct TemporaryFolder: ~Copyable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent(
            "yoso-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func file(_ name: String) -> URL { url.appendingPathComponent(name) }
}

/// The message of the `CheckpointError` that `body` throws, without the folder in front; nil where it throws none.
func message(in folder: URL? = nil, _ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch let error as CheckpointError {
        guard let folder else { return error.problem }
        return error.description.replacingOccurrences(of: folder.path + "/", with: "")
    } catch {
        return "another error: \(error)"
    }
}

/// Writes tensors of the given values.
func write(_ tensors: [String: (shape: [Int], values: [Float])], to url: URL) throws {
    let named = tensors.map { name, tensor in (name, tensor.shape, ContiguousArray(tensor.values)) }
    func collect(_ index: Int, _ done: [NamedTensor]) throws {
        guard index < named.count else { return try SafeTensorsWriter.write(done, to: url) }
        try named[index].2.withUnsafeBufferPointer { values in
            try collect(index + 1, done + [NamedTensor(name: named[index].0, shape: named[index].1, values: values)])
        }
    }
    try collect(0, [])
}
