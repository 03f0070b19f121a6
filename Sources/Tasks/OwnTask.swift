import Options

/// A task of a user's own, as a recipe describes it.
public struct OwnTask: Configurable {
    /// What a label is.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        case classes, labels, value
    }

    /// Nil for the recipe's.
    public var name: String?
    public var train: String?
    /// Nil to split a share off the training rows.
    public var dev: String?
    public var texts: [String]?
    public var label: String?
    public var kind = Kind.classes
    /// Nil for accuracy of classes, micro-averaged F1 of labels, and the mean of both correlations of a value.
    public var metric: Metric?
    /// Nil where the labels of a row are a JSON list.
    public var separator: String?
    public var devShare = 0.1
    public var devSeed: UInt64 = 1

    public init() {}

    public static var options: [Option<Self>] {
        Option("name", \.name, .folderNameOrNone, "name by which its runs are compared; none takes the recipe's name")
        Option("train", \.train, .textOrNone, "file of the training rows, .tsv, .csv or .jsonl, also with .gz or .xz")
        Option("dev", \.dev, .textOrNone, "file of the dev rows; none splits a share off the training rows")
        Option("text", \.texts, .textsOrNone, "column of the text, or a list of two; none where label is tokens")
        Option("label", \.label, .textOrNone, "column of the label; tokens for tags behind words in columns")
        Option("kind", \.kind, "classes is one label a row, labels any number of them, value a number")
        Option(
            "metric", \.metric,
            .oneOf([("auto", nil)] + Metric.choices.map { ($0.rawValue, $0) }) { $0?.rawValue ?? "auto" },
            "the score; auto: accuracy of classes, microF1 of labels, entityF1 of tokens, both correlations of a value")
        Option("separator", \.separator, .textOrNone, "between the labels of a row; none where they are a JSON list")
        Option("devShare", \.devShare, .share, "of the training rows, where there is no task.dev")
        Option("devSeed", \.devSeed, .seed, "draws that share; the same rows for every seed of a run")
    }

    /// What no single key can get wrong, each with its key.
    public var contradictions: [(key: String, text: String)] {
        let missing = [("train", train == nil), ("text", texts == nil && !isOfWords), ("label", label == nil)]
            .filter(\.1).map { ($0.0, "the key 'task.\($0.0)' is missing; wanted a text") }
        let fitting = Metric.choices.filter { $0.fits(target) }
        let wrong: [(String, Bool, String)] = [
            ("text", texts.map { Set($0).count < $0.count } ?? false, "has the same column twice"),
            ("text", (texts ?? []).count > 2, "has \((texts ?? []).count) columns; wanted one, or two"),
            ("label", label.map { (texts ?? []).contains($0) } ?? false, "is '\(label ?? "")', which is a text too"),
            ("kind", isOfWords && kind != .classes, "is \(kind); with task.label: tokens every word has one tag"),
            (
                "metric", metric.map { !fitting.contains($0) } ?? false,
                "is \(metric?.rawValue ?? ""); \(isOfWords ? Self.tokens : kind.rawValue) are scored by "
                    + fitting.map(\.rawValue).joined(separator: ", ")
            ),
            ("separator", separator != nil && kind != .labels, "wants task.kind: labels"),
            ("devShare", dev != nil && devShare != Self().devShare, "wants no task.dev"),
            ("devSeed", dev != nil && devSeed != Self().devSeed, "wants no task.dev"),
            ("devShare", !(0.001...0.9).contains(devShare), "is \(devShare); wanted 0.1% to 90%"),
        ]
        return missing + wrong.filter(\.1).map { ($0.0, "task.\($0.0) \($0.2)") }
    }

    private static let tokens = "tokens"

    /// Whether rows are sentences in columns; with a `text`, `tokens` is the name of a column.
    private var isOfWords: Bool { label == Self.tokens && texts == nil }

    private var target: Target {
        if isOfWords { return .tags([]) }
        return switch kind {
        case .classes: .classes([])
        case .labels: .labels([])
        case .value: .number
        }
    }

    /// The task, whose labels are not known before `TaskSource.withLabels` has read its training rows.
    public func source(called recipe: String) -> TaskSource {
        let (title, train) = (name ?? recipe, train ?? "")
        let fitting = Metric.allCases.filter { $0.fits(target) && $0 != .f1 }
        let standard: [Metric] =
            isOfWords
            ? [.entityF1] : kind == .value ? fitting.filter { !$0.isError } : [kind == .labels ? .microF1 : .accuracy]
        let metrics = metric.map { [$0] } ?? standard
        func part(_ isShare: Bool) -> Part? {
            dev == nil ? Part(share: devShare, seed: devSeed, isShare: isShare) : nil
        }
        var source = TaskSource(
            name: title, title: title, texts: (isOfWords ? ["word"] : texts ?? []).map { [$0] },
            label: [isOfWords ? "tag" : label ?? ""], target: target, metrics: metrics,
            others: fitting.filter { !metrics.contains($0) },
            train: .init(names: [train], title: title, part: part(false)),
            dev: [.init(names: [dev ?? train], title: title, part: part(true))])
        source.separator = separator
        return source
    }
}
