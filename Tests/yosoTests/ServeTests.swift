import Foundation
import Testing

/// `yoso serve` as a process.
@Suite struct ServeTests {
    /// The port that a server says it has.
    static func port(_ output: URL) throws -> Int {
        for _ in 0..<600 {
            let line = try String(contentsOf: output, encoding: .utf8)
            if line.hasSuffix("/\n"), let port = Int(line.dropLast(2).split(separator: ":").last ?? "") { return port }
            usleep(50_000)
        }
        Issue.record("the server did not begin")
        return 0
    }

    static func connection(_ port: Int) throws -> FileHandle {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = in_port_t(port).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        let handle = FileHandle(fileDescriptor: connection, closeOnDealloc: true)
        guard connected == 0 else { throw POSIXError(.ECONNREFUSED) }
        return handle
    }

    /// What the program writes of a line and what it answers are the same; a request that is half there when it is told to stop
    /// is answered, and nobody else is let in.
    @Test func aRequestInFlightIsFinished() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        let (server, output, error) = try tool.start(["serve", "--checkpoint", "run", "--port", "0"])
        let port = try Self.port(output)
        let line = #"{"text": "the cat sat on the mat", "id": 7}"#
        let request = try Self.connection(port)
        let head = "POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(line.utf8.count)\r\n\r\n"
        request.write(Data((head + line.prefix(9)).utf8))
        usleep(300_000)
        server.terminate()
        for _ in 0..<200 where (try? Self.connection(port)) != nil { usleep(50_000) }
        #expect(throws: POSIXError.self) { try Self.connection(port) }
        #expect(server.isRunning)
        request.write(Data(String(line.dropFirst(9)).utf8))
        let reply = String(decoding: try request.readToEnd() ?? Data(), as: UTF8.self)
        server.waitUntilExit()
        #expect(server.terminationStatus == 0 && reply.hasPrefix("HTTP/1.1 200 OK"), "\(reply)")
        let wanted = try tool.run(["embed", "--checkpoint", "run"], input: line + "\n").output
        #expect(reply.hasSuffix("\r\n\r\n" + wanted.dropLast()), "\(reply)")
        let said = try String(contentsOf: output, encoding: .utf8)
        #expect(said == "run on http://127.0.0.1:\(port)/\nstopped; requests answered: 1\n", "\(said)")
        #expect(try String(contentsOf: error, encoding: .utf8).isEmpty)
    }

    /// Of a process that may have few files open: more connections than that wait, and end nothing.
    @Test func moreConnectionsThanFilesEndNothing() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        let command = [try CommandLineTool.executable().path, "serve", "--checkpoint", "run", "--port", "0"]
        let (server, output, _) = try tool.start(
            ["-c", "ulimit -n 128; exec \"$0\" \"$@\""] + command, executable: URL(fileURLWithPath: "/bin/sh"))
        let port = try Self.port(output)
        defer { server.terminate() }
        var idle = (0..<150).compactMap { _ in try? Self.connection(port) }
        for connection in idle { connection.write(Data("GET /health HTTP/1.1\r\nHost: ".utf8)) }
        let request = try Self.connection(port)
        request.write(Data("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8))
        sleep(2)
        #expect(server.isRunning && idle.count == 150)
        idle.removeAll()
        let reply = String(decoding: try request.readToEnd() ?? Data(), as: UTF8.self)
        #expect(reply.hasPrefix("HTTP/1.1 200 OK"), "\(reply)")
    }

    /// Also where most of an answer waits for its client to read when the server is told to stop.
    @Test func anAnswerIsDeliveredToItsEnd() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        let (server, output, _) = try tool.start(["serve", "--checkpoint", "run", "--port", "0"])
        let port = try Self.port(output)
        let request = try Self.connection(port)
        // The ids are told back: more than waits in the buffers of the system.
        let text = "{\"id\": \"\(String(repeating: "x", count: 4000))\", \"text\": \"cat\"}"
        let body = "[\(Array(repeating: text, count: 1000).joined(separator: ","))]"
        let head = "POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        request.write(Data((head + body).utf8))
        var reply = try request.read(upToCount: 1000) ?? Data()
        server.terminate()
        for _ in 0..<200 where (try? Self.connection(port)) != nil { usleep(50_000) }
        usleep(500_000)
        while let more = try request.read(upToCount: 1 << 16), !more.isEmpty {
            reply += more
            usleep(1000)
        }
        server.waitUntilExit()
        let parts = String(decoding: reply, as: UTF8.self).components(separatedBy: "\r\n\r\n")
        let length = parts[0].firstMatch(of: /content-length: (\d+)/.ignoresCase()).flatMap { Int($0.1) }
        #expect(parts.count == 2 && length == parts[1].utf8.count && parts[1].hasSuffix("}]"), "\(parts[0])")
        #expect(server.terminationStatus == 0)
    }

    @Test func whatCannotBeServedIsSaidInALine() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        let (server, output, _) = try tool.start(["serve", "--checkpoint", "run", "--port", "0"])
        defer { server.terminate() }
        let port = try Self.port(output)
        let taken = try tool.run("serve", "--checkpoint", "run", "--port", "\(port)")
        #expect(
            taken.error
                == "Error: 127.0.0.1:\(port): cannot be listened on: Address already in use; wanted a free port: --port N, or 0 for any\n"
                && taken.code == 1)
        let token = try tool.run("serve", "--checkpoint", "run", "--token", "none")
        #expect(token.error == "Error: none: cannot be read; wanted a file with a token\n" && token.code == 1)
        let queue = try tool.run("serve", "--checkpoint", "run", "--queue", "0")
        #expect(queue.error == "Error: --queue 0: wanted 1 to 1,000,000\n" && queue.code == 1)
        let nowhere = try tool.run("serve", "--checkpoint", "nowhere")
        #expect(nowhere.error == "Error: nowhere: no checkpoint: it has no readable config.json\n" && nowhere.code == 1)
    }
}
