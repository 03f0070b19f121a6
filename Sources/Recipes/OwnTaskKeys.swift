import Tasks

extension ResolvedRecipe {
    private static let none = "none"

    var ownTask: OwnTask {
        OwnTask(
            name: path("task.name") ?? self["name"], train: self["task.train"], dev: path("task.dev"),
            texts: texts("task.text"), label: self["task.label"], kind: choice("task.kind"),
            metric: Metric(rawValue: self["task.metric"]), separator: path("task.separator"),
            devShare: share("task.devShare"), devSeed: UInt64(integer("task.devSeed")))
    }

    /// What is wrong with the description of the user's own task.
    var ownTaskIssues: [RecipeIssue] {
        guard values.contains(where: { $0.field.key.hasPrefix("task.") && $0.origin != "default" }) else {
            return [issue("task", "the key 'task' is missing; wanted a text")]
        }
        var issues = ["task.train", "task.text", "task.label"].filter { path($0) == nil }.map {
            issue($0, "the key '\($0)' is missing; wanted a text")
        }
        let task = ownTask
        if task.texts.count > 2 {
            issues.append(issue("task.text", "task.text has \(task.texts.count) columns; wanted one, or two"))
        }
        if task.texts.contains(task.label), task.label != Self.none {
            issues.append(issue("task.label", "task.label is '\(task.label)', which is a text too"))
        }
        let target = task.source.target
        if let metric = task.metric, !metric.fits(target) {
            let fitting = Metric.allCases.filter { $0.fits(target) }.map(\.rawValue).joined(separator: ", ")
            issues.append(
                issue("task.metric", "task.metric is \(metric.rawValue); \(self["task.kind"]) are scored by \(fitting)")
            )
        }
        if task.separator != nil, task.kind != .labels {
            issues.append(issue("task.separator", "task.separator wants task.kind: labels"))
        }
        if !(0.001...0.9).contains(task.devShare) {
            issues.append(issue("task.devShare", "task.devShare is \(self["task.devShare"]); wanted 0.1% to 90%"))
        }
        return issues
    }

    /// Keys of an own task beside one of GLUE.
    var strayTaskIssues: [RecipeIssue] {
        values.filter { $0.field.key.hasPrefix("task.") && $0.origin != "default" }.prefix(1).map {
            issue($0.field.key, "\($0.field.key) is of a task of your own, and the task is \(self["task"])")
        }
    }

    /// Whether a value says something: either the name of a task, or the keys of one's own.
    func isShown(_ value: Value) -> Bool {
        let isOwn = self["task"] == Self.none
        return value.field.key == "task" ? !isOwn : !value.field.key.hasPrefix("task.") || isOwn
    }
}
