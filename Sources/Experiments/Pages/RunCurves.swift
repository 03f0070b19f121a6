import Console
import Foundation
import Reports
import Training

/// What curves of runs are over.
public enum CurveAxis: String, CaseIterable, Sendable {
    case steps, tokens, time

    var quantity: Quantity {
        switch self {
        case .steps: Quantity("step").whole
        case .tokens: Quantity("tokens")
        case .time: Quantity("time, h:mm:ss", text: Show.time, tick: Show.time)
        }
    }

    /// As steps call it.
    var name: String {
        switch self {
        case .steps: "step"
        case .tokens: "totalTokens"
        case .time: "seconds"
        }
    }

    func value<Result>(_ evaluation: EvaluationReport<Result>) -> Double {
        switch self {
        case .steps: Double(evaluation.step)
        case .tokens: Double(evaluation.totalTokens)
        case .time: evaluation.seconds
        }
    }
}

/// The curves of one run, or of several in the same charts.
public struct RunCurves {
    let runs: [RunFacts]
    let axis: CurveAxis
    private let colours: [Int]?

    /// - Parameter colours: of the runs, from 0, where there are others beside these; nil for one after the other.
    public init(_ runs: [RunFacts], over axis: CurveAxis, colours: [Int]? = nil) {
        (self.runs, self.axis, self.colours) = (runs, axis, colours)
    }

    /// Of losses and shares, in training and held out: of one run in one chart, of several in one each.
    public var learning: [String?] {
        names.flatMap { name, unit in
            let quantity =
                switch unit {
                case .share: Quantity.share("percent")
                case .perplexity: Quantity("lower is better", text: Show.perplexity).logarithmic
                case .amount: Quantity("lower is better", text: Show.amount)
                // Nats of classes and words, of values a squared error.
                default: Quantity("lower is better", text: Show.loss)
                }
            let title = name == "loss" ? "Loss" : Self.capitalized(Figure(name, 0).title)
            let (training, heldOut) = (runs.map { self.training(name, $0) }, runs.map { self.heldOut(name, $0) })
            guard runs.count > 1 || colours != nil else {
                return [
                    LineChart(
                        title: title, axes: (axis.quantity, quantity),
                        series: [
                            .init(name: "training", points: training[0]), .init(name: "held out", points: heldOut[0]),
                        ]
                    ).html
                ]
            }
            return [chart("\(title), held out", quantity, heldOut), chart("\(title), training", quantity, training)]
        }
    }

    /// Of the work: how large its steps are, and how fast.
    public var work: [String?] {
        func chart(_ title: String, _ quantity: Quantity, _ name: String) -> String? {
            self.chart(title, quantity, runs.map { training(name, $0) })
        }
        return [
            chart("Learning rate", Quantity("").fromZero, "rate"),
            chart("Gradient norm", Quantity("before clipping").logarithmic, "gradientNorm"),
            chart("Throughput", Quantity("tokens a second").fromZero, "tokensPerSecond"),
            chart("Share of the machine's peak", Quantity.share("percent").fromZero, "shareOfPeak"),
            chart(
                "Memory", Quantity("bytes of the process, or of the GPU") { Show.bytes(Int($0)) }.fromZero,
                "memoryBytes"
            ),
        ]
    }

    /// The losses, perplexities and shares that any run tells, the whole loss first where it is not one of them.
    private var names: [(name: String, unit: Figure.Unit)] {
        var names: [(name: String, unit: Figure.Unit)] = []
        for run in runs {
            let step = run.log.steps.first
            let figures = step?.body.figures ?? []
            let isNamed = figures.contains { $0.unit == .loss && $0.value == step?.loss }
            let all =
                (isNamed || step == nil ? [] : [Figure("loss", 0)]) + figures
                + (run.log.evaluations.first?.body.figures ?? []) + (run.log.epochs.first?.body.figures ?? [])
            for figure in all where figure.unit != .count && !names.contains(where: { $0.name == figure.name }) {
                names.append((figure.name, figure.unit))
            }
        }
        return [.loss, .perplexity, .share, .amount].flatMap { (unit: Figure.Unit) in names.filter { $0.unit == unit } }
    }

    private func chart(_ title: String, _ quantity: Quantity, _ points: [[(x: Double, y: Double)]]) -> String? {
        LineChart(
            title: title, axes: (axis.quantity, quantity),
            series: zip(runs, points).map { .init(name: $0.title, points: $1) }, colours: colours
        ).html
    }

    private func heldOut(_ name: String, _ run: RunFacts) -> [(x: Double, y: Double)] {
        func value(_ figures: [Figure]) -> Double? { figures.first { $0.name == name }?.value }
        return run.log.evaluations.compactMap { evaluation in
            value(evaluation.body.figures).map { (axis.value(evaluation), $0) }
        } + run.log.epochs.compactMap { epoch in value(epoch.body.figures).map { (axis.value(epoch), $0) } }
    }

    /// At most 200 points, each the mean of its stretch.
    private func training(_ name: String, _ run: RunFacts) -> [(x: Double, y: Double)] {
        guard let all = run.log.steps[name], let places = run.log.steps[axis.name] else { return [] }
        let stretch = max(1, (all.count + 199) / 200)
        return stride(from: 0, to: all.count, by: stretch).compactMap { start in
            let end = min(start + stretch, all.count)
            let values = all[start..<end].filter { !$0.isNaN }
            guard !values.isEmpty, !places[end - 1].isNaN else { return nil }
            return (places[end - 1], values.reduce(0, +) / Double(values.count))
        }
    }

    private static func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
}
