import Foundation
import Testing

@testable import Http
@testable import Serving

@Suite struct RefusalTests {
    private static let cases: [(path: String, body: String, status: Int, message: String)] = [
        ("/embed", "", 400, "the body is empty; wanted JSON"),
        ("/embed", "{\"text\": \"a\"", 400, "the body ends too early; wanted JSON"),
        ("/embed", "text=a", 400, "the body is no JSON in UTF-8: byte 1 of 6; wanted JSON"),
        ("/embed", "{\"text\": \"\\ud800\"}", 400, "the body is no JSON in UTF-8: byte 17 of 18; wanted JSON"),
        (
            "/embed", String(repeating: "[", count: 9999), 400,
            "the body is nested deeper than 100 levels: byte 101 of 9999; wanted JSON"
        ),
        (
            "/embed", "{\"id\": 01, \"text\": \"a\"}", 400,
            "the body is no JSON in UTF-8: byte 8 of 23; wanted JSON"
        ),
        ("/embed", "[1., 2]", 400, "the body is no JSON in UTF-8: byte 2 of 7; wanted JSON"),
        ("/embed", "{}", 422, "the JSON object has no 'text'"),
        ("/embed", "5", 422, "5; wanted a text, or an object with 'text'"),
        ("/embed", "null", 422, "null; wanted a text, or an object with 'text'"),
        ("/embed", "[]", 422, "an empty list; wanted at least one text"),
        ("/embed", "[\"a\", [\"b\"]]", 422, "text 2: [\"b\"]; wanted a text, or an object with 'text'"),
        ("/embed", "{\"text\": 5}", 422, "'text' is 5; wanted a string"),
        ("/embed", "{\"text\": \"\"}", 422, "the text is empty"),
        ("/embed", "[\"a\", \"\"]", 422, "text 2: the text is empty"),
        ("/embed", "{\"text\": \"a\", \"text2\": \"b\"}", 422, "two texts, but a vector is of one"),
        (
            "/embed", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", 413,
            "the text has 61 characters; wanted at most 60"
        ),
        // What a person takes for a character may be any number of them.
        (
            "/embed", "\"\(String(repeating: "e\u{301}", count: 31))\"", 413,
            "the text has 62 characters; wanted at most 60"
        ),
        ("/embed", "[1,2,3,4]", 413, "4 texts; wanted at most 3 a request"),
        ("/embed", "[\"a\",\"b\",\"c\"]", 429, "the queue is full, 0 texts wait; ask again"),
        ("/fill", "{\"text\": \"the cat\"}", 422, "the text has no [MASK]"),
        (
            "/fill", "{\"text\": \"a [MASK]\", \"text2\": \"b\"}", 422,
            "two texts, but masks are filled in one; wanted 'text' alone"
        ),
        ("/embed", "{\"text\": \"a\", \"text\": \"b\"}", 422, "the key 'text' stands twice"),
        ("/fill", "{\"text\": \"a [MASK]\", \"top\": 1, \"top\": 2}", 422, "the key 'top' stands twice"),
        ("/fill", "[7]", 422, "text 1: 7; wanted an object"),
        ("/fill", "{\"top\": 3}", 422, "'text' is null; wanted a string with [MASK]"),
        ("/fill", "{\"text\": \"a [MASK]\", \"top\": 0}", 422, "'top' is 0; wanted an integer from 1 to 100"),
        ("/fill", "{\"text\": \"a [MASK]\", \"top\": 1.5}", 422, "'top' is 1.5; wanted an integer from 1 to 100"),
        ("/fill", "{\"text\": \"a [MASK]\", \"top\": true}", 422, "'top' is true; wanted an integer from 1 to 100"),
        ("/fill", "\"[MASK]\(String(repeating: ".", count: 40))\"", 413, "the text has 43 tokens; wanted at most 40"),
        ("/v1/embeddings", "[\"a\"]", 422, "[\"a\"]; wanted an object"),
        (
            "/v1/embeddings", "{\"input\": [5]}", 422,
            "text 1: 5; wanted a string, for token ids are those of another vocabulary"
        ),
        ("/v1/embeddings", "{\"input\": {}}", 422, "'input' is {}; wanted a string, or a list of strings"),
        (
            "/v1/embeddings", "{\"input\": \"a\", \"encoding_format\": \"hex\"}", 422,
            "'encoding_format' is \"hex\"; wanted float or base64"
        ),
        (
            "/v1/embeddings", "{\"input\": \"a\", \"dimensions\": 31}", 422,
            "'dimensions' is 31, but vectors of this model have 32"
        ),
        ("/v1/embeddings", "{\"input\": \"a\", \"model\": 5}", 422, "'model' is 5; wanted a string"),
    ]

    /// Every refusal is one line of JSON, and the server goes on.
    @Test func badInputIsRefusedInALine() async throws {
        let model = try Fixture.pretraining.model { ($0.characters, $0.texts, $0.queue) = (60, 3, 2) }
        try await Client.with(model) { client in
            for (path, body, status, message) in Self.cases {
                let reply = try await client.post(path, body)
                #expect(reply.status == status && reply.message == message, "\(path) \(body.prefix(40)): \(reply)")
                #expect(!reply.body.contains("\n"))
            }
            #expect(try await client.post("/embed", "\"cat\"").status == 200)
            let bytes = try await client.send(Client.head("POST /embed", ["Content-Length: 4"]), [34, 0xFF, 0xFE, 34])
            #expect(bytes.status == 400 && bytes.message.hasPrefix("the body is no JSON in UTF-8: byte 4 of 4"))
            #expect(try await client.send(Array("no HTTP at all\r\n\r\n".utf8)).status == 400)
            #expect(try await client.post("/embed", "\"cat\"").status == 200)
        }
    }

    /// Also where many of its scalars are one character.
    @Test(arguments: ["a", "a\u{301}", "\u{1F468}\u{200D}"]) func longValuesAreNotToldBack(text: String) {
        let message = Refusal.invalid(String(repeating: text, count: 10_000)).message
        #expect(message.unicodeScalars.count < 400 && message.contains(" … "))
    }

    @Test func bodiesHaveALimit() async throws {
        try await Client.with(Fixture.pretraining.model { $0.bytes = 100 }) { client in
            let long = "\"\(String(repeating: "a", count: 200))\""
            let said = try await client.post("/embed", long)
            #expect(said.status == 413 && said.message == "the body is longer than 100 bytes")
            let chunk = Array("\(String(long.utf8.count, radix: 16))\r\n\(long)\r\n0\r\n\r\n".utf8)
            let chunked = try await client.send(Client.head("POST /embed", ["Transfer-Encoding: chunked"]), chunk)
            #expect(chunked.status == 413 && chunked.message == said.message)
        }
    }

    /// Who has had its answer and goes on sending is left; who comes to an end may ask again.
    @Test func bodiesOfWhatIsAnsweredEndSoon() async throws {
        let model = try Fixture.pretraining.model { ($0.bytes, $0.rest) = (100, .milliseconds(500)) }
        try await Client.with(model, token: "secret") { client in
            for (request, status) in [
                ("POST /nope", 404), ("GET /health", 200), ("GET /embed", 405), ("POST /embed", 401),
            ] {
                let head = "\(request) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000000\r\n\r\n"
                // Until the server closes it, for which no idle time is short enough.
                #expect(try await client.send(Array(head.utf8), [34]).status == status)
            }
            let long = "POST /nope HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200\r\n\r\n"
            let both = try await client.send(
                Array(long.utf8), [UInt8](repeating: 34, count: 200), Client.head("GET /health"))
            #expect(both.status == 404 && both.body.contains("HTTP/1.1 200 OK\r\n"), "\(both)")
        }
    }

    /// Who waits before a body hears that it may come, unless it is too long.
    @Test func whoWaitsBeforeABodyIsToldToGoOn() async throws {
        let model = try Fixture.pretraining.model { $0.bytes = 100 }
        try await Client.with(model) { client in
            let reply = try await client.post("/embed", "\"cat\"", ["Expect: 100-continue"])
            #expect(reply.status == 100 && reply.body.hasPrefix("HTTP/1.1 200 OK\r\n"), "\(reply)")
            #expect(try await client.post("/embed", "\"cat\"").status == 200)
            let long = "\"\(String(repeating: "a", count: 200))\""
            #expect(try await client.post("/embed", long, ["Expect: 100-continue"]).status == 413)
            // In the turn of its request.
            let first = "POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n\"cat\""
            let second = Client.head("POST /embed", ["Content-Length: 5", "Expect: 100-continue"])
            let answers = model.metrics.answers
            let both = try await client.send(
                Array(first.utf8) + second, Array("\"dog\"".utf8),
                before: {
                    while model.metrics.answers == answers { Thread.sleep(forTimeInterval: 0.001) }
                    Thread.sleep(forTimeInterval: 0.2)
                })
            let states = both.body.matches(of: /HTTP\/1.1 (\d+)/).map { String($0.1) }
            #expect(both.status == 200 && states == ["100", "200"], "\(both)")
        }
    }

    /// Of HTTP/1.0 nobody keeps a connection who does not say so.
    @Test func connectionsOfHTTP10EndWithTheAnswer() async throws {
        try await Client.with(Fixture.pretraining.model()) { client in
            let health = try await client.send(Array("GET /health HTTP/1.0\r\n\r\n".utf8))
            #expect(health.status == 200)
            let embed = try await client.send(Array("POST /embed HTTP/1.0\r\nContent-Length: 5\r\n\r\n\"cat\"".utf8))
            #expect(embed.status == 200 && embed.body.contains("["))
        }
    }

    /// Of a body that does not come as of an answer.
    @Test func timeHasALimit() async throws {
        try await Client.with(Fixture.pretraining.model { $0.time = .milliseconds(100) }) { client in
            let reply = try await client.send(Client.head("POST /embed", ["Content-Length: 10"]), [34])
            #expect(reply.status == 503 && reply.headers["retry-after"] == "1")
            #expect(reply.message == "no answer within 0 s; ask again, or for less")
            #expect(try await client.post("/embed", "\"cat\"").status == 200)
        }
    }

    @Test func aTokenIsWanted() async throws {
        try await Client.with(Fixture.pretraining.model(), token: "secret") { client in
            let none = try await client.post("/embed", "\"cat\"")
            #expect(none.status == 401 && none.headers["www-authenticate"] == "Bearer")
            #expect(none.message == "no token; wanted the header 'Authorization: Bearer TOKEN'")
            for wrong in ["Bearer secreT", "Bearer secre", "Basic secret", "secret", "Bearer"] {
                #expect(try await client.post("/embed", "\"cat\"", ["Authorization: \(wrong)"]).status == 401)
            }
            for path in ["/metrics", "/v1/models"] { #expect(try await client.get(path).status == 401) }
            #expect(try await client.post("/embed", "\"cat\"", ["Authorization: Bearer secret"]).status == 200)
            #expect(try await client.get("/metrics", "GET", ["Authorization: bearer secret"]).status == 200)
            for open in ["/", "/health", "/openapi.json"] { #expect(try await client.get(open).status == 200) }
        }
    }

    /// Who can reach this machine alone asks under its name; who has a token under any.
    @Test func aNameOfThisMachineIsWanted() async throws {
        @Sendable func head(_ name: String) -> [UInt8] {
            Array("GET /health HTTP/1.1\r\nHost: \(name)\r\nConnection: close\r\n\r\n".utf8)
        }
        try await Client.with(Fixture.pretraining.model()) { client in
            for name in [
                "localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:8080", "localhost:",
            ] {
                #expect(try await client.send(head(name)).status == 200, "\(name)")
            }
            for name in [
                "example.org", "example.org:8080", "localhost.example.org", "127.0.0.1.nip.io", "[::1", "[::2]",
                "a:b:c",
            ] {
                let reply = try await client.send(head(name))
                #expect(reply.status == 403, "\(name)")
                #expect(
                    reply.message
                        == "'\(name)' is not this machine; wanted localhost or 127.0.0.1 as the host, or a server with --token"
                )
            }
        }
        try await Client.with(Fixture.pretraining.model(), token: "secret") { client in
            let reply = try await client.send(head("example.org"))
            #expect(reply.status == 200)
        }
    }

    /// A browser sends a page's form wherever that wants it to go, and says where it is from.
    @Test func aPageOfElsewhereMakesNobodyWork() async throws {
        try await Client.with(Fixture.pretraining.model()) { client in
            for (headers, status) in [
                ([], 200), (["Sec-Fetch-Site: same-origin", "Origin: https://proxy.example"], 200),
                (["Sec-Fetch-Site: none"], 200), (["Origin: http://localhost"], 200),
                (["Sec-Fetch-Site: cross-site"], 403), (["Sec-Fetch-Site: same-site"], 403),
                (["Origin: http://example.org"], 403), (["Origin: null"], 403),
                (["Origin: http://example.org/://localhost:1"], 403),
            ] as [([String], Int)] {
                let reply = try await client.post("/embed", "\"cat\"", headers)
                #expect(reply.status == status, "\(headers)")
                #expect(
                    status == 200
                        || reply.message
                            == "a page of elsewhere asks; wanted one of this server's, or a server with --token"
                )
                #expect(try await client.get("/health", "GET", headers).status == 200)
            }
        }
        try await Client.with(Fixture.pretraining.model(), token: "secret") { client in
            let headers = ["Authorization: Bearer secret", "Sec-Fetch-Site: cross-site"]
            let reply = try await client.post("/embed", "\"cat\"", headers)
            #expect(reply.status == 200)
        }
    }

    /// As many connections as there is room for, one at least.
    @Test(arguments: [(1024, 20_000, 1024), (1024, 1024, 940), (1024, 100, 16), (1024, 30, 1)])
    func connectionsAreFiles(wanted: Int, limit: Int, found: Int) {
        #expect(OpenFiles.connections(atMost: wanted, limit: limit, open: 20) == found)
    }

    @Test func everyNameOfThisMachineIsOne() {
        for host in ["127.0.0.1", "127.0.0.2", "127.255.255.254", "::1", "LocalHost"] {
            #expect(isLoopback(host), "\(host)")
        }
        for host in ["127.0.0.1.nip.io", "127.", "127.0.0.256", "128.0.0.1", "0.0.0.0", "::2", ""] {
            #expect(!isLoopback(host), "\(host)")
        }
    }

    @Test func aTokenIsAFileOfALine() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-token-\(UUID())")
        defer { try? FileManager.default.removeItem(at: url) }
        #expect(throws: ServingError("\(url.path): cannot be read; wanted a file with a token")) {
            try Server.token(in: url.path)
        }
        for (text, token) in [(" abc\n", "abc"), ("\n", nil), ("a b", nil), ("a\nb", nil), ("ä", nil)] {
            try Data(text.utf8).write(to: url)
            #expect((try? Server.token(in: url.path)) == token)
        }
        // Not the beginning of a longer one, nor one without an end.
        try Data(repeating: UInt8(ascii: "a"), count: 1 << 17).write(to: url)
        #expect((try? Server.token(in: url.path)) == nil)
        #expect((try? Server.token(in: "/dev/zero")) == nil)
        // Not only a file on the disk.
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: Data("abc\n".utf8))
        try pipe.fileHandleForWriting.close()
        #expect(try Server.token(in: "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)") == "abc")
        // A request that can never be queued is too large, not too early.
        #expect(try Limits(queue: 10, timeout: 1).texts == 10)
        #expect(throws: ServingError("--queue 0: wanted 1 to 1,000,000")) { try Limits(queue: 0, timeout: 1) }
        #expect(throws: ServingError("--timeout 0: wanted 1 to 86,400")) { try Limits(queue: 1, timeout: 0) }
    }
}
