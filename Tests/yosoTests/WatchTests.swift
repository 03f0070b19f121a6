import Foundation
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// `yoso watch`, as a browser sees it.
@Suite struct WatchTests {
    private let tool: CommandLineTool

    init() throws {
        tool = try CommandLineTool()
        try tool.writeText()
        #expect(try tool.run(tool.pretraining(steps: 6, ["--set", "evaluation.every=2 steps"])).code == 0)
    }

    /// A server of some runs, and its address.
    private func watch(_ runs: String...) throws -> (Process, address: String) {
        let (process, output, error) = try tool.start(["watch"] + runs + ["--port", "0"])
        for _ in 0..<500 where process.isRunning {
            let text = try String(contentsOf: output, encoding: .utf8)
            if text.hasSuffix("\n") { return (process, text.trimmingCharacters(in: .newlines)) }
            usleep(20_000)
        }
        Issue.record("\(try String(contentsOf: error, encoding: .utf8))")
        return (process, "")
    }

    private func get(_ address: String, host: String? = nil) async throws -> (code: Int, text: String) {
        var request = URLRequest(url: try #require(URL(string: address)))
        if let host { request.setValue(host, forHTTPHeaderField: "Host") }
        let (data, response) = try await URLSession.shared.data(for: request)
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }

    /// The page once it has `text`, for it is drawn anew at most once a second.
    private func page(_ address: String, with text: String) async throws -> String {
        var page = ""
        for _ in 0..<600 {
            page = try await get(address).text
            if page.contains(text) { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(page.contains(text), "\(text)")
        return page
    }

    @Test func runsAreShownFromBeforeTheyBeginToTheirEnd() async throws {
        let (process, address) = try watch("run", "later", "many")
        defer { kill(process.processIdentifier, SIGKILL) }
        let before = try await get(address)
        #expect(before.code == 200 && before.text.contains("<h3>run <small>finished</small></h3>"))
        #expect(before.text.contains("<h3>later <small>waiting</small></h3><p>no such folder yet</p>"))
        #expect(before.text.contains("6 of 6 steps") && before.text.contains("class=\"filled\" dir=\"auto\""))
        let log = try String(contentsOf: tool.file("run/metrics.jsonl"), encoding: .utf8)
        let lines = log.split(separator: "\n").map { String($0) + "\n" }
        // A line that is written by half waits for its end.
        try tool.write(lines[0] + String(lines[1].dropLast(40)), to: "later/metrics.jsonl")
        let half = try await page(address, with: "<h3>later <small>interrupted</small></h3>")
        #expect(half.contains("1 of 6 steps") && half.contains("data-name=\"later\""))
        let appended = try FileHandle(forWritingTo: tool.file("later/metrics.jsonl"))
        try appended.seekToEnd()
        try appended.write(contentsOf: Data(lines[1].suffix(40).utf8))
        #expect(try await page(address, with: "2 of 6 steps").contains("damaged") == false)
        try appended.write(contentsOf: Data("{\"step\":\n".utf8))
        _ = try await page(address, with: "later/metrics.jsonl: damaged: line 3 is no event of a run")
        // As a run does that goes on from an earlier step.
        try tool.write(lines.joined(), to: "new")
        _ = rename(tool.file("new").path, tool.file("later/metrics.jsonl").path)
        _ = try await page(address, with: "6 of 6 steps")
        try tool.write("{}", to: "later/step-000006/config.json")
        _ = try await page(address, with: "<h3>later <small>finished</small></h3>")
        // More than have curves: the others are in a table.
        for index in 0..<6 { try tool.write(lines.joined(), to: "many/run-\(index)/metrics.jsonl") }
        #expect(
            try await page(address, with: "Earlier runs").contains("<td>run</td><td class=\"number\">finished</td>"))
        try FileManager.default.removeItem(at: tool.file("many"))
        #expect(try await !page(address, with: "<h3>later <small>finished</small></h3>").contains("run-0"))
    }

    @Test func eventsComeAsTheyHappenAndNothingElseIsServed() async throws {
        let (process, address) = try watch("run")
        defer { kill(process.processIdentifier, SIGKILL) }
        for (path, host, code) in [("none", nil, 404), ("", "example.org", 403), ("events", "example.org:80", 403)] {
            #expect(try await get(address + path, host: host).code == code, "\(path)")
        }
        let events = EventClient()
        let session = URLSession(configuration: .ephemeral, delegate: events, delegateQueue: nil)
        defer { session.invalidateAndCancel() }
        session.dataTask(with: try #require(URL(string: address + "events"))).resume()
        #expect(await events.has("event: runs\ndata: <div class=\"runs\">"))
        let line = try #require(
            try String(contentsOf: tool.file("run/metrics.jsonl"), encoding: .utf8).split(separator: "\n").first)
        let handle = try FileHandle(forWritingTo: tool.file("run/metrics.jsonl"))
        try handle.seekToEnd()
        let later = line.replacingOccurrences(of: "\"step\":1,", with: "\"step\":5,")
        try handle.write(contentsOf: Data((later + "\n").utf8))
        #expect(await events.has("5 of 6 steps"))
        let port = try #require(address.split(separator: ":").last).dropLast()
        let taken = try tool.run("watch", "--port", String(port))
        #expect(
            taken.code == 1
                && taken.error
                    == "Error: 127.0.0.1:\(port): cannot be listened on: Address already in use; wanted a free port: --port N, or 0 for any\n"
        )
    }

    @Test(.enabled(if: Chromium.isThere, Chromium.absent)) func aBrowserFollows() async throws {
        // A process that has the lock of a run works on it.
        let lock = open(tool.file("run/lock").path, O_RDWR)
        defer { close(lock) }
        #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
        let log = tool.file("run/metrics.jsonl")
        let lines = try String(contentsOf: log, encoding: .utf8).split(separator: "\n").map { String($0) + "\n" }
        try tool.write(lines[..<3].joined(), to: "run/metrics.jsonl")
        let (process, address) = try watch(".")
        defer { kill(process.processIdentifier, SIGKILL) }
        let (browser, folder) = try Chromium.start(address, ["--remote-debugging-port=0"])
        defer {
            kill(browser.processIdentifier, SIGKILL)
            browser.waitUntilExit()
            try? FileManager.default.removeItem(at: folder)
        }
        let begun = try await Chromium.title(in: folder) { $0.hasPrefix("33% run") }
        #expect(begun == "33% run · Runs · yoso watch")
        let handle = try FileHandle(forWritingTo: log)
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(lines[3...].joined().utf8))
        let ended = try await Chromium.title(in: folder) { $0.hasPrefix("100%") }
        #expect(ended == "100% run · Runs · yoso watch")
        for (name, width, dark) in [
            ("light", 1440, false), ("dark", 1440, true), ("360", 360, false), ("4k", 3840, false),
        ] {
            try Chromium.picture(address, "watch-\(name)", width, 2000, dark: dark)
        }
    }
}

/// What a stream has brought so far.
private final class EventClient: NSObject, URLSessionDataDelegate, @unchecked Sendable {
    private let lock = NSLock()
    private var text = ""

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        lock.withLock { text += String(decoding: data, as: UTF8.self) }
    }

    /// Waits until it has brought `part`, for a minute at most.
    func has(_ part: String) async -> Bool {
        for _ in 0..<1200 where !lock.withLock({ text.contains(part) }) {
            try? await Task.sleep(for: .milliseconds(50))
        }
        return lock.withLock { text.contains(part) }
    }
}
