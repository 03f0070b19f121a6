extension Unicode.Scalar {
    /// NUL, the replacement character and control characters, but not tab and line ends, which are white space.
    /// Unassigned characters stay, as in transformers 5.
    var isRemoved: Bool {
        switch value {
        case 9, 10, 13: false
        case 0..<32, 127, 0xFFFD: true
        case 32..<127: false
        default:
            switch properties.generalCategory {
            case .control, .format, .surrogate, .privateUse: true
            default: false
            }
        }
    }

    var isSpace: Bool { isASCII ? value == 32 || (9...13).contains(value) : properties.isWhitespace }

    /// All ASCII that is neither letter, digit nor space, and Unicode's punctuation.
    var isPunctuation: Bool {
        switch value {
        case 33...47, 58...64, 91...96, 123...126: true
        case 0..<128: false
        default:
            switch properties.generalCategory {
            case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
                .finalPunctuation, .otherPunctuation:
                true
            default: false
            }
        }
    }

    var isCJK: Bool {
        switch value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B820...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            true
        default: false
        }
    }

    /// What `\w` matches (Unicode Technical Standard 18, annex C).
    var isWordCharacter: Bool {
        if properties.isAlphabetic || properties.isJoinControl { return true }
        return switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: true
        default: false
        }
    }
}
