/// A task on texts: where its rows stand, what is predicted, and how it is scored.
///
/// A value, not a protocol: tasks differ in names, so that one more is a row of a list, and a checkpoint can keep its own.
public struct TaskSource: Sendable, Equatable, Codable {
    /// As typed on the command line.
    public var name: String
    /// As written in tables.
    public var title: String
    /// The columns of one text or of two, each by the names that it may have.
    public var texts: [[String]]
    /// The names that the column of the label may have.
    public var label: [String]
    public var target: Target
    /// The metrics whose mean is the task's score; it chooses the best epoch.
    public var metrics: [Metric]
    /// Reported beside them.
    public var others: [Metric]
    /// Nil where there is nothing to train on.
    public var train: File?
    public var dev: [File]
    public var test: [File]

    /// The labels as people call them, in their order; nil where they are called what they are.
    public var labelNames: [String]?
    /// Whether files may have such a name, or the number of a class, in the place of a label.
    public var hasSeveralSpellings = false
    /// Column names of labelled TSV files without header, in order; nil where they have one.
    public var columns: [String]?
    /// What stands in the place of a label where annotators did not agree.
    public var undecided: String?
    /// Between the labels of a row; nil where they are a JSON list.
    public var separator: String?
    public var allowsEmptyTexts = false
    /// Folders by which a folder of several tasks has this one, as `plain` spells them.
    public var folders: [String] = []
    /// Folders of other tasks, whose files have the same names; nil for none.
    public var strangers: [String]?
    /// How to get a file that is not there, for messages.
    public var hint: String?

    /// A split of the task.
    public struct File: Sendable, Equatable, Codable {
        /// What it may be called, the first in messages.
        public var names: [String]
        /// As written in tables.
        public var title: String
        /// The official number of rows, where there is one.
        public var rows: Int?
        /// Nil for the whole file.
        public var part: Part?

        public init(names: [String], title: String, rows: Int? = nil, part: Part? = nil) {
            (self.names, self.title, self.rows, self.part) = (names, title, rows, part)
        }

        public var name: String { names.first ?? "" }
    }

    public init(
        name: String, title: String, texts: [[String]], label: [String], target: Target, metrics: [Metric],
        others: [Metric], train: File?, dev: [File], test: [File] = []
    ) {
        (self.name, self.title, self.texts, self.label, self.target) = (name, title, texts, label, target)
        (self.metrics, self.others, self.train, self.dev, self.test) = (metrics, others, train, dev, test)
    }

    /// - Throws: `TaskError` where files of the user's own have paths that no other folder changes, and `data` is to be one.
    public func check(data: String?) throws {
        guard let data, let fixed = ((train.map { [$0] } ?? []) + dev).first(where: { $0.name.hasPrefix("/") }) else {
            return
        }
        throw TaskError(
            data, "changes nothing: the recipe names \(fixed.name) itself; wanted a file of rows, or no --data")
    }

    /// The labels as people call them, in the order of `target`.
    public var classNames: [String] { labelNames ?? target.labels }

    /// A name as a command line or a folder may spell it.
    public static func plain(_ name: String) -> String { name.lowercased().filter { $0 != "-" && $0 != "_" } }
}
