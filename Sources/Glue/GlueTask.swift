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
    /// Column names of labelled files without header, in order; nil where they have one.
    public let columns: [String]?
    /// Label strings in the order of their ids; empty for a regression.
    public let labels: [String]
    /// The metrics whose mean is the task's score; it chooses the best epoch.
    public let metrics: [Metric]
    /// Reported beside them.
    public let others: [Metric]
    /// Nil where there is nothing to train on.
    public let train: File?
    public let dev: [File]
    public let test: [File]

    /// A split of the task.
    public struct File: Sendable, Equatable {
        /// Without `.tsv`.
        public let name: String
        /// As written in tables, and its name in a submission.
        public let title: String
        /// The official number of rows.
        public let rows: Int
    }

    /// The classes as people and Hugging Face's datasets call them, in the order of `labels`: files have numbers.
    public var classNames: [String] {
        let names = [
            "cola": ["unacceptable", "acceptable"], "sst2": ["negative", "positive"],
            "mrpc": ["not_equivalent", "equivalent"], "qqp": ["not_duplicate", "duplicate"],
            "wnli": ["not_entailment", "entailment"],
        ]
        return names[name] ?? labels
    }

    public var isRegression: Bool { labels.isEmpty }
    /// Columns of logits.
    public var outputs: Int { max(1, labels.count) }

    /// The task called `name`, in any case and with or without a dash.
    ///
    /// - Throws: `GlueError` that names the tasks there are.
    public static func named(_ name: String) throws -> GlueTask {
        let plain = plain(name)
        guard let task = all.first(where: { $0.name == plain }) else {
            throw GlueError("", "unknown task '\(name)'; tasks: \(all.map(\.name).joined(separator: ", "))")
        }
        return task
    }

    /// The name as a command line or a folder may spell it.
    public static func plain(_ name: String) -> String { name.lowercased().filter { $0 != "-" && $0 != "_" } }
}
