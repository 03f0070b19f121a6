import Console
import Experiments
import Foundation
import Reports
import Training

/// The page of runs while they work, in parts that are drawn anew as logs grow.
public actor LivePage {
    private let folders: WatchedFolders
    private let axis: CurveAxis?
    private var logs: [URL: RunLog] = [:]
    private var earlier: [URL: RunSummary] = [:]
    private var parts: [Part] = []
    private var nextLook = ContinuousClock.now

    /// HTML that stands in an element of the page.
    struct Part: Equatable {
        let id: String
        let html: String
    }

    /// As many runs have curves as there are colours.
    private static let shown = 6
    private static let listed = 50
    private static let longestPause = Duration.seconds(10)

    /// - Parameters:
    ///   - paths: of runs, or of folders with runs below.
    ///   - axis: what curves are over; nil for steps of one run, and tokens of several.
    public init(of paths: [String], over axis: CurveAxis?) { (folders, self.axis) = (WatchedFolders(paths), axis) }

    /// The whole page, as it is now.
    var text: String {
        let body = look().map { "<div id=\"\($0.id)\" data-live>\($0.html)</div>" }
        let lost = "<p id=\"lost\" hidden>yoso watch does not answer any more; what is shown here stays as it was</p>"
        return HTMLPage(
            title: "Runs", kind: "yoso watch", body: body + [lost],
            script: String(decoding: PackageResources.live_js, as: UTF8.self)
        ).text
    }

    /// The parts as they are now. Looking takes a twentieth of the time at most, since the runs want the cores, but for looks that would
    /// be too far apart: the first one reads whole logs, and no later one does.
    func look() -> [Part] {
        let begun = ContinuousClock.now
        guard begun >= nextLook || parts.isEmpty else { return parts }
        parts = drawn()
        let end = ContinuousClock.now
        nextLook = end.advanced(by: min(max(.seconds(1), begun.duration(to: end) * 20), Self.longestPause))
        return parts
    }

    private func drawn() -> [Part] {
        let all = folders.runs
        let titles = Dictionary(zip(all, RunFacts.titles(all))) { first, _ in first }
        // In the order of names, so that a run keeps its colour.
        let newest = all.prefix(Self.shown).sorted { $0.path < $1.path }
        logs = logs.filter { newest.contains($0.key) }
        for folder in newest { logs[folder, default: RunLog(of: folder)].update() }
        let runs = newest.enumerated().compactMap { index, folder in
            logs[folder].map { (index, RunFacts($0, title: titles[folder] ?? folder.lastPathComponent)) }
        }
        let cards = runs.map { RunCard($1, colour: $0).html } + folders.waiting.map(RunCard.waiting)
        let (tuned, pretrained) = (runs.filter { $0.1.isFineTuning }, runs.filter { !$0.1.isFineTuning })
        func curves(_ runs: [(Int, RunFacts)]) -> RunCurves {
            RunCurves(
                runs.map(\.1), over: axis ?? (runs.count == 1 ? .steps : .tokens),
                colours: newest.count == 1 ? nil : runs.map(\.0))
        }
        return [
            Part(id: "runs", html: "<div class=\"runs\">\(cards.joined(separator: "\n"))</div>"),
            Part(
                id: "pretraining", html: HTMLPage.section("Pretraining", HTMLPage.charts(curves(pretrained).learning))),
            Part(id: "finetuning", html: HTMLPage.section("Fine-tuning", HTMLPage.charts(curves(tuned).learning))),
            Part(id: "filled", html: HTMLPage.section("Filled masks", runs.map { filled($0.1, $0.0) }.joined())),
            Part(id: "work", html: HTMLPage.section("Work", HTMLPage.charts(curves(runs).work))),
            Part(id: "others", html: others(all.dropFirst(Self.shown), titles)),
        ]
    }

    private func filled(_ run: RunFacts, _ colour: Int) -> String {
        guard let filled = run.log.filled else { return "" }
        return
            "<h3 class=\"s\(colour)\">\(run.title.htmlEscaped) <small>step \(Show.grouped(filled.step))</small></h3>\(filled.html)"
    }

    /// Runs that wrote earlier than those with curves.
    private func others(_ folders: ArraySlice<URL>, _ titles: [URL: String]) -> String {
        guard !folders.isEmpty else { return "" }
        let more = folders.count > Self.listed ? " The newest \(Self.listed) of \(folders.count):" : ""
        let rows = folders.prefix(Self.listed).compactMap { folder in
            earlier[folder] = RunSummary.now(of: folder, known: earlier[folder])
            return earlier[folder].map { run in
                [
                    titles[folder] ?? folder.lastPathComponent, run.state.rawValue,
                    "\(Show.grouped(run.step)) of \(Show.grouped(run.totalSteps))",
                    run.score.map { Show.figures([$0]) } ?? "–", Show.age(run.age),
                ]
            }
        }
        return HTMLPage.section(
            "Earlier runs",
            "<p class=\"soft\">Curves are of the \(Self.shown) runs that wrote last; yoso watch RUN… names others.\(more)</p>"
                + HTMLPage.table(["run", "state", "step", "score", "age"], rows))
    }
}
