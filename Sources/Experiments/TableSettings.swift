import Checkpoints
import Digests
import Foundation
import Recipes
import Tasks
import Training

/// What results must have in common to stand in one table: the protocol, what the user set besides, and the weights that all of
/// them began from.
public struct TableSettings: Equatable, CustomStringConvertible {
    /// `own` where no published protocol is named, and `m-fac but for epochs=1` where one was changed, which is no published one.
    let protocolName: String
    /// Of the protocol's name, the settings and the weights.
    let hash: String

    /// - Parameters:
    ///   - settings: `key=value`; of the keys that one table may vary, none.
    ///   - weights: as `weights(of:)` names them.
    ///   - otherStart: where the protocol has another one.
    init(protocol known: FineTuningProtocol?, settings: [String], weights: String, otherStart: String? = nil) {
        let name = known?.name ?? "own"
        let changes = (known?.changes(in: settings) ?? []) + [otherStart].compactMap { $0 }
        protocolName = name + (changes.isEmpty ? "" : " but for \(changes.joined(separator: ", "))")
        let text = ([name, weights] + settings.sorted()).joined(separator: "\n")
        hash = String(SHA256.hexadecimal(of: Data(text.utf8)).prefix(Self.digits))
    }

    /// Those that a fine-tuned folder remembers.
    ///
    /// - Throws: `CheckpointError` where its configuration is damaged.
    public init(of folder: URL) throws {
        let known = try HuggingFaceConfiguration(of: folder).provenance
        (protocolName, hash) = (known?.protocolName ?? "unknown", known?.settings ?? "unknown")
    }

    /// Those that all of some checkpoints have, whose first is called `title`.
    ///
    /// - Throws: `CheckpointError` where one has others.
    static func common(to folders: [URL], title: String) throws -> TableSettings {
        let all = try folders.map { try TableSettings(of: $0) }
        for (folder, other) in zip(folders, all) where other != all[0] {
            throw CheckpointError(
                folder, "is by \(other), \(title) by \(all[0]); one table has one protocol and settings")
        }
        return all[0]
    }

    /// For a checkpoint to remember.
    func note(weights: String, in provenance: inout Provenance) {
        (provenance.protocolName, provenance.settings, provenance.weights) = (protocolName, hash, weights)
    }

    /// That are told of the SHA-256 of settings, and of weights.
    public static let digits = 12

    /// The weights that the fine-tunings which led to `folder` began from: those of the folder itself where there was none.
    ///
    /// - Parameter digest: of the weights of the folder.
    static func weights(of folder: URL, digest: String) throws -> String {
        try HuggingFaceConfiguration(of: folder).provenance?.weights ?? String(digest.prefix(digits))
    }

    var named: FineTuningProtocol? { FineTuningProtocol.named(protocolName) }

    /// `protocol own, settings 0f3a…`
    public var description: String { "protocol \(protocolName), settings \(hash)" }
}

extension FineTuningProtocol {
    /// What the protocol has in the place of beginning `task` from the encoder of the task `start`, or of none; nil where that is its own.
    ///
    /// - Throws: `UsageError` where every task begins from pretrained weights, and this one does not.
    func otherStart(of task: TaskSource, from start: String?) throws -> String? {
        if self.start == .forbidden, let start {
            throw UsageError(
                "--protocol \(name): every task begins from the pretrained weights, not from those of \(start)")
        }
        return self.start == .wanted && AllTasks.small.contains(task.name) && start != "mnli"
            ? "the start from MNLI" : nil
    }
}
