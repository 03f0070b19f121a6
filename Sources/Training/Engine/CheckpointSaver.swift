import Autograd
import Checkpoints
import Foundation
import Tensors
import Tokenization

/// Saves and restores a run: the model's folder, and the moments of the optimizer and the run's state in another.
struct CheckpointSaver {
    let folder: RunFolder
    let tokenizer: (any Tokenizer)?
    /// The last so many stay, and the best.
    let keep: Int
    /// Whether a parameter is of the model's folder; the others are kept with the moments.
    let isSaved: (Parameter) -> Bool
    /// As of `Objective`.
    let unit: (Parameter) -> Float

    private static let (momentsName, valuePrefix) = ("optimizer.safetensors", "value.")

    /// Writes the checkpoint of `state.step`, all or nothing; where it is the best so far, `best` points to it. Older
    /// ones beyond `keep` are removed only then. All ranks give their moments, and the first writes.
    @discardableResult
    func save(_ model: SlicedModel, _ state: RunState, _ configuration: HuggingFaceConfiguration) throws -> URL {
        let moments = model.optimizer.collected().map { (prefix: "\($0.name).", block: $0.block) }
        try model.weights.ranks.check()
        guard model.weights.ranks.isFirst else { return folder.checkpoint(state.step) }
        try folder.save(state.step) { partial in
            let layout = model.layout
            try layout.withNamedTensors(of: moments[...]) { moments in
                try model.parameters.withPointer { values in
                    try SafeTensorsWriter.write(
                        moments + layout.namedTensors(of: values, prefix: Self.valuePrefix) { !isSaved($0) },
                        to: partial.appendingPathComponent(Self.momentsName))
                }
            }
            try state.write(to: partial)
        } model: { partial in
            scale(model) { $0 }
            defer { scale(model) { 1 / $0 } }
            try model.parameters.withPointer { values in
                try ModelFolder.write(
                    configuration, model.layout.namedTensors(of: values, where: isSaved), tokenizer, to: partial)
            }
        }
        _ = try folder.prune(at: state.step, best: state.bestStep, keeping: keep)
        return folder.checkpoint(state.step)
    }

    /// Multiplies parameters by what `factor` makes of their units.
    private func scale(_ model: SlicedModel, _ factor: (Float) -> Float) {
        for parameter in model.layout.parameters where unit(parameter) != 1 {
            let factor = factor(unit(parameter))
            model.parameters.view(of: parameter).withBuffer { for index in $0.indices { $0[index] *= factor } }
        }
    }

    /// The state of the newest good checkpoint; nil where there is none.
    ///
    /// - Parameter warn: hears of damaged checkpoints that were passed over.
    static func newestState(in folder: RunFolder, warn: (String) -> Void) throws -> RunState? {
        guard let step = try folder.latestStep(damaged: { warn("\($0)") }) else {
            if RunFolder.newestStep(in: folder.url) != nil {
                warn("\(folder.url.relativePath): no checkpoint can be used; the run begins again from its first step")
            }
            return nil
        }
        return try RunState(of: folder.state(step), step: step)
    }

    /// Restores the checkpoint of `state` into the model of all ranks and makes the folder what it was after that one.
    ///
    /// - Parameter warn: hears of what the user should know.
    /// - Throws: `CheckpointError` where the run was begun with other options, data or weights, by key with both values.
    func restore(
        _ model: SlicedModel, _ state: RunState, identity: [String: String], warn: (String) -> Void
    ) throws -> RunState {
        var moments: [Tensor] = []
        let state = try model.weights.ranks.first { try read(model, &moments, state, identity: identity, warn: warn) }
        model.weights.share()
        model.optimizer.deal(moments)
        model.optimizer.updates = state.step
        return state
    }

    /// What the first rank reads, the moments into blocks of its own.
    private func read(
        _ model: SlicedModel, _ moments: inout [Tensor], _ state: RunState, identity: [String: String],
        warn: (String) -> Void
    ) throws -> RunState {
        var state = state
        let step = state.step
        let url = folder.state(step)
        let differences = state.differences(from: identity)
        guard differences.isEmpty else {
            throw CheckpointError(
                folder.url,
                "was begun with \(differences.joined(separator: "; ")); "
                    + (differences.contains { $0.hasPrefix("vocabulary ") }
                        ? "its vocabulary is in \(folder.checkpoint(step).relativePath) too; name that, or "
                        : "") + "choose another --output")
        }
        try ModelFolder.read(folder.checkpoint(step), into: model.parameters, model.layout) {
            isSaved($0) ? .required : .ignored
        }
        scale(model) { 1 / $0 }
        let file = try SafeTensorsFile(url.appendingPathComponent(Self.momentsName))
        func read(_ prefix: String, into block: Tensor, where isWanted: (Parameter) -> Bool = { _ in true }) throws {
            for parameter in model.layout.parameters where isWanted(parameter) {
                try block.view(of: parameter).withBuffer { try file.read(prefix + parameter.name, into: $0) }
            }
        }
        for (name, block) in model.optimizer.blocks() {
            try read("\(name).", into: block)
            moments.append(block)
        }
        try read(Self.valuePrefix, into: model.parameters) { !isSaved($0) }
        let hasBest = try folder.prune(at: step, best: state.bestStep, keeping: keep)
        if !hasBest, let best = state.bestStep {
            warn("\(folder.checkpoint(best).relativePath): the best so far is gone, and best with it")
        }
        let arithmetic = model.weights.arithmetic
        if state.step < state.totalSteps, state.arithmetics.last != arithmetic {
            // The same kernels by name may be others in another program.
            let areOthers = state.arithmetics.last.map(ProgramBuild.kernels) != ProgramBuild.kernels(in: arithmetic)
            let verb = areOthers ? "will" : "may"
            warn(
                "\(folder.url.relativePath): was computed by \(state.arithmetics.joined(separator: ", then ")), "
                    + "goes on with \(arithmetic): its bits \(verb) differ from those of a run on one alone")
            state.arithmetics.append(arithmetic)
        }
        return state
    }
}
