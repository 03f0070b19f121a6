import Options
import Tensors
import Training

/// What a recipe is for: the value of its key `kind`.
public enum RecipeKind: String, Codable, CaseIterable, Sendable {
    case pretraining, finetuning, longrange

    /// A run of it, in words.
    public var title: String {
        switch self {
        case .pretraining: "a pretraining"
        case .finetuning: "a fine-tuning"
        case .longrange: "a run of the Long Range Arena"
        }
    }

    private static let key = "kind"

    static func option<Owner>(_ path: WritableKeyPath<Owner, RecipeKind> & Sendable) -> Option<Owner> {
        Option(key, path, "what the recipe is for").required
    }

    /// What a file says; nil where it says nothing or none of these.
    init?(_ file: RecipeFile) {
        self.init(rawValue: file.entries.first { $0.key == Self.key }?.texts.first ?? "")
    }

    /// - Throws: `RecipeErrors` where the file is of another kind or of none, in the place of an issue for every key of that, or where
    ///   an override says another kind.
    func check(_ file: RecipeFile, _ overrides: [ResolvedRecipe.Override]) throws {
        if let override = overrides.first(where: { $0.key == Self.key && $0.texts != [rawValue] }) {
            let message = "kind is '\(override.value)'; \(file.name) is a \(rawValue) recipe"
            throw RecipeErrors(issues: [RecipeIssue(place: .argument(override.argument), message: message)])
        }
        guard let entry = file.entries.first(where: { $0.key == Self.key }), entry.texts != [rawValue] else { return }
        let message =
            RecipeKind(file).map { "this is a \($0) recipe; wanted a \(rawValue) recipe" }
            ?? Self.option(\RecipeKind.self).refusal(of: entry.texts)
        throw RecipeErrors(issues: [RecipeIssue(place: entry.valuePlace, message: message)])
    }
}

extension ResolvedRecipe {
    mutating func refuse(_ precision: Precision, on device: DeviceChoice?) {
        refuse(
            "precision", judgedBy: ["device"], if: !precision.isAvailable(on: device),
            "precision is \(precision.rawValue), but this CPU has no AVX512-BF16; wanted fp32")
    }

    mutating func refuse(_ wire: Precision?, between shards: Int?, on device: DeviceChoice?) {
        refuse(
            "wire", judgedBy: ["shards", "device"], if: wire == .bf16 && shards ?? 1 == 1 && device != .cuda,
            "wire is bf16, but shards is 1 and no gradients travel; wanted at least 2 shards, or wire: fp32")
    }

    /// Refuses what a GPU is asked for and none computes, where it is said.
    mutating func refuse(_ problems: [DeviceProblem], on device: DeviceChoice?) {
        for problem in problems where device == .cuda {
            refuse(
                isStated(problem.key) ? problem.key : "device", judgedBy: [problem.key, "model.heads"], if: true,
                "\(problem.text); wanted device: cpu")
        }
    }
}
