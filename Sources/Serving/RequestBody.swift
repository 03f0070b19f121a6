import Foundation
import Hummingbird
import Inference
import JSON

extension Request {
    /// The body.
    ///
    /// - Throws: `Refusal` where it is larger than the limit, or ends early.
    func bytes(_ limits: Limits) async throws -> [UInt8] {
        let tooLarge = Refusal.tooLarge("the body is longer than \(limits.bytes) bytes")
        if let length = headers[.contentLength].flatMap(Int.init), length > limits.bytes { throw tooLarge }
        var bytes: [UInt8] = []
        do {
            for try await piece in body {
                bytes += piece.readableBytesView
                guard bytes.count <= limits.bytes else { throw tooLarge }
            }
        } catch let error where !(error is Refusal || error is CancellationError) {
            throw Refusal(.badRequest, "the body ended early, or is damaged")
        }
        return bytes
    }
}

extension JSONValue {
    /// The body of a request.
    ///
    /// - Throws: `Refusal` where it is no JSON in UTF-8.
    init(body bytes: [UInt8]) throws {
        do { try self.init(bytes) } catch {
            let problem =
                bytes.isEmpty
                ? "the body is empty"
                : error.byte > bytes.count
                    ? "the body ends too early" : "the body is \(error.problem): byte \(error.byte) of \(bytes.count)"
            throw Refusal(.badRequest, "\(problem); wanted JSON")
        }
    }
}

/// One input, or a list of them, which is answered by a list.
struct Inputs<Input: Sendable>: Sendable {
    let inputs: [Input]
    let isList: Bool

    /// - Throws: `Refusal` that names the place of the first that cannot be read.
    init(_ body: JSONValue, _ limits: Limits, _ read: (JSONValue) throws -> Input) throws {
        isList = body.list != nil
        let values = body.list ?? [body]
        guard !values.isEmpty else { throw Refusal.invalid("an empty list; wanted at least one text") }
        guard values.count <= limits.texts else {
            throw Refusal.tooLarge("\(values.count) texts; wanted at most \(limits.texts) a request")
        }
        let isList = isList
        inputs = try values.enumerated().map { index, value in
            do { return try read(value) } catch let failure as PredictionFailure {
                throw Refusal.invalid(failure.problem).of(isList ? index : nil)
            } catch let refusal as Refusal {
                throw refusal.of(isList ? index : nil)
            }
        }
    }

    /// Objects of JSON as the answer of all.
    func response(_ answers: [String]) -> Response {
        .json(isList ? "[\(answers.joined(separator: ","))]" : answers.joined())
    }
}

extension Refusal {
    /// The same with the place of its text in a list; nil where there is none.
    func of(_ index: Int?) -> Refusal { index.map { Refusal(status, "text \($0 + 1): \(message)") } ?? self }
}

extension Limits {
    /// - Throws: `Refusal` where a text is empty or too long.
    func check(_ text: String) throws {
        guard !text.isEmpty else { throw Refusal.invalid("the text is empty") }
        let count = text.unicodeScalars.count
        guard count <= characters else {
            throw Refusal.tooLarge("the text has \(count) characters; wanted at most \(characters)")
        }
    }
}

extension JSONValue {
    /// An integer, also one that is written as 5.0.
    var whole: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    /// The members of an object by name.
    ///
    /// - Throws: `Refusal` where it is none, or has a name twice.
    func fields() throws -> [String: JSONValue] {
        guard let members else { throw Refusal.invalid("\(self); wanted an object") }
        if let repeatedKey { throw Refusal.invalid("the key '\(repeatedKey)' stands twice") }
        return Dictionary(members.map { ($0.key, $0.value) }) { $1 }
    }
}
