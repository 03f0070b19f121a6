/// Reads JSON from bytes.
struct JSONReader {
    typealias Damage = JSONValue.Damage

    private let bytes: [UInt8]
    private var place = 0
    /// Deeper than any file of a model, and far from the end of the stack.
    private static let mostDepth = 100

    static func read(_ bytes: [UInt8]) throws(Damage) -> JSONValue {
        var reader = JSONReader(bytes: bytes)
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.place == bytes.count else { throw reader.damage }
        return value
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var damage: Damage { Damage(byte: place + 1) }
    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 32 || byte == 9 || byte == 10 || byte == 13 { place += 1 }
    }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: byte) else { return false }
        place += 1
        return true
    }

    private mutating func value(depth: Int) throws(Damage) -> JSONValue {
        guard depth < Self.mostDepth else {
            throw Damage(byte: place + 1, "nested deeper than \(Self.mostDepth) levels")
        }
        if take("{") { return .object(try members(depth)) }
        if take("[") { return .list(try elements(depth)) }
        if take("\"") { return .text(try string()) }
        // Most of a vocabulary is numbers.
        if let next, next < UInt8(ascii: "A") { return try number() }
        for (word, value) in [("null", JSONValue.null), ("true", true), ("false", false)]
        where bytes[place...].starts(with: word.utf8) {
            place += word.utf8.count
            return value
        }
        throw damage
    }

    private mutating func members(_ depth: Int) throws(Damage) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        if take("}") { return members }
        repeat {
            guard take("\"") else { throw damage }
            let key = try string()
            guard take(":") else { throw damage }
            members.append(JSONValue.Member(key: key, value: try value(depth: depth + 1)))
        } while take(",")
        guard take("}") else { throw damage }
        return members
    }

    private mutating func elements(_ depth: Int) throws(Damage) -> [JSONValue] {
        var values: [JSONValue] = []
        if take("]") { return values }
        repeat { values.append(try value(depth: depth + 1)) } while take(",")
        guard take("]") else { throw damage }
        return values
    }

    /// `-? (0 | [1-9] [0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?` (RFC 8259, section 6).
    private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        func take(_ characters: String) -> Bool {
            guard let first = rest.first, characters.utf8.contains(first) else { return false }
            rest = rest.dropFirst()
            return true
        }
        func digits() -> Int {
            let digits = rest.prefix { (48...57).contains($0) }
            rest = rest.dropFirst(digits.count)
            return digits.count
        }
        _ = take("-")
        guard take("0") || digits() > 0, !take(".") || digits() > 0 else { return false }
        if take("eE") {
            _ = take("+-")
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    private mutating func number() throws(Damage) -> JSONValue {
        // Ids: up to nine digits and nothing else.
        var (end, id) = (place, 0)
        while end < bytes.count, end < place + 9, (48...57).contains(bytes[end]) {
            id = 10 * id + Int(bytes[end]) - 48
            end += 1
        }
        let isPadded = end > place + 1 && bytes[place] == UInt8(ascii: "0")
        if end > place, !isPadded, end < bytes.count, [UInt8(ascii: ","), UInt8(ascii: "}")].contains(bytes[end]) {
            place = end
            return .integer(id)
        }
        let rest = bytes[place...].prefix { byte in
            (48...57).contains(byte) || [43, 45, 46, 69, 101].contains(byte)
        }
        let text = String(decoding: rest, as: UTF8.self)
        guard Self.isNumber(rest) else { throw damage }
        if let integer = Int(text) {
            place += rest.count
            return .integer(integer)
        }
        guard let number = Double(text), number.isFinite else { throw damage }
        place += rest.count
        return text.allSatisfy { $0.isNumber || $0 == "-" } ? .digits(text) : .number(number)
    }

    /// What stands between two quotation marks, behind the first.
    private mutating func string() throws(Damage) -> String {
        var content: [UInt8] = []
        while let byte = next, byte != UInt8(ascii: "\"") {
            guard byte >= 32 else { throw damage }
            place += 1
            if byte == UInt8(ascii: "\\") {
                content += String(try escaped()).utf8
            } else {
                content.append(byte)
            }
        }
        guard next != nil, let text = String(validating: content, as: UTF8.self) else { throw damage }
        place += 1
        return text
    }

    private mutating func escaped() throws(Damage) -> Unicode.Scalar {
        guard let byte = next else { throw damage }
        place += 1
        switch byte {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            // Two halves of one character beyond the first 65,536.
            if (0xD800..<0xDC00).contains(code), bytes[place...].starts(with: "\\u".utf8) {
                place += 2
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw damage }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw damage }
            return scalar
        default: throw damage
        }
    }

    private mutating func hexadecimal() throws(Damage) -> UInt32 {
        let digits = String(decoding: bytes[place...].prefix(4), as: UTF8.self)
        guard digits.utf8.count == 4, digits.allSatisfy(\.isHexDigit), let code = UInt32(digits, radix: 16) else {
            throw damage
        }
        place += 4
        return code
    }
}
