import Checkpoints
import Foundation
import Tokenization

/// Saves and restores a run: the model's folder with the moments of the optimizer and the run's state beside it.
struct CheckpointSaver {
    let folder: RunFolder
    let tokenizer: any Tokenizer
    /// The last so many stay, and the best.
    let keep: Int

    private static let momentsName = "optimizer.safetensors"

    /// Writes the checkpoint of `state.step`, all or nothing; where it is the best so far, `best` points to it. Older
    /// ones beyond `keep` are removed only then.
    @discardableResult
    func save(_ model: SlicedModel, _ state: RunState, _ configuration: HuggingFaceConfiguration) throws -> URL {
        let url = folder.checkpoint(state.step)
        try AtomicFolder.write(to: url) { partial in
            try ModelFolder.write(configuration, model.layout, model.parameters, tokenizer, to: partial)
            let (layout, optimizer) = (model.layout, model.optimizer)
            try SafeTensorsWriter.write(
                layout.namedTensors(of: optimizer.mean, prefix: "mean.")
                    + layout.namedTensors(of: optimizer.square, prefix: "square."),
                to: partial.appendingPathComponent(Self.momentsName))
            try state.write(to: partial)
        }
        if state.bestStep == state.step { try folder.setBest(state.step) }
        folder.prune(keeping: keep, best: state.bestStep)
        return url
    }

    /// Restores the newest good checkpoint into `model`; nil where there is none.
    ///
    /// - Parameter warn: hears of damaged checkpoints that were passed over.
    /// - Throws: `CheckpointError` where the run was begun with another vocabulary, or with other options, data or weights.
    func restore(_ model: SlicedModel, options: String, warn: (String) -> Void) throws -> RunState? {
        guard let url = try folder.latestCheckpoint(damaged: { warn("\($0)") }) else { return nil }
        let state = try RunState(of: url)
        guard state.tokenizer == tokenizer.fingerprint else {
            throw CheckpointError(folder.url, "the run was begun with another vocabulary; choose another --output")
        }
        guard state.options == options else {
            throw CheckpointError(
                folder.url, "the run was begun with other options, data or weights; choose another --output")
        }
        try ModelFolder.read(url, into: model.parameters, model.layout)
        let file = try SafeTensorsFile(url.appendingPathComponent(Self.momentsName))
        for (prefix, block) in [("mean.", model.optimizer.mean), ("square.", model.optimizer.square)] {
            for parameter in model.layout.parameters {
                let start = block.pointer + parameter.offset
                try file.read(
                    prefix + parameter.name, into: UnsafeMutableBufferPointer(start: start, count: parameter.count))
            }
        }
        model.optimizer.updates = state.step
        return state
    }
}
