/// A JSON value that keeps every key of an object as it is spelled: to Foundation's coders, keys whose characters are composed
/// and decomposed are one, of which a vocabulary may have both.
enum JSONValue: Equatable, Sendable {
    case null
    case truth(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([JSONValue])
    case object([Member])

    struct Member: Equatable, Sendable {
        let key: String
        let value: JSONValue
    }

    /// The value of `key` in an object; null where there is none.
    subscript(key: String) -> JSONValue {
        guard case .object(let members) = self else { return .null }
        return members.last { $0.key == key }?.value ?? .null
    }

    var text: String? { if case .text(let value) = self { value } else { nil } }
    var truth: Bool? { if case .truth(let value) = self { value } else { nil } }
    var integer: Int? { if case .integer(let value) = self { value } else { nil } }
    var list: [JSONValue]? { if case .list(let values) = self { values } else { nil } }
    var members: [Member]? { if case .object(let members) = self { members } else { nil } }

    var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}

extension JSONValue: ExpressibleByBooleanLiteral, ExpressibleByStringLiteral {
    init(booleanLiteral value: Bool) { self = .truth(value) }
    init(stringLiteral value: String) { self = .text(value) }
}

extension JSONValue: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    init(arrayLiteral values: JSONValue...) { self = .list(values) }
    init(dictionaryLiteral values: (String, JSONValue)...) {
        self = .object(values.map(Member.init))
    }
}
