import Options

/// A command to type: what is interpolated stands as the shell wants it to be one word.
public struct ShellCommand: ExpressibleByStringInterpolation, CustomStringConvertible, Sendable {
    public let description: String

    public init(stringLiteral text: String) { description = text }
    public init(stringInterpolation: StringInterpolation) { description = stringInterpolation.text }

    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        public init(literalCapacity: Int, interpolationCount: Int) {}
        public mutating func appendLiteral(_ literal: String) { text += literal }
        /// One word.
        public mutating func appendInterpolation(_ word: String) { text += ShellCommand.quoted(word) }
        /// A part that is made of words already.
        public mutating func appendInterpolation(_ part: ShellCommand) { text += part.description }
    }

    private static func quoted(_ word: String) -> String {
        func isPlain(_ character: Character) -> Bool {
            character.isLetter || character.isNumber || "-_.=/:,+@%".contains(character)
        }
        guard word.onOneLine != word else {
            let isPlain = !word.isEmpty && word.allSatisfy(isPlain)
            return isPlain ? word : "'" + word.escaped(["'": #"'\''"#]) + "'"
        }
        // What cannot be typed, as bash and zsh read it.
        let escaped = word.utf8.map { byte -> String in
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\\"): "\\" + String(UnicodeScalar(byte))
            case 0x20..<0x7F: String(UnicodeScalar(byte))
            default: "\\x" + String(Int(byte) + 0x100, radix: 16).dropFirst()
            }
        }
        return "$'" + escaped.joined() + "'"
    }
}
