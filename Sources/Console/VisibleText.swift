import Foundation

extension String {
    /// The text with control characters written out, but for line feeds and tabs: a name or a line of a file may hold any, and
    /// a terminal would obey them.
    public var visible: String {
        unicodeScalars.map { scalar in
            switch scalar.properties.generalCategory {
            case .control where scalar != "\n" && scalar != "\t", .format, .lineSeparator, .paragraphSeparator:
                String(format: "<U+%04X>", scalar.value)
            default: String(scalar)
            }
        }.joined()
    }
}
