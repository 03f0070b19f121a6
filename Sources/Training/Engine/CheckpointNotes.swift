import Checkpoints
import Digests
import Foundation

/// What a user should know of a checkpoint that can be read: the tensors that a model does not read, the fields of `config.json`
/// that nobody knows, and that damage could not be looked for.
public struct CheckpointNotes: Sendable, Equatable {
    public let names: [String]
    private let others: [String]

    private static let mostShown = 8

    /// Without those that others read in another way: `position_ids` counts up, and a decoder is the tied embeddings.
    init(_ folder: URL, unused names: [String]) throws {
        let unknown = HuggingFaceConfiguration.unknownKeys(of: folder)
        let list = folder.appendingPathComponent(Checksum.listName).path
        // One of another program has none; a pretrained one of ours may say nothing of itself but where it lies.
        let isOurs = try RunFolder.isCheckpoint(folder) || HuggingFaceConfiguration(of: folder).provenance != nil
        let isBare = isOurs && !FileManager.default.fileExists(atPath: list)
        self.init(
            names: names.filter { !WeightFiles.isImplied($0) },
            others: [
                unknown.isEmpty
                    ? nil
                    : "fields of \(HuggingFaceConfiguration.fileName) that are not known: \(Self.shown(unknown, "fields"))",
                isBare ? "it has no \(Checksum.listName), so damage could not be looked for" : nil,
            ].compactMap { $0 })
    }

    private init(names: [String], others: [String]) { (self.names, self.others) = (names, others) }

    /// Without the tensors that begin with one of `prefixes`.
    public func without(_ prefixes: String...) -> CheckpointNotes {
        CheckpointNotes(names: names.filter { name in !prefixes.contains { name.hasPrefix($0) } }, others: others)
    }

    /// A line that names all, tensors by how many there are of a kind; nil where there is nothing to say.
    public var note: String? {
        let notes = (names.isEmpty ? [] : ["tensors that are not used: \(Self.kinds(names))"]) + others
        return notes.isEmpty ? nil : notes.joined(separator: "; ")
    }

    /// The same with the folder's name, and what else there is to say.
    public func note(of folder: URL, _ other: String?) -> String? {
        let notes = [note.map { "\(folder.relativePath): \($0)" }, other].compactMap { $0 }
        return notes.isEmpty ? nil : notes.joined(separator: "; ")
    }

    /// Tensors by name, those of a kind by their number.
    private static func kinds(_ names: [String]) -> String {
        let kinds = Dictionary(grouping: names) { $0.split(separator: ".").prefix(2).joined(separator: ".") }
        let texts = kinds.sorted { $0.key < $1.key }.map { kind, names in
            names.count == 1 ? names[0] : "\(names.count) of \(kind)"
        }
        return shown(texts, "kinds")
    }

    /// Names as they are where they are few, in their order.
    public static func list(_ names: [String]) -> String {
        names.count > mostShown ? kinds(names) : names.joined(separator: ", ")
    }

    private static func shown(_ texts: [String], _ what: String) -> String {
        texts.prefix(mostShown).joined(separator: ", ")
            + (texts.count > mostShown ? " and \(texts.count - mostShown) \(what) more" : "")
    }
}
