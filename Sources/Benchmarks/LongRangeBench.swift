import Console
import Cuda
import Experiments
import Foundation
import LongRange
import Recipes
import Tasks
import Tensors
import Training

/// Whole training steps of a task of the Long Range Arena with every value of a key in turn: time, and bytes of tensors.
public struct LongRangeBench {
    private let variants: [(name: String, recipe: LongRangeRecipe, computing: Computing)]
    private let data: URL?
    private let rounds: Int
    private let steps: Int

    /// Reads the recipes.
    ///
    /// - Parameters:
    ///   - over: the key and its values, as of `SweepVariant`.
    ///   - data: the folder of the task's files; nil for that of the recipe, and without one for random tokens.
    /// - Throws: `UsageError` where the task is none, or not that of the recipe, `over` no such text, a number out of its range, or
    ///   `data` said twice, `RecipeErrors`, and `TrainingError` where what shall compute cannot.
    public init(
        _ task: String, over: String, _ overrides: [ResolvedRecipe.Override], data: String?, rounds: Int, steps: Int
    ) throws {
        guard let task = LongRangeTask.named(task) else {
            let names = LongRangeTask.all.map(\.name).joined(separator: ", ")
            throw UsageError("--task \(task): wanted one of \(names)")
        }
        guard [rounds, steps].allSatisfy({ (1...65536).contains($0) }) else {
            throw UsageError("wanted --steps and --rounds from 1 to 65536")
        }
        let overrides = overrides + ResolvedRecipe.Override.list([("data", data, "--data")])
        try ResolvedRecipe.Override.check(overrides)
        let values = try SweepVariant.parse(over)
        // All of them take the same rows.
        if let key = values.first?.key, ["data", "batch"].contains(key) {
            throw UsageError(
                "--over \(key): bench lra measures values beside each other on the same rows; wanted --set \(key)")
        }
        variants = try values.map { variant in
            let settings = variant.settings.compactMap(ResolvedRecipe.Override.init(setting:))
            let recipe = try LongRangeRecipe(task.recipe(), overrides + settings)
            return (variant.name, recipe, try Computing(recipe.options, recipe.encoder))
        }
        if let other = variants.map(\.recipe.task.name).first(where: { $0 != task.name }) {
            throw UsageError("--task \(task.name) with task=\(other): wanted one of them")
        }
        if let shards = variants.lazy.compactMap(\.recipe.options.shards).first(where: { $0 > 1 }) {
            throw UsageError("shards is \(shards); bench lra measures one process, wanted 1")
        }
        self.data = variants[0].recipe.data.map { URL(fileURLWithPath: $0, isDirectory: true) }
        (self.rounds, self.steps) = (rounds, steps)
    }

    private var recipe: LongRangeRecipe { variants[0].recipe }

    /// What computes; where it is the CPU for a value and a GPU for another, the GPU.
    public var device: DeviceChoice { variants.contains { $0.computing.device != nil } ? .cuda : .cpu }

    /// `text, 32 rows of 4,000 tokens, 2x64, 2 heads, 2 threads`
    public var title: String {
        let encoder = recipe.encoder
        let threads = Workers(threads: recipe.options.threads).threads
        return "\(recipe.task.name), \(batch) rows of \(Show.grouped(recipe.task.length)) tokens, "
            + "\(encoder.layers)x\(encoder.width), \(encoder.heads) heads, \(threads) threads"
    }

    /// Rows of a step.
    private var batch: Int {
        switch recipe.options.batch {
        case .sequences(let count): count
        case .tokens(let count): max(1, count / recipe.task.length)
        }
    }

    /// Measures, and tells `line` of every round and of the medians, beside the first value's, and where the time goes.
    ///
    /// - Throws: what reading the task's files throws.
    public func run(line: (String) -> Void) throws {
        let rows = try examples()
        let tokens = rows.reduce(0) { $0 + $1.ids.count }
        line("\(Show.grouped(tokens)) tokens a step")
        for variant in variants { variant.computing.note.map { line("note: \(variant.name): \($0)") } }
        let devices = variants.map(\.computing.device)
        let trainers = variants.map { _, recipe, computing in
            Trainer(recipe.task, encoder: recipe.encoder, recipe.options, device: computing.device)
        }
        // A run packs on a thread beside.
        let packed = trainers.map { $0.packer.pack(rows) }
        for (index, trainer) in trainers.enumerated() {
            let warmUp = devices[index] == nil ? 1 : CudaDevice.warmUpSteps
            for step in 0..<warmUp { _ = trainer.step(packed[index], index: step, of: 1000) }
        }
        var times = variants.map { _ in [Double]() }
        for round in 1...rounds {
            for (index, trainer) in trainers.enumerated() {
                let all = (0..<steps).map { step in elapsed { _ = trainer.step(packed[index], index: step, of: 1000) } }
                times[index].append(median(all))
                line("\(variants[index].name) round \(round): \(Show.duration(median(all))) a step")
            }
        }
        let (seconds, bytes) = (times.map(median), trainers.map(\.model.allocatedBytes))
        for (index, trainer) in trainers.enumerated() {
            let speed = Show.count(Double(tokens) / seconds[index])
            let beside = String(
                format: "; %.2f times as fast, with %.2f of the memory", seconds[0] / seconds[index],
                Double(bytes[index]) / Double(bytes[0]))
            line("")
            line(
                "\(variants[index].name): \(Show.duration(seconds[index])) a step, \(speed) tokens/s, "
                    + "\(Show.bytes(bytes[index])) of \(devices[index] == nil ? "tensors" : "the GPU's memory")"
                    + (index == 0 ? "" : beside))
            let once = { _ = trainer.step(packed[index], index: 0, of: 1000) }
            if let device = devices[index] {
                KernelTable(device.kernelTimes(of: once), ofSteps: 1).lines.forEach(line)
                continue
            }
            let profile = StepProfile(threads: trainer.model.workers.threads)
            trainer.model.profile = profile
            let start = ContinuousClock.now
            once()
            profile.endStep(since: start)
            PhaseTable(rows: profile.rows).lines.forEach(line)
        }
        line("")
        line("peak memory of the process: \(Show.bytes(ProcessMemory.peakBytes))")
    }

    /// The longest training rows, or without files random ones of the task's most tokens.
    private func examples() throws -> [ClassificationExample] {
        let task = recipe.task
        if let data {
            let rows = try task.rows(.train, in: data)
            return rows.sorted { $0.count > $1.count }.prefix(batch).map { ClassificationExample($0.encoded(task)) }
        }
        let documents = task.isPaired ? 2 : 1
        return (0..<batch).map { row in
            let random = RandomStream(seed: 7).stream(UInt64(row))
            let count = documents * task.length
            return ClassificationExample(
                EncodedRow(
                    ids: (0..<count).map { Int32(random.word(UInt32($0)) % UInt32(task.vocabulary)) },
                    segments: (0..<count).map { Int32($0 / task.length) }, target: [Float(row % task.classes.count)]))
        }
    }
}
