import Checkpoints
import Console
import Experiments
import Foundation
import Reports
import Training

/// How a run goes, at a glance.
struct RunCard {
    private let run: RunFacts
    private let colour: Int

    init(_ run: RunFacts, colour: Int) { (self.run, self.colour) = (run, colour) }

    var html: String {
        guard let last = run.log.steps.last else {
            return Self.card(run.title, "waiting", "its first step is not done yet", "", colour: colour)
        }
        let state = RunSummary.state(of: run.log.folder, step: last.step, totalSteps: last.totalSteps)
        var facts = run.result + run.progress(inLast: 60).filter { $0.name != "steps" }
        if state == .running { facts.append(("time left", Show.time(last.secondsLeft))) }
        if let bytes = last.memoryBytes ?? RunCost.peakBytes(of: run.log.folder) {
            facts.append(("memory", Show.bytes(bytes)))
        }
        let share = Double(last.step) / Double(max(1, last.totalSteps))
        let problem = run.log.problem.map { "<p class=\"wrong\">\("\($0)".htmlEscaped)</p>" } ?? ""
        let steps = "\(Show.grouped(last.step)) of \(Show.grouped(last.totalSteps)) steps"
        let list = facts.map { "<div><dt>\($0.name.htmlEscaped)</dt><dd>\($0.value.htmlEscaped)</dd></div>" }
        // What the window is called while it runs.
        let title = state == .running ? " data-title=\"\(Int(100 * share))% \(run.title.htmlEscaped)\"" : ""
        return Self.card(
            run.title, state.rawValue, run.kind,
            "<progress\(title) value=\"\(String(format: "%.4f", share))\"></progress><p>\(steps)</p>\(problem)<dl>\(list.joined())</dl>",
            colour: colour)
    }

    /// Of a path where there is no run yet.
    static func waiting(_ path: String) -> String {
        let isThere = FileManager.default.fileExists(atPath: path)
        return card(path, "waiting", isThere ? "no run in it yet" : "no such folder yet", "", colour: nil)
    }

    private static func card(_ title: String, _ state: String, _ kind: String, _ body: String, colour: Int?) -> String {
        "<article class=\"run \(state)\(colour.map { " s\($0)" } ?? "")\"><h3>\(title.htmlEscaped) <small>\(state)</small></h3>"
            + "<p>\(kind.htmlEscaped)</p>\(body)</article>"
    }
}
