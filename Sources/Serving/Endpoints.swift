import Foundation
import Http
import Hummingbird
import Inference
import JSON
import Tasks

extension ServedModel {
    /// `POST /predict`: what a line of `yoso predict` has, or a list of such.
    func predict(
        _ request: Request, _ context: ClientContext, _ predictions: Batcher<[String], String>
    ) async throws -> Response {
        let inputs = try await inputs(request, texts: texts, for: SavedClassifier.taker)
        let answers = try await predictions.answers(to: inputs.inputs.map(\.texts), for: context)
        return inputs.response(zip(inputs.inputs, answers).map { $0.echo(in: $1) })
    }

    /// `POST /embed`: a text, or a list of such.
    func embed(_ request: Request, _ context: ClientContext) async throws -> Response {
        let inputs = try await inputs(request, texts: 1, for: SentenceEmbedding.taker)
        let vectors = try await vectors(inputs.inputs.map { $0.texts[0] }, context).vectors
        return try await threads.run(on: size(of: vectors)) {
            inputs.response(
                try zip(inputs.inputs, vectors).map { input, vector in
                    input.echo(in: try PredictionStream.json(SentenceEmbedding.Answer(embedding: vector)))
                })
        }
    }

    private func inputs(_ request: Request, texts: Int?, for taker: String) async throws -> Inputs<PredictionInput> {
        let (bytes, limits) = (try await request.bytes(limits), limits)
        return try await threads.run(on: bytes.count) {
            try Inputs(JSONValue(body: bytes), limits) { value in
                let input = try PredictionInput(value, texts: texts, for: taker)
                for text in input.texts { try limits.check(text) }
                return input
            }
        }
    }

    private func vectors(
        _ texts: [String], _ context: ClientContext
    ) async throws -> (rows: [EncodedRow], vectors: [[Float]]) {
        let (rows, vectors) = try await embeddings.answers(to: texts, atMost: limits.batch, for: context) {
            try await threads.map(texts, bytes: \.utf8.count, encoded)
        }
        return (rows, vectors)
    }

    /// About as many bytes of JSON.
    private func size(of vectors: [[Float]]) -> Int { vectors.count * width * 12 }

    /// `POST /fill`: a text with masks, the number of words wanted for each and an id to echo, or a list of such.
    func fill(
        _ request: Request, _ context: ClientContext, _ fillings: Batcher<MaskedText, [[MaskFilling.Word]]>
    ) async throws -> Response {
        let bytes = try await request.bytes(limits)
        let inputs = try await threads.run(on: bytes.count) {
            try Inputs(JSONValue(body: bytes), limits, unfilledText)
        }
        struct Answer: Encodable { let masks: [[MaskFilling.Word]] }
        let places = Array(inputs.inputs.enumerated()).map { (inputs.isList ? $0.offset : nil, $0.element) }
        let answers = try await fillings.answers(to: places, atMost: limits.batch, for: context) {
            try await threads.map(places, bytes: \.1.text.utf8.count) { index, input in
                let row = encodedMasks(input.text)
                guard row.ids.count <= maskedLength else {
                    throw Refusal.tooLarge("the text has \(row.ids.count) tokens; wanted at most \(maskedLength)")
                        .of(index)
                }
                return MaskedText(row: row, count: input.count)
            }
        }.answers
        // Of some 64 bytes a word.
        let size = zip(inputs.inputs, answers).reduce(0) { $0 + 64 * $1.0.count * $1.1.count }
        return try await threads.run(on: size) {
            inputs.response(
                try zip(inputs.inputs, answers).map { input, masks in
                    PredictionInput.echo(input.id, in: try PredictionStream.json(Answer(masks: masks)))
                })
        }
    }

    /// A text with masks as it is asked for: how many words of each are wanted, and what is echoed, as JSON.
    private struct UnfilledText: Sendable {
        let text: String
        let count: Int
        let id: String?
    }

    private func unfilledText(_ value: JSONValue) throws -> UnfilledText {
        let fields = try value.text.map { ["text": .text($0)] } ?? value.fields()
        guard let text = fields["text"]?.text else {
            throw Refusal.invalid("'text' is \(fields["text"] ?? .null); wanted a string with \(MaskFilling.mask)")
        }
        try limits.check(text)
        guard MaskFilling.hasMask(text) else { throw Refusal.invalid("the text has no \(MaskFilling.mask)") }
        guard fields["text2"] ?? .null == .null else {
            throw Refusal.invalid("two texts, but masks are filled in one; wanted 'text' alone")
        }
        let top = fields["top"] ?? .integer(5)
        guard let count = top.whole, (1...100).contains(count) else {
            throw Refusal.invalid("'top' is \(top); wanted an integer from 1 to 100")
        }
        return UnfilledText(text: text, count: count, id: fields["id"]?.description)
    }

    /// `POST /v1/embeddings` of OpenAI's interface.
    func openAIEmbeddings(_ request: Request, _ context: ClientContext) async throws -> Response {
        let bytes = try await request.bytes(limits)
        let (texts, isEncoded) = try await threads.run(on: bytes.count) { try openAITexts(JSONValue(body: bytes)) }
        let (rows, vectors) = try await vectors(texts, context)
        let tokens = rows.reduce(0) { $0 + $1.ids.count }
        return try await threads.run(on: size(of: vectors)) {
            .json(
                try PredictionStream.json(
                    OpenAIAnswer(
                        model: title, data: vectors.enumerated().map { .init(index: $0, vector: $1, isEncoded) },
                        usage: .init(prompt: tokens, total: tokens))))
        }
    }

    /// Whose vectors are wanted, and whether in base64.
    private func openAITexts(_ body: JSONValue) throws -> (texts: [String], isEncoded: Bool) {
        // Clients write what they do not set as null.
        let fields = try body.fields().filter { $0.value != .null }
        for (name, kind) in [("model", "a string"), ("user", "a string")] {
            if let value = fields[name], value.text == nil {
                throw Refusal.invalid("'\(name)' is \(value); wanted \(kind)")
            }
        }
        let format = fields["encoding_format"] ?? "float"
        guard format == "float" || format == "base64" else {
            throw Refusal.invalid("'encoding_format' is \(format); wanted float or base64")
        }
        if let value = fields["dimensions"], value.whole != width {
            throw Refusal.invalid("'dimensions' is \(value), but vectors of this model have \(width)")
        }
        let input = fields["input"] ?? .null
        guard input.text != nil || input.list != nil else {
            throw Refusal.invalid("'input' is \(input); wanted a string, or a list of strings")
        }
        let texts = try Inputs(input, limits) { value in
            guard let text = value.text else {
                throw Refusal.invalid("\(value); wanted a string, for token ids are those of another vocabulary")
            }
            try limits.check(text)
            return text
        }
        return (texts.inputs, format == "base64")
    }
}

/// As the interface spells it.
private struct OpenAIAnswer: Encodable {
    struct Usage: Encodable {
        let prompt, total: Int

        enum CodingKeys: String, CodingKey {
            case prompt = "prompt_tokens"
            case total = "total_tokens"
        }
    }

    struct Item: Encodable {
        let object = "embedding"
        let index: Int
        let embedding: Vector

        init(index: Int, vector: [Float], _ isEncoded: Bool) {
            self.index = index
            embedding = isEncoded ? .base64(vector.withUnsafeBytes { Data($0) }) : .numbers(vector)
        }
    }

    enum Vector: Encodable {
        case numbers([Float])
        /// Floats one behind the other, the lowest byte first.
        case base64(Data)

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .numbers(let values): try container.encode(values)
            case .base64(let bytes): try container.encode(bytes.base64EncodedString())
            }
        }
    }

    let object = "list"
    let model: String
    let data: [Item]
    let usage: Usage
}

extension Batcher {
    /// The rows that are made of the inputs of a request, and their answers; of many no longer than its client is there.
    ///
    /// - Parameter few: so many are encoded whether it is there or not.
    /// - Throws: as `places(for:)`, `encode` and `answers(to:in:)`.
    fileprivate func answers<Input>(
        to inputs: [Input], atMost few: Int, for client: ClientContext,
        _ encode: @escaping @Sendable () async throws -> [Row]
    ) async throws -> (rows: [Row], answers: [Answer]) {
        let places = try places(for: inputs.count)
        let rows = inputs.count > few ? try await client.whileClientIsThere(encode) : try await encode()
        return (rows, try await answers(to: rows, in: places, for: client))
    }

    /// Answers of the rows of a request; where these take several turns, no longer than its client is there.
    ///
    /// - Throws: as `answers(to:in:)`.
    fileprivate func answers(
        to rows: [Row], in places: Places? = nil, for client: ClientContext
    ) async throws -> [Answer] {
        guard takesTurns(rows) else { return try await answers(to: rows, in: places) }
        return try await client.whileClientIsThere { try await self.answers(to: rows, in: places) }
    }
}
