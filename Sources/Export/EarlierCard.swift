import Checkpoints
import Foundation

/// The card that a checkpoint has already, another's or one of an earlier export: what it says of language and license still holds.
struct EarlierCard {
    /// Lines of its YAML.
    let languageAndLicense: [String]
    /// What stands below its YAML; nil where there is nothing.
    let body: String?

    init(of checkpoint: URL) {
        let text =
            (try? String(contentsOf: checkpoint.appendingPathComponent(AtomicFolder.cardName), encoding: .utf8)) ?? ""
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)[...]
        var (kept, isKept) = ([String](), false)
        if lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---") {
            for line in lines[1..<end] {
                // What belongs to a key begins with a space, or with the dash of a list.
                if !line.hasPrefix(" "), !line.hasPrefix("-") {
                    isKept = ["language:", "license:", "license_name:", "license_link:"].contains { line.hasPrefix($0) }
                }
                if isKept { kept.append(line) }
            }
            lines = lines[(end + 1)...]
        }
        languageAndLicense = kept
        let rest = lines.joined(separator: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
        body = rest.isEmpty ? nil : rest
    }

    /// The lines of YAML for a new card.
    var yaml: [String] {
        languageAndLicense.contains { $0.hasPrefix("license:") }
            ? languageAndLicense : ["license: unknown"] + languageAndLicense
    }

    /// What the license is called; nil where nobody said.
    var license: String? {
        let key = "license:"
        let name = languageAndLicense.first { $0.hasPrefix(key) }?.dropFirst(key.count)
            .trimmingCharacters(in: .whitespaces)
        return name.flatMap { $0.isEmpty || $0 == "unknown" ? nil : $0 }
    }

    /// What of the two nobody said.
    var unknown: String? {
        let missing = [("language:", "language"), ("license:", "license")].filter { key, _ in
            !languageAndLicense.contains { $0.hasPrefix(key) && $0 != "license: unknown" }
        }
        return missing.isEmpty ? nil : missing.map(\.1).joined(separator: " and ")
    }
}
