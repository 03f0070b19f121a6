import Checkpoints
import Tasks

extension HuggingFaceConfiguration {
    /// What its classifier predicts, its labels in the order of the logits; nil where it has none.
    public var target: Target? {
        guard let names = labelNames, !names.isEmpty else { return nil }
        if isOfWords { return .tags(names) }
        if problemType == Self.multiLabel { return .labels(names) }
        return names.count == 1 ? .number : .classes(names)
    }

    /// Says by the keys of transformers what a classifier predicts.
    mutating func setTarget(_ target: Target, names: [String]) {
        let names = target.isValue ? ["score"] : names
        labels = Dictionary(uniqueKeysWithValues: names.enumerated().map { ("\($0)", $1) })
        labelIDs = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        problemType =
            switch target {
            case .classes: "single_label_classification"
            case .labels: Self.multiLabel
            case .value: "regression"
            case .tags: nil
            }
    }

    private static let multiLabel = "multi_label_classification"
}
