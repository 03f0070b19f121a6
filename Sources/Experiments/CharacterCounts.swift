import Console
import Foundation
import Tokenization

/// How often each character stands in a text, to tell which of them a vocabulary leaves out.
struct CharacterCounts {
    /// By scalar value.
    private var counts = [Int](repeating: 0, count: 0x110000)

    mutating func add(_ text: String) {
        for scalar in text.unicodeScalars { counts[Int(scalar.value)] += 1 }
    }

    /// What `tokenizer` does not know, the most frequent first; nil where that is nothing.
    func note(on tokenizer: any Tokenizer) -> String? {
        let leftOut = counts.indices.compactMap { value -> (scalar: Unicode.Scalar, count: Int)? in
            guard counts[value] > 0, let scalar = Unicode.Scalar(UInt32(value)),
                tokenizer.encode(String(scalar)).contains(tokenizer.special.unknown)
            else { return nil }
            return (scalar, counts[value])
        }.sorted { ($1.count, $0.scalar) < ($0.count, $1.scalar) }
        guard !leftOut.isEmpty else { return nil }
        let share = Double(leftOut.reduce(0) { $0 + $1.count }) / Double(counts.reduce(0, +))
        let shown = leftOut.prefix(12).map { scalar, _ in
            let category = scalar.properties.generalCategory
            return (category == .nonspacingMark || category == .spacingMark ? "\u{25CC}" : "") + String(scalar)
        }
        let more = leftOut.count > shown.count ? " …" : ""
        let (some, are) =
            leftOut.count == 1 ? ("1 character", "is") : ("\(Show.grouped(leftOut.count)) characters", "are")
        let percent = String(format: "%.2f%%", 100 * share)
        return "\(some) of the text, \(percent) of it, \(are) unknown to the vocabulary: "
            + "\(shown.joined(separator: " "))\(more); --coverage 1 keeps all"
    }
}
