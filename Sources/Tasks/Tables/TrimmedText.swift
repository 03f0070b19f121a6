import Foundation

/// What millions of rows and words are asked for, by bytes where they tell it, and else by Foundation and Unicode's tables.
extension String {
    /// Without blanks around it.
    var trimmed: String {
        guard let first = utf8.first, let last = utf8.last, !first.isGraphic || !last.isGraphic else { return self }
        return trimmingCharacters(in: .whitespaces)
    }

    var hasControls: Bool {
        !utf8.allSatisfy { $0.isGraphic || $0 == UInt8(ascii: " ") }
            && unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
}

extension UInt8 {
    /// Of ASCII, and not blank.
    fileprivate var isGraphic: Bool { (0x21...0x7E).contains(self) }
}
