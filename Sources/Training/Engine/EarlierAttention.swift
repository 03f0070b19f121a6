import Attention
import Foundation

/// An attention as a checkpoint of ours says it: one of before every attention could have a convolution keeps its width among
/// the options of YOSO or Nyström attention.
struct EarlierAttention: Decodable {
    private struct Width: Decodable {
        let convolution: Int?
    }

    private struct Yoso: Decodable {
        let options: Width

        enum CodingKeys: String, CodingKey {
            case options = "_0"
        }
    }

    private final class Filter: Decodable {
        let over: EarlierAttention
    }

    private let yoso: Yoso?
    private let nystrom: Width?
    private let gfsa: Filter?

    /// A key that was read over, as of a newer version: without what it says the numbers would be others.
    struct UnknownKey: Error {
        let key: String
    }

    /// - Throws: `UnknownKey`, `AttentionProblem`, and what decoding throws.
    static func decode(_ text: String) throws -> AttentionChoice {
        let data = Data(text.utf8)
        let choice = try JSONDecoder().decode(AttentionChoice.self, from: data)
        let width = try JSONDecoder().decode(Self.self, from: data).convolution
        func check(_ given: Any, in read: Any) throws {
            guard let given = given as? [String: Any], let read = read as? [String: Any] else { return }
            for (key, value) in given.sorted(by: { $0.key < $1.key }) where !(value is NSNull) {
                if key == "convolution", width != nil { continue }
                guard let known = read[key] else { throw UnknownKey(key: key) }
                try check(value, in: known)
            }
        }
        let read = try JSONEncoder().encode(choice)
        try check(JSONSerialization.jsonObject(with: data), in: JSONSerialization.jsonObject(with: read))
        return width.map { .convolved(width: $0, beside: choice) } ?? choice
    }

    private var convolution: Int? { yoso?.options.convolution ?? nystrom?.convolution ?? gfsa?.over.convolution }
}
