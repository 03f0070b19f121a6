import Foundation
import Inference
import JSON
import Synchronization
import Testing

@testable import Serving

@Suite struct EndpointTests {
    private let sentences = ["the cat sat on the mat", "a dog ran", "the dogs sat on a mat to the river .", "cat"]

    /// What `yoso predict` writes, whoever asks at the same time.
    @Test func predictionsAreThoseOfTheCommandInAnyCompany() async throws {
        let rows = sentences.map { [$0] } + [["a dog", "the cat"]]
        let wanted = try SavedClassifier(Fixture.classification.folder()).answers(rows)
        try await Client.with(Fixture.classification.model()) { client in
            let bodies = rows.map { row in
                "{\"id\": [\"x\"], \"text\": \"\(row[0])\"\(row.count > 1 ? ", \"text2\": \"\(row[1])\"" : "")}"
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<30 {
                    group.addTask {
                        let reply = try await client.post("/predict", bodies[index % 5])
                        #expect(reply.status == 200 && reply.headers["content-type"] == "application/json")
                        #expect(isNear(reply.body, "{\"id\":[\"x\"]," + wanted[index % 5].dropFirst()))
                    }
                }
                try await group.waitForAll()
            }
            let list = try await client.post("/predict", "[\"\(rows[0][0])\", {\"text\": \"\(rows[1][0])\"}]")
            #expect(isNear(list.body, "[\(wanted[0]),\(wanted[1])]"))
        }
    }

    @Test func vectorsAreThoseOfTheCommandInAnyCompany() async throws {
        let wanted = try SentenceEmbedding(Fixture.pretraining.folder()).vectors(sentences)
        let texts = try wanted.map { try PredictionStream.json(SentenceEmbedding.Answer(embedding: $0)) }
        let sentences = sentences
        try await Client.with(Fixture.pretraining.model()) { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<30 {
                    group.addTask {
                        let reply = try await client.post("/embed", "{\"text\": \"\(sentences[index % 4])\"}")
                        #expect(reply.status == 200 && isNear(reply.body, texts[index % 4]))
                    }
                }
                try await group.waitForAll()
            }
            let list = "[\(sentences.map { "\"\($0)\"" }.joined(separator: ","))]"
            #expect(isNear(try await client.post("/embed", list).body, "[\(texts.joined(separator: ","))]"))
        }
    }

    /// What `yoso predict` writes, where entities stand by bytes of the string's UTF-8, however JSON spells it.
    @Test func entitiesAreThoseOfTheCommandAndStandWhereTheySay() async throws {
        struct Answer: Decodable {
            struct Entity: Decodable { let type, text: String, start, end: Int, probability: Double }
            let entities: [Entity]
        }
        let long = String(repeating: "the cat sat on the mat. ", count: 20)
        let texts = ["— the cat’s on the mat, a dog ran.", "ça: 猫 sat on the mat 🐈 a dog", long, " "]
        let wanted = try SavedClassifier(Fixture.tokens.folder()).answers(texts.map { [$0] })
        try await Client.with(Fixture.tokens.model()) { client in
            var found = 0
            for (text, wanted) in zip(texts, wanted) {
                let spelled = text.utf16.map { "\\u" + String(0x10000 + Int($0), radix: 16).dropFirst() }.joined()
                for body in ["{\"text\": \"\(text)\"}", "\"\(spelled)\""] {
                    let reply = try await client.post("/predict", body)
                    #expect(reply.status == 200 && isNear(reply.body, wanted), "\(reply.body)")
                    let (answer, bytes) = (try reply.json(Answer.self), Array(text.utf8))
                    for entity in answer.entities {
                        #expect(String(decoding: bytes[entity.start..<entity.end], as: UTF8.self) == entity.text)
                        #expect(entity.type == "PER" && (0...1).contains(entity.probability))
                    }
                    found += answer.entities.count
                }
            }
            #expect(found > 20)
            let list = try await client.post("/predict", "[{\"id\": 7, \"text\": \"\(texts[0])\"}, \"\(texts[1])\"]")
            #expect(isNear(list.body, "[{\"id\":7,\(wanted[0].dropFirst()),\(wanted[1])]"))
            let pair = try await client.post("/predict", "{\"text\": \"a dog\", \"text2\": \"the cat\"}")
            #expect(pair.status == 422 && pair.message == "two texts, but the model was fine-tuned on one")
            #expect(try await client.get("/openapi.json").body.contains("#/components/schemas/Text\""))
        }
    }

    /// A classifier's weights are those of its vectors too, pooled as a folder of its own would.
    @Test func aClassifierEmbedsAsItWouldAlone() async throws {
        let sentences = sentences
        let wanted = try SentenceEmbedding(Fixture.classification.folder()).vectors(sentences)
        try await Client.with(Fixture.classification.model()) { client in
            let list = "[\(sentences.map { "\"\($0)\"" }.joined(separator: ","))]"
            struct Answer: Decodable { let embedding: [Float] }
            let found = try await client.post("/embed", list).json([Answer].self).map(\.embedding)
            #expect(isNear("\(found)", "\(wanted)"))
        }
    }

    /// The same but for the rounding of numbers, which kernels made for many rows may do otherwise than those for few.
    private func isNear(_ one: String, _ other: String) -> Bool {
        func isNear(_ one: JSONValue, _ other: JSONValue) -> Bool {
            if let a = Double(one.description), let b = Double(other.description) { return abs(a - b) < 1e-5 }
            if let a = one.list, let b = other.list { return a.count == b.count && zip(a, b).allSatisfy(isNear) }
            guard let a = one.members, let b = other.members else { return one == other }
            return a.map(\.key) == b.map(\.key) && zip(a, b).allSatisfy { isNear($0.value, $1.value) }
        }
        guard let one = try? JSONValue(Array(one.utf8)), let other = try? JSONValue(Array(other.utf8)) else {
            return false
        }
        return isNear(one, other)
    }

    @Test func masksAreFilledAsByTheCommand() async throws {
        let filling = try MaskFilling(Fixture.pretraining.folder())
        let text = "the [MASK] sat on the [MASK]"
        let wanted = try filling.words(filling.encoded(text), atMost: 3)
        try await Client.with(Fixture.pretraining.model()) { client in
            struct Word: Decodable { let text: String, probability: Double }
            struct Filled: Decodable { let masks: [[Word]] }
            let masks = try await client.post("/fill", "{\"text\": \"\(text)\", \"top\": 3.0}").json(Filled.self).masks
            #expect(masks.map { $0.map(\.text) } == wanted.map { $0.map(\.text) } && masks.count == 2)
            #expect(masks.map { $0.map(\.probability) } == wanted.map { $0.map(\.probability) })
            let list = try await client.post("/fill", "[\"\(text)\"]").json([Filled].self)
            #expect(list.count == 1 && list[0].masks.map(\.count) == [5, 5])
            // What joins itself to the bracket in front of it.
            for joining in ["\u{200D}", "\u{200C}", "\u{301}", "\u{FE0F}"] {
                let joined = try await client.post("/fill", "\"[MASK]\(joining) sat on the [MASK]\"").json(Filled.self)
                #expect(joined.masks.count == 2, "\(joining.unicodeScalars)")
            }
            let named = try await client.post("/fill", "{\"text\": \"\(text)\", \"id\": [7, \"x\"]}")
            #expect(named.body.hasPrefix("{\"id\":[7,\"x\"],\"masks\":[["), "\(named.body)")
        }
    }

    @Test func openAIsClientsAreAnswered() async throws {
        let wanted = try SentenceEmbedding(Fixture.pretraining.folder()).vectors(sentences)
        let list = "[\(sentences.map { "\"\($0)\"" }.joined(separator: ","))]"
        try await Client.with(Fixture.pretraining.model()) { client in
            struct Answer<Vector: Decodable>: Decodable {
                struct Item: Decodable { let object: String, index: Int, embedding: Vector }
                let object: String, model: String, data: [Item], usage: [String: Int]
            }
            let numbers = try await client.post("/v1/embeddings", "{\"input\": \(list), \"model\": \"x\"}")
                .json(Answer<[Float]>.self)
            #expect(numbers.object == "list" && numbers.data.map(\.index) == [0, 1, 2, 3])
            #expect(numbers.data[0].object == "embedding")
            #expect(isNear("\(numbers.data.map(\.embedding))", "\(wanted)"))
            // Words and [CLS] and [SEP].
            #expect(numbers.usage == ["prompt_tokens": 29, "total_tokens": 29], "\(numbers.usage)")
            let bytes = try await client.post(
                "/v1/embeddings",
                "{\"input\": \"cat\", \"encoding_format\": \"base64\", \"dimensions\": 32, \"user\": \"u\"}"
            )
            .json(Answer<Data>.self)
            let nulls = ["model", "user", "dimensions", "encoding_format"].map { ", \"\($0)\": null" }.joined()
            #expect(try await client.post("/v1/embeddings", "{\"input\": \"cat\"\(nulls)}").status == 200)
            let decoded = bytes.data[0].embedding.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
            #expect(bytes.data.count == 1 && isNear("\(decoded)", "\(wanted[3])"))
        }
    }

    /// A list of several turns goes no further once nobody waits for it.
    @Test func longListsEndWithTheirClients() async throws {
        let model = try Fixture.pretraining.model { $0.batch = 2 }
        try await Client.with(model) { client in
            let cat = try await client.post("/embed", "\"cat\"").body
            #expect(
                isNear(try await client.post("/embed", "[\"cat\", \"cat\", \"cat\"]").body, "[\(cat),\(cat),\(cat)]"))
            let text = "\"\(Array(repeating: "the cat sat on the mat", count: 20).joined(separator: " "))\""
            let body = "[\(Array(repeating: text, count: 2000).joined(separator: ","))]"
            let before = model.metrics.texts
            try await client.send(
                Client.head("POST /embed", ["Content-Length: \(body.utf8.count)"]), Array(body.utf8)
            ) { model.metrics.texts > before }
            while model.waiting > 0 { try await Task.sleep(for: .milliseconds(1)) }
            #expect(model.metrics.texts - before < 2000)
            func metrics() -> String { model.metrics.text(waiting: 0) }
            while !metrics().contains("yoso_requests_running 0\n") { try await Task.sleep(for: .milliseconds(1)) }
            #expect(metrics().contains("yoso_requests_total{path=\"/embed\",code=\"499\"} 1\n"))
            #expect(!metrics().contains("code=\"503\""))
            #expect(try await client.post("/embed", "\"cat\"").status == 200)
        }
    }

    private final class Flag: Sendable {
        let isSet = Atomic(false)
    }

    /// By whom the batcher knows for whom to wait.
    @Test func connectionsAreCountedWhileTheyLast() async throws {
        let model = try Fixture.classification.model()
        try await Client.with(model) { client in
            for count in [1, 3] {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    let flag = Flag()
                    for _ in 0..<count {
                        group.addTask {
                            try await client.send(
                                Array("GET ".utf8), leavingOnce: { flag.isSet.load(ordering: .relaxed) })
                        }
                    }
                    while model.connections.now < count { try await Task.sleep(for: .milliseconds(1)) }
                    #expect(model.connections.now == count)
                    flag.isSet.store(true, ordering: .relaxed)
                    try await group.waitForAll()
                }
                while model.connections.now > 0 { try await Task.sleep(for: .milliseconds(1)) }
            }
        }
    }

    @Test func whatIsNotThereSaysWhy() async throws {
        try await Client.with(Fixture.pretraining.model()) { client in
            let predict = try await client.post("/predict", "{\"text\": \"a\"}")
            #expect(predict.status == 404)
            #expect(predict.message == "/predict: this checkpoint has no classifier; fine-tune it first")
            let other = try await client.get("/nothing")
            #expect(
                other.status == 404 && other.message.hasPrefix("/nothing: no such endpoint; there are /, /embed, /fill")
            )
            let method = try await client.get("/fill")
            #expect(method.status == 405 && method.headers["allow"] == "POST")
            #expect(method.message == "GET /fill: wanted POST")
            #expect(try await client.get("/health", "DELETE").headers["allow"] == "GET, HEAD")
        }
        try await Client.with(Fixture.classification.model()) { client in
            let fill = try await client.post("/fill", "{\"text\": \"a [MASK]\"}")
            #expect(fill.status == 404)
            #expect(fill.message == "/fill: this checkpoint has no head for masked words; a pretrained one has")
        }
    }

    @Test func pagesAndMetrics() async throws {
        try await Client.with(Fixture.pretraining.model()) { client in
            struct Health: Decodable { let status, model: String, endpoints: [String] }
            let health = try await client.get("/health").json(Health.self)
            #expect(health.status == "ok" && health.endpoints == ["/fill", "/embed", "/v1/embeddings"])
            let page = try await client.get("/")
            #expect(page.headers["content-type"] == "text/html; charset=utf-8" && page.body.contains("<textarea"))
            #expect(page.body.contains("<option selected>/fill</option><option>/embed</option></select>"))
            // No other machine is asked for anything; the one address is SVG's name.
            let body = page.body.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
            #expect(!body.contains("http://") && !body.contains("https://"))
            let head = try await client.get("/", "HEAD")
            #expect(
                head.status == 200 && head.body.isEmpty && head.headers["content-length"] == "\(page.body.utf8.count)")
            let document = try JSONValue(Array(try await client.get("/openapi.json").body.utf8))
            let paths = document.members?.first { $0.key == "paths" }?.value.members?.map(\.key)
            #expect(
                paths == [
                    "/", "/health", "/v1/models", "/metrics", "/openapi.json", "/fill", "/embed", "/v1/embeddings",
                ])
            let answers = document["paths"].members?.flatMap { $0.value.members ?? [] } ?? []
            #expect(!answers.isEmpty && answers.allSatisfy { $0.value["responses"]["403"]["content"] != .null })
            struct Models: Decodable {
                struct Model: Decodable { let id, object: String, created: Int }
                let object: String, data: [Model]
            }
            let models = try await client.get("/v1/models").json(Models.self)
            #expect(models.object == "list" && models.data.map(\.id) == ["bert_pretraining"])
            #expect(models.data.allSatisfy { $0.object == "model" && $0.created > 1_700_000_000 })
            #expect(try await client.post("/v1/models", "{}").status == 405)
            #expect(!document.description.contains("$model") && document.description.contains("\"enum\":[32,null]"))

            for _ in 0..<3 { _ = try await client.post("/embed", "\"cat\"") }
            _ = try await client.post("/embed", "")
            let metrics = try await client.get("/metrics")
            #expect(metrics.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
            for line in [
                "yoso_requests_total{path=\"/embed\",code=\"200\"} 3",
                "yoso_requests_total{path=\"/embed\",code=\"400\"} 1",
                "yoso_request_seconds_count{path=\"/embed\"} 4", "yoso_batch_texts_bucket{le=\"1.0\"} 3",
                "yoso_batch_texts_sum 3.0", "yoso_requests_running 1", "yoso_texts_waiting 0",
                "yoso_texts_truncated_total 0",
                "# TYPE yoso_request_seconds histogram", "yoso_model_info{model=\"bert_pretraining\"} 1",
            ] { #expect(metrics.body.contains(line + "\n"), "\(line)") }
            let long = String(repeating: "cat ", count: 600)
            #expect(try await client.post("/embed", "[\"cat\", \"\(long)\"]").status == 200)
            #expect(try await client.get("/metrics").body.contains("yoso_texts_truncated_total 1\n"))
        }
    }
}
