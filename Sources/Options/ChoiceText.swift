/// A value with options of its own as a command line says it: `yoso(hashes=16 bits=8)`, or `softmax` alone.
public struct ChoiceText: Equatable, Sendable {
    public struct Setting: Equatable, Sendable {
        public let key, value: String
    }

    /// Why a text is none, in words that name the text.
    public struct Fault: Error, CustomStringConvertible {
        public let description: String
    }

    public let name: String
    /// In the order of the text, no key twice.
    public let settings: [Setting]

    /// - Throws: where nothing is in front of the bracket, in it or behind it, or something in it has no `=` or a key twice.
    public init(_ text: String) throws(Fault) {
        let parts = text.split(separator: "(", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard !parts[0].isEmpty, parts.count == 1 || text.hasSuffix(")") else {
            throw Fault(description: "'\(text)' is no value; wanted for example yoso(hashes=16)")
        }
        guard parts.last != ")" else {
            throw Fault(description: "'\(text)' has nothing in its brackets; wanted '\(parts[0])' for its defaults")
        }
        var settings: [Setting] = []
        for part in parts.count == 1 ? [] : parts[1].dropLast().split(separator: " ") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard pair.count == 2, !pair[0].isEmpty else {
                throw Fault(description: "'\(part)' of '\(text)' has no =; wanted for example yoso(hashes=16)")
            }
            guard !settings.contains(where: { $0.key == pair[0] }) else {
                throw Fault(description: "'\(text)' says '\(pair[0])' twice")
            }
            settings.append(Setting(key: pair[0], value: pair[1]))
        }
        (name, self.settings) = (parts[0], settings)
    }
}
