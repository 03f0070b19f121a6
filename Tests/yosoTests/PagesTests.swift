import Foundation
import Testing

/// What reports show, by what is in them, and by a browser where there is one.
@Suite struct PagesTests {
    private let tool: CommandLineTool

    init() throws {
        tool = try CommandLineTool()
        try tool.writeText()
        for (name, seed) in [("a/run", 1), ("b/run", 2)] {
            let settings = ["--set", "evaluation.every=2 steps", "--set", "seed=\(seed)"]
            #expect(try tool.run(tool.pretraining(steps: 6, output: name, settings)).code == 0)
        }
    }

    private func page(_ name: String) throws -> String { try String(contentsOf: tool.file(name), encoding: .utf8) }

    /// Of six equal steps five take a second each, at 5%, and the last a tenth of it, at 50%: (5 · 0.05 + 0.1 · 0.5) / 5.1.
    @Test func theShareOfPeakIsThatOfAllTheTime() throws {
        let lines = try page("a/run/metrics.jsonl").split(separator: "\n").map { line -> String in
            var object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            if object["kind"] as? String == "step", let step = object["step"] as? Int {
                object["tokens"] = 1000
                (object["tokensPerSecond"], object["shareOfPeak"]) = step < 6 ? (1000, 0.05) : (10_000, 0.5)
            }
            return String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
        }
        try tool.write(lines.map { $0 + "\n" }.joined(), to: "a/run/metrics.jsonl")
        #expect(try tool.run("report", "a/run").code == 0)
        let page = try page("a/run/report.html")
        #expect(page.contains("5.9%") && !page.contains("12.5%"))
    }

    @Test func aPageTellsTheNumbersOfItsLog() throws {
        #expect(try tool.run("report", "a/run").output == "a/run/report.html\n")
        let page = try page("a/run/report.html")
        #expect(page.contains("<h1>run</h1>") && page.contains("<p>pretraining, masked words, 2×16, softmax</p>"))
        for title in [
            "Masked loss", "Perplexity", "Masked accuracy", "Learning rate", "Gradient norm", "Throughput", "Memory",
        ] {
            #expect(page.contains("<b>\(title)</b>"), "\(title)")
        }
        #expect(page.contains(">step</text>") && page.contains("<small>tokens a second</small>"))
        let line = try #require(
            try self.page("a/run/metrics.jsonl").split(separator: "\n").last { $0.contains("\"kind\":\"evaluation\"") })
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        let loss = try #require(object["maskedLoss"] as? Double)
        #expect(page.contains("<title>held out, step 6: \(String(format: "%.3f", loss))</title>"), "\(loss)")
        // Of the two steps since the evaluation before.
        let steps = try self.page("a/run/metrics.jsonl").split(separator: "\n").filter {
            $0.contains("\"kind\":\"step\"")
        }
        let losses = try steps.compactMap {
            (try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])?["loss"] as? Double
        }
        let training = try #require(object["trainingLoss"] as? Double)
        #expect(losses.count == 6 && abs(training - losses.suffix(2).reduce(0, +) / 2) < 1e-9, "\(training)")
        #expect(page.contains("<dt>tensors at most</dt>") && page.contains("class=\"filled\""))
        let memory = try steps.compactMap {
            (try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])?["memoryBytes"] as? Int
        }
        #expect(memory.count == 6 && memory.allSatisfy { $0 > 1 << 20 })
        #expect(
            page.contains(memory.map { String(format: "%.1f MB", Double($0) / 1e6) }.joined(separator: "|")),
            "\(memory)")
        // Nothing from elsewhere.
        let own = page.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
        #expect(!own.contains("http://") && !own.contains("https://") && !own.contains("@import"))
    }

    /// A score of another step than the last is told with its step, and a loss that no step tells of as none.
    @Test func aScoreOfAnEarlierStepSaysSo() throws {
        let log = try page("a/run/metrics.jsonl")
        defer { #expect(throws: Never.self) { try tool.write(log, to: "a/run/metrics.jsonl") } }
        func report(_ log: String) throws -> String {
            try tool.write(log, to: "a/run/metrics.jsonl")
            #expect(try tool.run("report", "a/run").code == 0)
            return try page("a/run/report.html")
        }
        #expect(try !report(log).contains("<dt>of step</dt>"))
        let older = tool.file("a/run/step-000004")
        try FileManager.default.createDirectory(at: older, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: older) }
        let earlier = try report(
            log.replacing(/"isBest":true(.*"step":6)/) { "\"isBest\":false\($0.1)" }
                .replacing(/"trainingLoss":[0-9.]+/, with: "\"trainingLoss\":null"))
        #expect(earlier.contains("<dt>of step</dt><dd>4</dd>") && earlier.contains(">–</td>"), "\(earlier)")
    }

    @Test func runsAreCompared() throws {
        let result = try tool.run("report", "a/run", "b/run")
        #expect(result.code == 0 && result.output == "comparison.html\n", "\(result.error)")
        let page = try page("comparison.html")
        #expect(page.contains("<h1>a/run · b/run</h1>") && page.contains(">tokens</text>"))
        for name in ["a/run", "b/run"] {
            // Held out and in training: of three losses and accuracies; perplexity; rate, norm, speed.
            #expect(
                page.components(separatedBy: "<polyline class=\"s\(name == "a/run" ? 0 : 1)\" data-name=\"\(name)\"")
                    .count > 9)
        }
        #expect(page.contains("Masked loss, held out") && page.contains("Masked loss, training"))
        #expect(page.contains("<tr><td>seed</td><td>1</td><td>2</td></tr>") && !page.contains("<td>batch</td>"))
        #expect(try tool.run("report", "a/run", "b/run", "--over", "steps", "--output", "steps.html").code == 0)
        #expect(try self.page("steps.html").contains(">step</text>"))
        let none = try tool.run("report", "a/run", "text")
        #expect(none.code == 1 && none.error == "Error: text/metrics.jsonl: no such log\n")
        let folder = try tool.run("report", "a/run", "--output", "none/page.html")
        #expect(folder.code == 1 && folder.error.contains("no such folder"), "\(folder.error)")
    }

    @Test(.enabled(if: Chromium.isThere, Chromium.absent)) func pagesInABrowser() async throws {
        try tool.writeTask(dev: "a <fine> film\t1\na dull film\t0\nfine\t1\ndull\t1\n")
        var tuning = tool.finetuning()
        tuning[tuning.firstIndex(of: "run/best") ?? 0] = "a/run/best"
        #expect(try tool.run(tuning).code == 0)
        #expect(try tool.run("report", "tuned").code == 0)
        #expect(try tool.run("report", "a/run", "b/run").code == 0)
        for (name, file) in [("fine-tuning", "tuned/report.html"), ("comparison", "comparison.html")] {
            let address = tool.file(file).absoluteString
            let (light, dark) = (
                try Chromium.picture(address, "\(name)-light", 1440, 2000),
                try Chromium.picture(address, "\(name)-dark", 1440, 2000, dark: true)
            )
            #expect(light != dark)
            try Chromium.picture(address, "\(name)-360", 360, 3000)
            try Chromium.picture(address, "\(name)-4k", 3840, 2160)
        }
        // A pointer over the first chart, and how wide the page is in a window of 360.
        let script = """
            <script>
            const box = document.querySelector(".plot").getBoundingClientRect();
            document.dispatchEvent(new PointerEvent("pointermove", { clientX: box.right - 2, clientY: box.top + 20 }));
            document.title = "told: " + told.textContent;
            </script>
            """
        try tool.write(try page("comparison.html").replacingOccurrences(of: "</body>", with: script), to: "hover.html")
        let document = try Chromium.document(tool.file("hover.html"))
        let title = try #require(document.components(separatedBy: "<title>").last { $0.hasPrefix("told: ") })
        #expect(
            title.hasPrefix("told: tokens ") && title.contains("a/run") && title.contains("b/run"),
            "\(title.prefix(200))")
        let frame = """
            <iframe src="comparison.html" style="width:360px;height:3000px;border:0"
            onload="const page = this.contentDocument.documentElement; document.title = 'width ' + page.scrollWidth"></iframe>
            """
        try tool.write(frame, to: "frame.html")
        let (process, folder) = try Chromium.start(
            tool.file("frame.html").absoluteString, ["--allow-file-access-from-files", "--remote-debugging-port=0"])
        defer {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            try? FileManager.default.removeItem(at: folder)
        }
        let width = try await Chromium.title(in: folder) { $0.hasPrefix("width ") }
        #expect(width == "width 360")
    }
}
