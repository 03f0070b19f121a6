extension String {
    /// Columns that a terminal gives to it: two for a character of East Asian scripts or an emoji.
    public var terminalColumns: Int { reduce(0) { $0 + $1.terminalColumns } }

    /// Its first characters that so many columns have room for.
    public func prefix(columns: Int) -> Substring {
        var room = columns
        return prefix { character in
            room -= character.terminalColumns
            return room >= 0
        }
    }
}

extension Character {
    /// By the widths W and F of Unicode's annex 11, of whole blocks.
    fileprivate var terminalColumns: Int {
        guard let scalar = unicodeScalars.first, scalar.value >= 0x1100 else { return 1 }
        return switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
            0x20000...0x3FFFD:
            2
        default: 1
        }
    }
}
