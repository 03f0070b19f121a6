import Foundation

/// The splitting in front of WordPiece: cleans text, sets CJK characters apart, optionally lower-cases and strips
/// accents, and splits at white space and punctuation, exactly as BERT's `BasicTokenizer` (Devlin et al. 2019).
struct BasicTokenizer: Sendable {
    let lowercase: Bool

    /// Calls `body` with every word of `text` as UTF-8.
    func eachWord(of text: String, _ body: (ArraySlice<UInt8>) -> Void) {
        var word: [UInt8] = []
        func flush() {
            if !word.isEmpty { body(word[...]) }
            word.removeAll(keepingCapacity: true)
        }
        func append(_ scalar: Unicode.Scalar) {
            if Self.isWhitespace(scalar) {
                flush()
            } else if Self.isPunctuation(scalar) || Self.isCJK(scalar) {
                flush()
                word.append(contentsOf: Array(String(scalar).utf8))
                flush()
            } else if scalar.isASCII {
                word.append(UInt8(scalar.value))
            } else {
                word.append(contentsOf: Array(String(scalar).utf8))
            }
        }
        for scalar in normalized(text) { append(scalar) }
        flush()
    }

    /// Cleaned, and where lower-casing: decomposed, without nonspacing marks, lower-cased character by character.
    private func normalized(_ text: String) -> [Unicode.Scalar] {
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(text.utf8.count)
        var isASCII = true
        for scalar in text.unicodeScalars where !Self.isRemoved(scalar) {
            isASCII = isASCII && scalar.isASCII
            scalars.append(scalar)
        }
        guard lowercase else { return scalars }
        if !isASCII {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars)
            scalars = String(view).decomposedStringWithCanonicalMapping.unicodeScalars.filter {
                $0.properties.generalCategory != .nonspacingMark
            }
        }
        return scalars.flatMap { scalar -> [Unicode.Scalar] in
            if scalar.isASCII {
                return [(65...90).contains(scalar.value) ? Unicode.Scalar(UInt8(scalar.value + 32)) : scalar]
            }
            return Array(scalar.properties.lowercaseMapping.unicodeScalars)
        }
    }

    /// NUL, the replacement character and control characters, but not tab and line ends, which are white space.
    /// Unassigned characters stay, as in transformers 5.
    private static func isRemoved(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 9, 10, 13: false
        case 0..<32, 127, 0xFFFD: true
        case 32..<127: false
        default:
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse: true
            default: false
            }
        }
    }

    private static func isWhitespace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII ? scalar.value == 32 || (9...13).contains(scalar.value) : scalar.properties.isWhitespace
    }

    /// All ASCII that is neither letter, digit nor space, and Unicode's punctuation.
    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 33...47, 58...64, 91...96, 123...126: true
        case 0..<128: false
        default:
            switch scalar.properties.generalCategory {
            case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
                .finalPunctuation, .otherPunctuation:
                true
            default: false
            }
        }
    }

    private static func isCJK(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B820...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            true
        default: false
        }
    }
}
