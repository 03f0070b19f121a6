import Foundation

/// One line to predict: a sentence, two with a tab between, or a JSON object with `text`, `text2` and `id`.
struct PredictionInput: Equatable {
    let texts: [String]
    /// As JSON, to be echoed.
    let id: String?

    /// - Parameters:
    ///   - wanted: texts that the model takes; nil where it does not say.
    ///   - taker: what takes them, in words.
    /// - Throws: `PredictionFailure` where the line is none of these, or has another number of texts.
    init(
        _ line: String, texts wanted: Int?, for taker: String = "the model was fine-tuned on"
    ) throws(PredictionFailure) {
        switch line.first(where: { $0 != " " }) {
        case "{": (texts, id) = try Self.fields(of: line)
        case "[" where Self.json(line) is [Any]:
            throw PredictionFailure("a JSON list; wanted a sentence, or an object with 'text'", id: nil)
        default:
            texts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            id = nil
        }
        guard (1...2).contains(texts.count) else {
            throw PredictionFailure("\(texts.count) columns; wanted a sentence, or two with a tab between", id: id)
        }
        if let wanted, texts.count != wanted {
            let (found, expected) = wanted == 1 ? ("two texts", "one") : ("one text", "two")
            throw PredictionFailure("\(found), but \(taker) \(expected)", id: id)
        }
    }

    private static func fields(of line: String) throws(PredictionFailure) -> (texts: [String], id: String?) {
        guard let object = json(line) as? [String: Any] else {
            throw PredictionFailure("begins with a brace and is no JSON object", id: nil)
        }
        let id = object["id"].flatMap(written)
        guard object["text"] != nil else { throw PredictionFailure("the JSON object has no 'text'", id: id) }
        var texts: [String] = []
        for key in ["text", "text2"] {
            guard let value = object[key], !(key == "text2" && value is NSNull) else { continue }
            guard let text = value as? String else {
                throw PredictionFailure("'\(key)' is \(written(value) ?? "no text"); wanted a string", id: id)
            }
            texts.append(text)
        }
        return (texts, id)
    }

    private static func json(_ line: String) -> Any? { try? JSONSerialization.jsonObject(with: Data(line.utf8)) }

    private static func written(_ value: Any) -> String? {
        let options: JSONSerialization.WritingOptions = [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes]
        return (try? JSONSerialization.data(withJSONObject: value, options: options))
            .map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Why a line has no prediction.
struct PredictionFailure: Error, Equatable {
    let problem: String
    let id: String?

    init(_ problem: String, id: String?) { (self.problem, self.id) = (problem, id) }
}
