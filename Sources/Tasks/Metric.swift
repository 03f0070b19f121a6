/// A score of predictions against the truth, higher is better but for an error's (GLUE, Wang et al. 2019, section 3; averages of F1
/// as scikit-learn has them).
///
/// Of each row both are a list: its class, its labels by their numbers, its value, or the tags of its words. An entity is
/// right where its type and all of its words are (Tjong Kim Sang & De Meulder 2003, section 2.4).
public enum Metric: String, Sendable, Codable, CaseIterable {
    case accuracy, f1, macroF1, microF1, matthews, pearson, spearman, entityF1, entityPrecision, entityRecall
    /// Σ |p - y| / n of values p and y, in their unit: what correlations do not see of an offset or a scale.
    case meanAbsoluteError

    /// Whether it is in the label's unit and lower is better: it is told, and no run is chosen by it.
    public var isError: Bool { self == .meanAbsoluteError }

    /// Those that a run can be chosen by.
    public static var choices: [Metric] { allCases.filter { !$0.isError } }

    /// That of a score's name, which may have that of a dev set behind it.
    public init?(ofScore name: String) { self.init(rawValue: String(name.prefix { $0 != " " })) }

    /// Those of a text such as `f1 accuracy`; nil for `auto`, which is every task's own, and for what names none.
    public static func named(_ text: String?) -> [Metric]? {
        let metrics = (text ?? "").split(separator: " ").compactMap { Metric(rawValue: String($0)) }
        return metrics.isEmpty ? nil : metrics
    }

    /// Whether it says anything of such a target.
    public func fits(_ target: Target) -> Bool {
        switch self {
        case .pearson, .spearman, .meanAbsoluteError: target.isValue
        case .f1, .matthews: !target.isValue && !target.isMultiLabel && !target.isOfWords
        case .macroF1, .microF1: !target.isValue && !target.isOfWords
        case .accuracy: !target.isValue
        case .entityF1, .entityPrecision, .entityRecall: target.isOfWords
        }
    }

    /// The score; 0 where it is undefined, as for constant predictions.
    ///
    /// - Parameters:
    ///   - tags: by their numbers, where a row is of the words of a sentence.
    ///   - labels: how many there are, where a row has several: what is never meant and never said is then 0 in an average, as
    ///     scikit-learn has it of a column of zeros.
    /// - Precondition: both are equally long, and numbers of tags those of `tags`.
    public func score(
        _ predictions: [[Double]], _ truth: [[Double]], tags: [String] = [], labels: Int? = nil
    ) -> Double {
        precondition(predictions.count == truth.count, "\(predictions.count) predictions for \(truth.count) rows")
        guard !truth.isEmpty else { return 0 }
        func entities(_ rows: [[Double]]) -> [[Entity]] { rows.map { Entity.all(in: $0.map { tags[Int($0)] }) } }
        switch self {
        case .accuracy where !tags.isEmpty: return score(predictions.flatMap { $0 }, truth.flatMap { $0 })
        case .accuracy: return Double(zip(predictions, truth).count { $0 == $1 }) / Double(truth.count)
        case .f1: return LabelCounts(predictions, truth)[1].f1
        case .macroF1:
            let counts = LabelCounts(predictions, truth).byLabel
            return counts.values.reduce(0) { $0 + $1.f1 } / Double(max(1, labels ?? counts.count))
        case .microF1: return LabelCounts(predictions, truth).sum.f1
        case .entityF1: return LabelCounts(entities(predictions), entities(truth)).sum.f1
        case .entityPrecision: return LabelCounts(entities(predictions), entities(truth)).sum.precision
        case .entityRecall: return LabelCounts(entities(predictions), entities(truth)).sum.recall
        case .matthews: return matthewsCorrelation(predictions.flatMap { $0 }, truth.flatMap { $0 })
        case .pearson: return correlation(predictions.flatMap { $0 }, truth.flatMap { $0 })
        case .spearman: return correlation(ranks(predictions.flatMap { $0 }), ranks(truth.flatMap { $0 }))
        case .meanAbsoluteError:
            return zip(predictions, truth).reduce(0) { $0 + abs($1.0[0] - $1.1[0]) } / Double(truth.count)
        }
    }

    /// The score of classes or values.
    public func score(_ predictions: [Double], _ truth: [Double]) -> Double {
        score(predictions.map { [$0] }, truth.map { [$0] })
    }
}

/// How often each label was predicted, true, and both; labels that never were either are not among them.
private struct LabelCounts<Label: Hashable> {
    struct Count {
        var hits = 0
        var predicted = 0
        var actual = 0

        /// 2 TP / (2 TP + FP + FN)
        var f1: Double { hits == 0 ? 0 : 2 * Double(hits) / Double(predicted + actual) }
        var precision: Double { Double(hits) / Double(max(1, predicted)) }
        var recall: Double { Double(hits) / Double(max(1, actual)) }
    }

    private(set) var byLabel: [Label: Count] = [:]

    init(_ predictions: [[Label]], _ truth: [[Label]]) {
        for (predicted, actual) in zip(predictions, truth) {
            for label in predicted { byLabel[label, default: Count()].predicted += 1 }
            for label in actual {
                byLabel[label, default: Count()].actual += 1
                if predicted.contains(label) { byLabel[label, default: Count()].hits += 1 }
            }
        }
    }

    subscript(label: Label) -> Count { byLabel[label] ?? Count() }

    var sum: Count {
        byLabel.values.reduce(into: Count()) { sum, count in
            sum.hits += count.hits
            sum.predicted += count.predicted
            sum.actual += count.actual
        }
    }
}

/// R_K of any number of classes, for two of them Matthews' correlation (Gorodkin 2004): with c of s rows right, and class k
/// predicted p_k and true t_k times, (c s - Σ p_k t_k) / √((s² - Σ p_k²) (s² - Σ t_k²)).
private func matthewsCorrelation(_ predictions: [Double], _ truth: [Double]) -> Double {
    func counts(_ classes: [Double]) -> [Double: Double] { classes.reduce(into: [:]) { $0[$1, default: 0] += 1 } }
    let (predicted, actual, rows) = (counts(predictions), counts(truth), Double(truth.count))
    let right = Double(zip(predictions, truth).count { $0 == $1 })
    let chance = predicted.reduce(0) { $0 + $1.value * actual[$1.key, default: 0] }
    let spread = [predicted, actual].map { counts in rows * rows - counts.values.reduce(0) { $0 + $1 * $1 } }
    let product = spread[0] * spread[1]
    return product == 0 ? 0 : (right * rows - chance) / product.squareRoot()
}

private func correlation(_ x: [Double], _ y: [Double]) -> Double {
    func centred(_ values: [Double]) -> [Double] {
        let mean = values.reduce(0, +) / Double(values.count)
        return values.map { $0 - mean }
    }
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    // Of equal values the mean may be off by a rounding, which must not count as variance.
    guard Set(x).count > 1, Set(y).count > 1 else { return 0 }
    let (a, b) = (centred(x), centred(y))
    return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
}

/// Ranks from 1, those of equal values averaged.
private func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
        var end = start + 1
        while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
        for index in order[start..<end] { ranks[index] = Double(start + 1 + end) / 2 }
        start = end
    }
    return ranks
}
