import Foundation
import Testing

@testable import Tasks

@Suite struct TrimmedTextTests {
    /// As Foundation and Unicode say, of every pair of these.
    @Test func bytesTellTheSame() {
        let parts = [
            "", " ", "\t", "\n", "\0", "a", "~", "\u{7F}", "\u{85}", "\u{A0}", "é", "e\u{301}", "\u{3000}", "👍", "\r\n",
        ]
        for text in parts.flatMap({ first in parts.flatMap { [first + $0, first + "x y" + $0] } }) {
            #expect(text.trimmed == text.trimmingCharacters(in: .whitespaces), "\(text.debugDescription)")
            let controls = text.unicodeScalars.filter { $0.properties.generalCategory == .control }
            #expect(text.hasControls == !controls.isEmpty, "\(text.debugDescription)")
        }
    }
}
