/// Words of a sentence that are of a type together.
public struct Entity: Sendable, Hashable {
    public let type: String
    public let words: Range<Int>

    /// The entities of a sentence's tags, as conlleval and seqeval's default find them: one begins at `B-`, or at an `I-` with
    /// nothing or another type in front of it, and goes on at every `I-` of its type.
    public static func all(in tags: [String]) -> [Entity] {
        tags.enumerated().reduce(into: []) { entities, next in
            let (index, tag) = next
            guard let type = type(of: tag) else { return }
            if tag.utf8.first == UInt8(ascii: "I"), let last = entities.last, last.type == type,
                last.words.upperBound == index
            {
                entities[entities.count - 1] = Entity(type: type, words: last.words.lowerBound..<index + 1)
            } else {
                entities.append(Entity(type: type, words: index..<index + 1))
            }
        }
    }

    /// That of `B-TYPE` or `I-TYPE`; nil of anything else.
    static func type(of tag: String) -> String? {
        let bytes = Array(tag.utf8)
        guard bytes.count > 2, "BI".utf8.contains(bytes[0]), bytes[1] == UInt8(ascii: "-") else { return nil }
        return String(decoding: bytes[2...], as: UTF8.self)
    }

    /// `O`, and both tags of every type.
    static func tags(of types: Set<String>) -> [String] {
        [none]
            + types.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.flatMap { ["B-\($0)", "I-\($0)"] }
    }

    /// The tag of a word that is of none.
    static let none = "O"
}

extension Target {
    /// Whether every tag is `O`, or of a type.
    public var hasEntities: Bool { labels.allSatisfy { $0 == Entity.none || Entity.type(of: $0) != nil } }
}
