/// A JSON value that keeps every key of an object as it is spelled: to Foundation's coders, keys whose characters are composed
/// and decomposed are one, of which a vocabulary may have both.
public enum JSONValue: Equatable, Sendable {
    case null
    case truth(Bool)
    case integer(Int)
    /// A whole number beyond `Int`, by its digits.
    case digits(String)
    case number(Double)
    case text(String)
    case list([JSONValue])
    case object([Member])

    public struct Member: Equatable, Sendable {
        public let key: String
        public let value: JSONValue

        public init(key: String, value: JSONValue) { (self.key, self.value) = (key, value) }
    }

    public struct Damage: Error {
        /// The first byte that is not JSON, from 1.
        public let byte: Int
        /// What stands against it, in words.
        public let problem: String

        public init(byte: Int, _ problem: String = "no JSON in UTF-8") { (self.byte, self.problem) = (byte, problem) }
    }

    /// Reads JSON.
    ///
    /// - Throws: `Damage` at the first byte that is none.
    public init(_ bytes: [UInt8]) throws(Damage) { self = try JSONReader.read(bytes) }

    /// The value of `key` in an object; null where there is none.
    public subscript(key: String) -> JSONValue {
        guard case .object(let members) = self else { return .null }
        return members.last { $0.key == key }?.value ?? .null
    }

    public var text: String? { if case .text(let value) = self { value } else { nil } }
    public var truth: Bool? { if case .truth(let value) = self { value } else { nil } }
    public var integer: Int? { if case .integer(let value) = self { value } else { nil } }
    public var list: [JSONValue]? { if case .list(let values) = self { values } else { nil } }
    public var members: [Member]? { if case .object(let members) = self { members } else { nil } }

    /// The first key that an object has a second time, byte for byte; nil where it has none.
    public var repeatedKey: String? {
        var seen = Set<[UInt8]>()
        return members?.first { !seen.insert(Array($0.key.utf8)).inserted }?.key
    }

    /// The first key, by the keys above it, that some object in it has a second time; nil where none has.
    public var repeatedPath: String? {
        switch self {
        case .list(let values): values.lazy.compactMap(\.repeatedPath).first
        case .object(let members):
            repeatedKey
                ?? members.lazy.compactMap { member in member.value.repeatedPath.map { "\(member.key).\($0)" } }.first
        default: nil
        }
    }

    public var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .digits(let text): Double(text)
        case .number(let value): value
        default: nil
        }
    }
}

extension JSONValue: ExpressibleByBooleanLiteral, ExpressibleByStringLiteral {
    public init(booleanLiteral value: Bool) { self = .truth(value) }
    public init(stringLiteral value: String) { self = .text(value) }
}

extension JSONValue: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    public init(arrayLiteral values: JSONValue...) { self = .list(values) }
    public init(dictionaryLiteral values: (String, JSONValue)...) {
        self = .object(values.map(Member.init))
    }
}
