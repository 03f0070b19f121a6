import Foundation
import Hummingbird
import Testing

@testable import Serving

/// A server in this process, and what it is asked.
struct Client {
    let port: Int

    struct Reply {
        let status: Int
        let headers: [String: String]
        let body: String

        func json<Value: Decodable>(_ kind: Value.Type = Value.self) throws -> Value {
            try JSONDecoder().decode(kind, from: Data(body.utf8))
        }

        struct Failure: Decodable {
            struct Content: Decodable { let message, type: String }
            let error: Content
        }

        /// The line that a refusal has.
        var message: String { (try? json(Failure.self).error.message) ?? "no refusal: \(body.prefix(200))" }
    }

    /// Serves `model` for as long as `body` works.
    static func with(
        _ model: ServedModel, token: String? = nil, _ body: @escaping @Sendable (Client) async throws -> Void
    ) async throws {
        let server = Server(model, host: "127.0.0.1", port: 0, token: token)
        try await with({ server.application(report: { Issue.record("\($0)") }, began: $0) }, body)
    }

    /// Serves what `application` makes of who hears of the port, for as long as `body` works.
    static func with(
        _ application: (@escaping @Sendable (Int) -> Void) -> some ApplicationProtocol,
        _ body: @escaping @Sendable (Client) async throws -> Void
    ) async throws {
        let (ports, began) = AsyncStream<Int>.makeStream()
        let application = application { began.yield($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            defer { group.cancelAll() }
            for await port in ports { return try await body(Client(port: port)) }
        }
    }

    func get(_ path: String, _ method: String = "GET", _ headers: [String] = []) async throws -> Reply {
        try await send(Self.head("\(method) \(path)", headers))
    }

    func post(_ path: String, _ body: String, _ headers: [String] = []) async throws -> Reply {
        try await send(Self.head("POST \(path)", headers + ["Content-Length: \(body.utf8.count)"]), Array(body.utf8))
    }

    static func head(_ request: String, _ headers: [String] = []) -> [UInt8] {
        Array(
            (["\(request) HTTP/1.1", "Host: localhost", "Connection: close"] + headers + ["", ""]).joined(
                separator: "\r\n"
            )
            .utf8)
    }

    /// Sends bytes as they are, and reads to the end of the connection. On a thread of its own, since those of tasks are the
    /// server's too.
    func send(_ pieces: [UInt8]..., before: (@Sendable () -> Void)? = nil) async throws -> Reply {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try exchange(pieces, before) }) }
        }
    }

    /// Sends bytes, and goes without an answer once `isTime`.
    func send(_ pieces: [UInt8]..., leavingOnce isTime: @escaping @Sendable () -> Bool) async throws {
        _ = try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        let connection = try connection(pieces, nil)
                        // What never comes is to fail a test, not to hold it.
                        let end = ContinuousClock.now + .seconds(60)
                        while !isTime(), ContinuousClock.now < end { Thread.sleep(forTimeInterval: 0.001) }
                        return close(connection)
                    })
            }
        }
    }

    private func exchange(_ pieces: [[UInt8]], _ before: (() -> Void)?) throws -> Reply {
        let connection = try connection(pieces, before)
        defer { close(connection) }
        var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
        while case let count = read(connection, &buffer, buffer.count), count != 0 {
            // A connection that nobody closes is to fail a test, not to hold it.
            guard count > 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
            bytes += buffer.prefix(count)
        }
        return try Self.reply(String(decoding: bytes, as: UTF8.self))
    }

    /// One to the server that these bytes were sent on.
    private func connection(_ pieces: [[UInt8]], _ before: (() -> Void)?) throws -> Int32 {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var patience = timeval(tv_sec: 900, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = in_port_t(port).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            close(connection)
            throw POSIXError(.ECONNREFUSED)
        }
        for (index, piece) in pieces.enumerated() {
            if index == pieces.count - 1 { before?() }
            var rest = piece[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    Foundation.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { break }
                rest = rest.dropFirst(count)
            }
        }
        return connection
    }

    private static func reply(_ text: String) throws -> Reply {
        let parts = text.components(separatedBy: "\r\n\r\n")
        let lines = (parts.first ?? "").components(separatedBy: "\r\n")
        let status = try #require(lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) }, "\(text)")
        let headers = lines.dropFirst().map { line in
            let (name, value) = (line.prefix { $0 != ":" }, line.drop { $0 != ":" }.dropFirst())
            return (name.lowercased(), value.trimmingCharacters(in: .whitespaces))
        }
        return Reply(
            status: status, headers: Dictionary(headers) { $1 }, body: parts.dropFirst().joined(separator: "\r\n\r\n"))
    }
}

/// Models that PyTorch made for tests, with a vocabulary beside them.
enum Fixture: String {
    case pretraining = "bert_pretraining"
    case classification = "bert_classification"
    /// The same weights as a classifier of words, of O and B-PER.
    case tokens = "bert_classification_of_words"

    static let words = ["the", "cat", "sat", "on", "mat", "a", "dog", "ran", "to", "river", "##s", "."]

    /// - Parameter limits: changed from what they are.
    func model(_ change: (inout Limits) -> Void = { _ in }) throws -> ServedModel {
        var limits = Limits()
        // Tests beside it may hold all threads of tasks for minutes, and a connection and a request wait for one.
        (limits.idle, limits.time) = (.seconds(600), .seconds(600))
        change(&limits)
        return try ServedModel(folder(), name: rawValue, threads: 1, limits: limits)
    }

    /// Of all models, until the process ends.
    private static var folders: URL {
        FileManager.default.temporaryDirectory.appendingPathComponent("yoso-serving-\(getpid())")
    }
    private static let removal = atexit { try? FileManager.default.removeItem(at: Fixture.folders) }

    func folder() throws -> URL {
        let name = self == .tokens ? Self.classification.rawValue : rawValue
        let source = URL(fileURLWithPath: #filePath).appendingPathComponent("../../Fixtures/\(name)").standardized
        let folder = Self.folders.appendingPathComponent(rawValue)
        _ = Self.removal
        guard !FileManager.default.fileExists(atPath: folder.path) else { return folder }
        let fresh = folder.appendingPathExtension(UUID().uuidString)
        try FileManager.default.createDirectory(at: fresh, withIntermediateDirectories: true)
        for name in ["config.json", "model.safetensors"] {
            try FileManager.default.copyItem(
                at: source.appendingPathComponent(name), to: fresh.appendingPathComponent(name))
        }
        if self == .tokens {
            let url = fresh.appendingPathComponent("config.json")
            let tags =
                "\"architectures\": [\"BertForTokenClassification\"], \"id2label\": {\"0\": \"O\", \"1\": \"B-PER\"},"
            try String(contentsOf: url, encoding: .utf8)
                .replacing(/"architectures": \[[^\]]*\],/, with: tags).write(to: url, atomically: true, encoding: .utf8)
        }
        let vocabulary = (["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + Self.words).joined(separator: "\n")
        try Data(vocabulary.utf8).write(to: fresh.appendingPathComponent("vocab.txt"))
        // Of tests that run at the same time the first one's stays.
        try? FileManager.default.moveItem(at: fresh, to: folder)
        return folder
    }
}
