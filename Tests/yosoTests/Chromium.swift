import Foundation
import Testing

/// A browser without a window; pictures that it takes stay in `.build/screenshots`.
enum Chromium {
    private static let program = ["chromium", "chromium-browser", "google-chrome"].flatMap { name in
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
    }.first { FileManager.default.isExecutableFile(atPath: $0) }

    static let isThere = program != nil
    static let absent: Comment = "no chromium in PATH; apt-get install chromium shows pages to these tests"

    static let screenshots = CommandLineTool.repository.appendingPathComponent(".build/screenshots", isDirectory: true)

    /// A process that shows `page`, and its folder, in which it writes what else is known of it.
    static func start(_ page: String, _ arguments: [String], output: Any? = nil) throws -> (Process, folder: URL) {
        let (process, folder) = (
            Process(), FileManager.default.temporaryDirectory.appendingPathComponent("chromium-\(UUID())")
        )
        process.executableURL = URL(fileURLWithPath: try #require(program))
        process.arguments =
            ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--user-data-dir=\(folder.path)"]
            + arguments + [page]
        process.standardError = FileHandle.nullDevice
        process.standardOutput = output ?? FileHandle.nullDevice
        try process.run()
        return (process, folder)
    }

    /// The page after its scripts, as text.
    static func document(_ page: URL) throws -> String {
        let pipe = Pipe()
        let (process, folder) = try start(page.absoluteString, ["--dump-dom"], output: pipe)
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
        return text
    }

    /// A picture of the page, and its bytes.
    @discardableResult
    static func picture(_ page: String, _ name: String, _ width: Int, _ height: Int, dark: Bool = false) throws -> Data
    {
        try FileManager.default.createDirectory(at: screenshots, withIntermediateDirectories: true)
        let file = screenshots.appendingPathComponent("\(name).png")
        let (process, folder) = try start(
            page,
            [
                "--window-size=\(width),\(height)", "--screenshot=\(file.path)",
                "--blink-settings=preferredColorScheme=\(dark ? 0 : 1)",
            ])
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
        print("screenshot: \(file.path)")
        return try Data(contentsOf: file)
    }
}

extension Chromium {
    /// The title of the page of a process with `--remote-debugging-port=0`, as it is or comes to be within half a minute.
    static func title(in folder: URL, _ isWanted: (String) -> Bool) async throws -> String {
        let file = folder.appendingPathComponent("DevToolsActivePort")
        var title = "no \(file.path)"
        for _ in 0..<60 {
            try await Task.sleep(for: .milliseconds(100))
            guard let port = (try? String(contentsOf: file, encoding: .utf8))?.split(separator: "\n").first else {
                continue
            }
            let pages = try pages(port: String(port))
            title = pages.first { $0["type"] as? String == "page" }?["title"] as? String ?? "no page"
            if isWanted(title) { break }
        }
        return title
    }

    /// What its own server tells, whose headers are not to the taste of `URLSession`.
    private static func pages(port: String) throws -> [[String: Any]] {
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        // `timeout` would never end it: what a test begins hears no signals.
        let line = #"""
            exec 3<>/dev/tcp/127.0.0.1/$0 && printf 'GET /json/list HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' >&3
            while IFS= read -t 0.5 -r line <&3; do printf '%s\n' "$line"; done; printf '%s' "$line"
            """#
        process.arguments = ["-c", line, port]
        (process.standardOutput, process.standardError) = (pipe, FileHandle.nullDevice)
        try process.run()
        let answer = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let body = answer.components(separatedBy: "\r\n\r\n").dropFirst().joined()
        return (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [[String: Any]] ?? []
    }
}
