import Tasks

/// What others published, in percent, to stand beside one's own scores of the same protocol.
public struct PublishedScores: Sendable {
    /// Which model, and where more than one number went into a score, how.
    public let model: String
    /// `dev` or `test`.
    public let split: String
    /// By task, and by metric as `Metric` and the dev set's title name it.
    public let scores: [String: [String: Double]]

    /// `Mini 4x256: accuracy 85.5`, or nil where they have no score of `task`.
    public func text(of task: TaskSource) -> String? {
        guard let scores = scores[task.name] else { return nil }
        let metrics = scores.sorted { $0.key < $1.key }.map { "\($0.key) \(($0.value * 10).rounded() / 10)" }
        return "\(model): \(metrics.joined(separator: ", "))"
    }

    /// Those of the protocol called `name`; none where no table of it could be read in its source.
    public static func ofProtocol(_ name: String) -> [PublishedScores] {
        switch name {
        case "m-fac": mfac
        case "miniatures": miniatures
        case "run-glue": runGlue
        case "electra": electra
        default: []
        }
    }

    /// Model cards of M-FAC/bert-tiny-finetuned-* and bert-mini-finetuned-*, the rows of Adam.
    private static let mfac = [
        PublishedScores(
            model: "Tiny 2x128", split: "dev",
            scores: pairs(
                sst2: 80.11, mrpc: (81.68, 69.90), stsb: (64.39, 66.52), qqp: (77.58, 81.09), mnli: (65.36, 66.78),
                qnli: 77.85)),
        PublishedScores(
            model: "Mini 4x256", split: "dev",
            scores: pairs(
                sst2: 85.46, mrpc: (84.57, 76.57), stsb: (82.09, 82.64), qqp: (82.43, 86.45), mnli: (73.30, 74.85),
                qnli: 83.85)),
    ]

    /// README of google-research/bert, smaller BERT models.
    private static let miniatures = [
        PublishedScores(
            model: "Tiny 2x128", split: "test",
            scores: pairs(
                cola: 0, sst2: 83.2, mrpc: (81.1, 71.1), stsb: (74.3, 73.6), qqp: (62.2, 83.4), mnli: (70.2, 70.3),
                qnli: 81.5, rte: 57.2, wnli: 62.3)),
        PublishedScores(
            model: "Mini 4x256", split: "test",
            scores: pairs(
                cola: 0, sst2: 85.9, mrpc: (81.1, 71.8), stsb: (75.4, 73.3), qqp: (66.4, 86.2), mnli: (74.8, 74.3),
                qnli: 84.1, rte: 57.9, wnli: 62.3)),
        PublishedScores(
            model: "Small 4x512", split: "test",
            scores: pairs(
                cola: 27.8, sst2: 89.7, mrpc: (83.4, 76.2), stsb: (78.8, 77.0), qqp: (68.1, 87.0), mnli: (77.6, 77.0),
                qnli: 86.4, rte: 61.8, wnli: 62.3)),
    ]

    /// README of transformers' examples/pytorch/text-classification.
    private static let runGlue = [
        PublishedScores(
            model: "BERT-base, cased", split: "dev",
            scores: pairs(
                cola: 56.53, sst2: 92.32, mrpc: (88.85, 84.07), stsb: (88.64, 88.48), qqp: (87.49, 90.71),
                mnli: (83.91, 84.10), qnli: 90.66, rte: 65.70, wnli: 56.34))
    ]

    /// README of google-research/electra: the median of many seeds.
    private static let electra = [
        PublishedScores(
            model: "ELECTRA-Small", split: "dev",
            scores: [
                "cola": ["matthews": 57.0], "sst2": ["accuracy": 91.2], "mrpc": ["accuracy": 88.0],
                "stsb": ["spearman": 87.5], "qqp": ["accuracy": 89.0], "mnli": ["accuracy MNLI-m": 81.3],
                "qnli": ["accuracy": 88.4], "rte": ["accuracy": 66.7],
            ])
    ]

    /// F1 before accuracy, Pearson before Spearman, matched before mismatched.
    private static func pairs(
        cola: Double? = nil, sst2: Double, mrpc: (Double, Double), stsb: (Double, Double), qqp: (Double, Double),
        mnli: (Double, Double), qnli: Double, rte: Double? = nil, wnli: Double? = nil
    ) -> [String: [String: Double]] {
        var scores: [String: [String: Double]] = [
            "sst2": ["accuracy": sst2], "mrpc": ["f1": mrpc.0, "accuracy": mrpc.1],
            "stsb": ["pearson": stsb.0, "spearman": stsb.1], "qqp": ["f1": qqp.0, "accuracy": qqp.1],
            "mnli": ["accuracy MNLI-m": mnli.0, "accuracy MNLI-mm": mnli.1], "qnli": ["accuracy": qnli],
        ]
        scores["cola"] = cola.map { ["matthews": $0] }
        scores["rte"] = rte.map { ["accuracy": $0] }
        scores["wnli"] = wnli.map { ["accuracy": $0] }
        return scores
    }
}
