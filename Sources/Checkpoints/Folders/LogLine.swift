import Foundation

/// What every line of `metrics.jsonl` has: its step, and mostly a kind.
///
/// A long log has hundreds of thousands of lines, which a decoder takes seconds for. Those that our encoder writes, objects of numbers
/// and plain texts without spaces between, are walked through by their bytes; all others are decoded.
public struct LogLine: Decodable, Equatable, Sendable {
    public let step: Int
    public let kind: String?

    init(step: Int, kind: String? = nil) { (self.step, self.kind) = (step, kind) }

    /// Nil where the line is no JSON object with a step.
    public init?(_ line: UnsafeRawBufferPointer) {
        guard let found = Self(plain: line) ?? (try? JSONDecoder().decode(Self.self, from: Data(line)))
        else { return nil }
        self = found
    }

    public init?(_ line: Data) {
        guard let found = line.withUnsafeBytes({ Self($0) }) else { return nil }
        self = found
    }

    /// Nil also of a line that is no plain one, which a decoder may yet take.
    ///
    /// - Parameter visit: hears of every key but the kind's, and how its value is written, also where the line turns out later not to be
    ///   plain.
    public init?(plain line: UnsafeRawBufferPointer, visit: (Text, Text) -> Void = { _, _ in }) {
        var walk = Walk(bytes: line)
        guard let found = walk.object(visit) else { return nil }
        self = found
    }

    /// Bytes of a line.
    public typealias Text = Slice<UnsafeRawBufferPointer>

    /// Through one line, in JSON's grammar (RFC 8259) without spaces, escapes and what is nested.
    private struct Walk {
        let bytes: UnsafeRawBufferPointer
        var place = 0

        /// Nil of all that is not plain.
        mutating func object(_ visit: (Text, Text) -> Void) -> LogLine? {
            var (step, kind): (Int?, String?)
            guard take("{") else { return nil }
            repeat {
                guard let key = string(), take(":") else { return nil }
                let (start, isKind, isStep) = (place, Self.is(key, "kind"), Self.is(key, "step"))
                // Of a key twice a decoder knows which counts.
                guard !isKind || kind == nil, !isStep || step == nil else { return nil }
                if next == UInt8(ascii: "\"") {
                    guard let text = string(), !isStep else { return nil }
                    if isKind { kind = String(decoding: text, as: UTF8.self) }
                } else {
                    guard !isKind, number() || word() else { return nil }
                    if isStep {
                        step = Int(String(decoding: bytes[start..<place], as: UTF8.self))
                        guard step != nil else { return nil }
                    }
                }
                if !isKind { visit(key, bytes[start..<place]) }
            } while take(",")
            guard take("}"), place == bytes.count, let step else { return nil }
            return LogLine(step: step, kind: kind)
        }

        private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

        private mutating func take(_ byte: Unicode.Scalar) -> Bool {
            guard next == UInt8(ascii: byte) else { return false }
            place += 1
            return true
        }

        private mutating func string() -> Text? {
            guard take("\"") else { return nil }
            let start = place
            while let byte = next, (32..<127).contains(byte), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                place += 1
            }
            let end = place
            return take("\"") ? bytes[start..<end] : nil
        }

        private mutating func digits() -> Int {
            let start = place
            while let byte = next, (48...57).contains(byte) { place += 1 }
            return place - start
        }

        private mutating func number() -> Bool {
            _ = take("-")
            guard take("0") || digits() > 0 else { return false }
            if take(".") { guard digits() > 0 else { return false } }
            if take("e") || take("E") {
                _ = take("-") || take("+")
                guard digits() > 0 else { return false }
            }
            return true
        }

        private mutating func word() -> Bool {
            for word in ["true", "false", "null"] where bytes[place...].starts(with: word.utf8) {
                place += word.utf8.count
                return true
            }
            return false
        }

        private static func `is`(_ key: Text, _ name: StaticString) -> Bool {
            key.count == name.utf8CodeUnitCount && name.withUTF8Buffer { key.elementsEqual($0) }
        }
    }
}
