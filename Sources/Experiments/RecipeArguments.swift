import ArgumentParser
import Recipes
import Training

/// What stands in the place of a pretraining recipe's files.
public struct PretrainingFiles: ParsableArguments {
    @Option(
        help: "A text file, or a folder of them, in the place of corpus.text. Repeatable.", completion: .file())
    var data: [String] = []
    @Option(help: "Folder of the tokenizer in the place of vocabulary.", completion: .directory) var vocabulary: String?

    public init() {}

    /// As another process of this program takes them.
    public var arguments: [String] {
        data.flatMap { ["--data", $0] } + (vocabulary.map { ["--vocabulary", $0] } ?? [])
    }

    public var overrides: [ResolvedRecipe.Override] {
        let text = ResolvedRecipe.Override(
            key: "corpus.text", texts: data, argument: data.map { "--data \($0)" }.joined(separator: " "))
        return (data.isEmpty ? [] : [text]) + ResolvedRecipe.Override.list([("vocabulary", vocabulary, "--vocabulary")])
    }
}

/// `--set key=value`, held to the recipe's schema.
public struct RecipeSettings: ParsableArguments {
    @Option(
        name: .customLong("set"),
        help: "Override a key of the recipe: key=value, with keys below it key=value(name=value …). Repeatable.")
    var settings: [String] = []
    @Option(help: "What computes, as --set device=: cpu, cuda (the first GPU), or auto.") var device: DeviceChoice?
    @OptionGroup public var hosts: Hosts

    public init() {}

    public func validate() throws {
        for setting in settings where ResolvedRecipe.Override(setting: setting) == nil {
            throw ValidationError("--set \(setting): wanted key=value")
        }
    }

    /// With those of other flags that stand for keys.
    ///
    /// - Throws: `UsageError` where a flag and `--set` name one key.
    public func overrides(_ flags: [ResolvedRecipe.Override] = []) throws -> [ResolvedRecipe.Override] {
        let all =
            settings.flatMap { ResolvedRecipe.Override.list(setting: $0) ?? [] }
            + ResolvedRecipe.Override.list([("device", device?.rawValue, "--device")]) + flags
        try ResolvedRecipe.Override.check(all)
        return all
    }

    /// As another process of this program takes them.
    public var arguments: [String] {
        settings.flatMap { ["--set", $0] } + (device.map { ["--device", $0.rawValue] } ?? [])
    }
}

/// The hosts of ranks.
public struct Hosts: ParsableArguments {
    @Flag(help: "Let hosts compute together whose kernels, and so bits, differ.") public var allowMixed = false

    public init() {}
}
