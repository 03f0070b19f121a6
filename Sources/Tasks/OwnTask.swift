/// A task of a user's own, as a recipe describes it.
public struct OwnTask: Sendable, Equatable {
    /// What a label is.
    public enum Kind: String, Sendable, CaseIterable {
        case classes, labels, value
    }

    public var name: String
    /// File of the training rows: TSV, CSV or JSON lines.
    public var train: String
    /// File of the dev rows; nil to split a share off the training rows.
    public var dev: String?
    /// Columns of one text or of two.
    public var texts: [String]
    /// Column of the label.
    public var label: String
    public var kind: Kind
    /// The score; nil for accuracy of classes, micro-averaged F1 of labels, and the mean of both correlations of a value.
    public var metric: Metric?
    /// Between the labels of a row; nil where they are a JSON list.
    public var separator: String?
    /// Of the training rows, and the seed that draws them.
    public var devShare: Double
    public var devSeed: UInt64

    public init(
        name: String, train: String, dev: String? = nil, texts: [String], label: String, kind: Kind = .classes,
        metric: Metric? = nil, separator: String? = nil, devShare: Double = 0.1, devSeed: UInt64 = 1
    ) {
        (self.name, self.train, self.dev, self.texts, self.label) = (name, train, dev, texts, label)
        (self.kind, self.metric, self.separator) = (kind, metric, separator)
        (self.devShare, self.devSeed) = (devShare, devSeed)
    }

    /// The task, whose labels are not known before `TaskSource.withLabels` has read its training rows.
    public var source: TaskSource {
        let target: Target =
            switch kind {
            case .classes: .classes([])
            case .labels: .labels([])
            case .value: .number
            }
        let fitting = Metric.allCases.filter { $0.fits(target) && $0 != .f1 }
        let metrics = metric.map { [$0] } ?? (kind == .value ? fitting : [kind == .labels ? .microF1 : .accuracy])
        func part(_ isShare: Bool) -> Part? {
            dev == nil ? Part(share: devShare, seed: devSeed, isShare: isShare) : nil
        }
        var source = TaskSource(
            name: name, title: name, texts: texts.map { [$0] }, label: [label], target: target, metrics: metrics,
            others: fitting.filter { !metrics.contains($0) },
            train: .init(names: [train], title: name, part: part(false)),
            dev: [.init(names: [dev ?? train], title: name, part: part(true))])
        source.separator = separator
        return source
    }
}
