/// One task of the GLUE benchmark (Wang et al. 2019): where its texts and labels stand, and how it is scored.
public struct GlueTask: Sendable, Equatable {
    /// As typed on the command line.
    public let name: String
    /// As written in tables, and the name of the folder.
    public let title: String
    /// Header names of the text columns: one sentence, or two.
    public let texts: [String]
    /// Header name of the label column.
    public let label: String
    /// Column names of a file without header, in order; nil where the file has one.
    public let columns: [String]?
    /// Label strings in the order of their ids; empty for a regression.
    public let labels: [String]
    /// The metric that chooses the best epoch, and all that are reported.
    public let metrics: [Metric]
    /// Official numbers of rows.
    public let trainRows: Int
    public let devRows: Int

    public var isRegression: Bool { labels.isEmpty }
    /// Columns of logits.
    public var outputs: Int { max(1, labels.count) }
    public var primaryMetric: Metric { metrics[0] }

    /// The tasks, in the order of the benchmark's table.
    public static let all: [GlueTask] = [
        GlueTask(
            name: "cola", title: "CoLA", texts: ["sentence"], label: "label",
            columns: ["source", "label", "mark", "sentence"], labels: ["0", "1"], metrics: [.matthews, .accuracy],
            trainRows: 8_551, devRows: 1_043),
        GlueTask(
            name: "sst2", title: "SST-2", texts: ["sentence"], label: "label", columns: nil, labels: ["0", "1"],
            metrics: [.accuracy], trainRows: 67_349, devRows: 872),
        GlueTask(
            name: "mrpc", title: "MRPC", texts: ["#1 String", "#2 String"], label: "Quality", columns: nil,
            labels: ["0", "1"], metrics: [.f1, .accuracy], trainRows: 3_668, devRows: 408),
        GlueTask(
            name: "rte", title: "RTE", texts: ["sentence1", "sentence2"], label: "label", columns: nil,
            labels: ["entailment", "not_entailment"], metrics: [.accuracy], trainRows: 2_490, devRows: 277),
    ]

    /// The task called `name`, in any case and with or without a dash.
    ///
    /// - Throws: `GlueError` that names the tasks there are.
    public static func named(_ name: String) throws -> GlueTask {
        let plain = name.lowercased().filter { $0 != "-" && $0 != "_" }
        guard let task = all.first(where: { $0.name == plain }) else {
            throw GlueError("", "unknown task '\(name)'; tasks: \(all.map(\.name).joined(separator: ", "))")
        }
        return task
    }
}
