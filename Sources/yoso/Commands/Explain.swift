import ArgumentParser
import Console
import Experiments
import Recipes
import Training

struct Explain: ParsableCommand, RankedCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show every effective value of a recipe, its origin and its meaning.",
        example: "yoso explain mini --set model.attention=yoso")

    @Argument(help: "A recipe, or the name of one that ships.", completion: .recipe) var recipe: String
    @OptionGroup var settings: Settings

    func run() throws {
        let read = try AnyRecipe(recipe, settings.overrides())
        Terminal.line(read.resolved.explanation)
        switch read {
        case .pretraining: Terminal.next("yoso pretrain \(recipe) --dry-run")
        case .fineTuning, .longRange: Terminal.next("yoso finetune \(recipe)")
        }
    }
}

/// `--set key=value`, held to the recipe's schema.
struct Settings: ParsableArguments {
    @Option(name: .customLong("set"), help: "Override a key of the recipe: key=value. Repeatable.")
    var settings: [String] = []
    @Option(help: "What computes, as --set device=: cpu, cuda (the first GPU), or auto.") var device: DeviceChoice?
    @OptionGroup var hosts: Hosts

    func validate() throws {
        for setting in settings where ResolvedRecipe.Override(setting: setting) == nil {
            throw ValidationError("--set \(setting): wanted key=value")
        }
    }

    /// With those of other flags that stand for keys.
    ///
    /// - Throws: `UsageError` where a flag and `--set` name one key.
    func overrides(_ flags: [ResolvedRecipe.Override] = []) throws -> [ResolvedRecipe.Override] {
        let all =
            settings.compactMap(ResolvedRecipe.Override.init(setting:))
            + ResolvedRecipe.Override.list([("device", device?.rawValue, "--device")]) + flags
        try ResolvedRecipe.Override.check(all)
        return all
    }

    /// As another process of this program takes them.
    var arguments: [String] { settings.flatMap { ["--set", $0] } + (device.map { ["--device", $0.rawValue] } ?? []) }
}

/// The hosts of ranks.
struct Hosts: ParsableArguments {
    @Flag(help: "Let hosts compute together whose kernels, and so bits, differ.") var allowMixed = false
}
