import Checkpoints
import Foundation

/// How a budget of time became steps, in `plan.jsonl` of the run: what a process planned is what a later one follows, so that
/// steps which were lost, to a kill or with a checkpoint, are done again to the same bits.
struct RecordedPlan {
    /// After `step` steps the run was to have `totalSteps`; as many at its end.
    private struct Entry: Codable {
        private(set) var kind = "plan"
        let step: Int
        let totalSteps: Int
        /// The digest of the options of the run: another one in the same folder has plans of its own.
        let options: String
    }

    private var entries: [Entry]
    private var timePlan: TimePlan?
    private let options: String
    private let log: MetricsLog

    /// Nil where the budget is no time: then the steps do not depend on the machine.
    ///
    /// - Parameter folder: whose log still tells of all steps, and may forget them with the next line.
    init?(_ budget: Budget, _ folder: RunFolder, options: String, damaged: (CheckpointError) -> Void) throws {
        guard case .seconds = budget else { return nil }
        let url = folder.url.appendingPathComponent(RunFolder.planName)
        log = try MetricsLog(url, truncatingAfterStep: .max, damaged: damaged)
        entries = try MetricsLog.values(Entry.self, kind: "plan", in: url).filter { $0.options == options }
        self.options = options
        let known = MetricsLog.lastStep(in: folder.metrics)
        // Steps up to there were of the last plan: this process may not come so far, and its log is all that a later one sees.
        if let last = entries.last, last.step < known {
            try record(known, last.totalSteps)
            try sync()
        }
    }

    /// Returns when the plan is on the disk, as it must be before a checkpoint or a log that relies on it.
    func sync() throws { try log.sync() }

    /// The steps that the run was to have when it began; nil where it has not begun yet.
    var first: Int? { entries.first?.totalSteps }

    /// Begins at `step` of `total`, when `seconds` of the time have passed.
    mutating func begin(_ options: some TrainingOptions, step: Int, of total: Int, seconds: Double) throws {
        timePlan = TimePlan(options, step: step, of: total, seconds: seconds)
        if entries.isEmpty { try record(step, total) }
    }

    mutating func noteEvaluation(seconds: Double) { timePlan?.noteEvaluation(seconds: seconds) }

    /// All steps of the run, of which `step` of `total` are done when `seconds` have passed.
    mutating func steps(after step: Int, of total: Int, seconds: Double) throws -> Int {
        guard let last = entries.last, step > last.step else {
            return entries.last { $0.step == step }?.totalSteps ?? total
        }
        // A run that came to its end has no other.
        guard last.step < last.totalSteps else { return total }
        let planned = timePlan?.steps(after: step, seconds: seconds) ?? total
        if planned != total || step == total { try record(step, planned) }
        return planned
    }

    private mutating func record(_ step: Int, _ total: Int) throws {
        let entry = Entry(step: step, totalSteps: total, options: options)
        try log.append(entry)
        entries.append(entry)
    }
}
