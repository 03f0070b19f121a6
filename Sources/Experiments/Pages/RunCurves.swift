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

    func value(_ step: StepReport) -> Double? {
        switch self {
        case .steps: Double(step.step)
        case .tokens: step.totalTokens.map(Double.init)
        case .time: step.seconds
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
                default: Quantity("lower is better") { String(format: "%.3f", $0) }
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
        func chart(_ title: String, _ quantity: Quantity, _ value: (StepReport) -> Double?) -> String? {
            self.chart(title, quantity, runs.map { run in curve(run) { value($0) } })
        }
        return [
            chart("Learning rate", Quantity("").fromZero) { Double($0.rate) },
            chart("Gradient norm", Quantity("before clipping").logarithmic) { $0.gradientNorm },
            chart("Throughput", Quantity("tokens a second").fromZero) { $0.tokensPerSecond },
            chart("Share of the machine's peak", Quantity.share("percent").fromZero) { $0.shareOfPeak },
            chart("Memory", Quantity("bytes of the process, or of the GPU") { Show.bytes(Int($0)) }.fromZero) {
                $0.memoryBytes.map(Double.init)
            },
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

    private func training(_ name: String, _ run: RunFacts) -> [(x: Double, y: Double)] {
        curve(run) { step in name == "loss" ? step.loss : step.body[name] }
    }

    private func heldOut(_ name: String, _ run: RunFacts) -> [(x: Double, y: Double)] {
        func value(_ figures: [Figure]) -> Double? { figures.first { $0.name == name }?.value }
        return run.log.evaluations.compactMap { evaluation in
            value(evaluation.body.figures).map { (axis.value(evaluation), $0) }
        } + run.log.epochs.compactMap { epoch in value(epoch.body.figures).map { (axis.value(epoch), $0) } }
    }

    /// At most 200 points, each the mean of its stretch.
    private func curve(_ run: RunFacts, _ value: (StepReport) -> Double?) -> [(x: Double, y: Double)] {
        let steps = run.log.steps
        let stretch = max(1, (steps.count + 199) / 200)
        return stride(from: 0, to: steps.count, by: stretch).compactMap { start in
            let part = steps[start..<min(start + stretch, steps.count)]
            let values = part.compactMap(value)
            guard !values.isEmpty, let last = part.last.flatMap(axis.value) else { return nil }
            return (last, values.reduce(0, +) / Double(values.count))
        }
    }

    private static func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
}
