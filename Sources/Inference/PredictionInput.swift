import JSON

/// One line to predict: a sentence, two with a tab between, or a JSON object with `text`, `text2` and `id`.
public struct PredictionInput: Equatable, Sendable {
    public let texts: [String]
    /// As JSON, to be echoed.
    let id: String?

    /// - Parameters:
    ///   - wanted: texts that the model takes; nil where it does not say.
    ///   - taker: what takes them, in words.
    /// - Throws: `PredictionFailure` where the line is none of these, or has another number of texts.
    init(_ line: String, texts wanted: Int?, for taker: String) throws(PredictionFailure) {
        switch line.first(where: { $0 != " " }) {
        case "{":
            guard let object = Self.json(line), object.members != nil else {
                throw PredictionFailure("begins with a brace and is no JSON object", id: nil)
            }
            (texts, id) = try Self.fields(of: object)
        case "[" where Self.json(line)?.list != nil:
            throw PredictionFailure("a JSON list; wanted a sentence, or an object with 'text'", id: nil)
        default:
            texts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            id = nil
        }
        guard (1...2).contains(texts.count) else {
            throw PredictionFailure("\(texts.count) columns; wanted a sentence, or two with a tab between", id: id)
        }
        try check(wanted, taker)
    }

    /// A string, which is a text whatever stands in it, or an object as above.
    public init(_ value: JSONValue, texts wanted: Int?, for taker: String) throws(PredictionFailure) {
        if let text = value.text {
            (texts, id) = ([text], nil)
        } else {
            guard value.members != nil else {
                throw PredictionFailure("\(value); wanted a text, or an object with 'text'", id: nil)
            }
            (texts, id) = try Self.fields(of: value)
        }
        try check(wanted, taker)
    }

    private func check(_ wanted: Int?, _ taker: String) throws(PredictionFailure) {
        if let wanted, texts.count != wanted {
            let (found, expected) = wanted == 1 ? ("two texts", "one") : ("one text", "two")
            throw PredictionFailure("\(found), but \(taker) \(expected)", id: id)
        }
    }

    /// An answer, which is a JSON object, with the id in front.
    public func echo(in answer: String) -> String { Self.echo(id, in: answer) }

    /// A JSON object with an id in front, which is JSON too.
    public static func echo(_ id: String?, in answer: String) -> String {
        id.map { "{\"id\":\($0),\(answer.dropFirst())" } ?? answer
    }

    private static func fields(of object: JSONValue) throws(PredictionFailure) -> (texts: [String], id: String?) {
        let fields = Dictionary((object.members ?? []).map { ($0.key, $0.value) }) { $1 }
        let id = fields["id"]?.description
        if let key = object.repeatedKey { throw PredictionFailure("the key '\(key)' stands twice", id: nil) }
        // What others call it: half of an input would be read as the whole.
        if fields["text_pair"] != nil { throw PredictionFailure("'text_pair' is no key; wanted 'text2'", id: id) }
        guard fields["text"] != nil else { throw PredictionFailure("the JSON object has no 'text'", id: id) }
        var texts: [String] = []
        for key in ["text", "text2"] {
            guard let value = fields[key], !(key == "text2" && value == .null) else { continue }
            guard let text = value.text else {
                throw PredictionFailure("'\(key)' is \(value); wanted a string", id: id)
            }
            texts.append(text)
        }
        return (texts, id)
    }

    private static func json(_ line: String) -> JSONValue? { try? JSONValue(Array(line.utf8)) }
}

/// Why a line has no prediction.
public struct PredictionFailure: Error, Equatable {
    public let problem: String
    let id: String?

    init(_ problem: String, id: String?) { (self.problem, self.id) = (problem, id) }
}
