/// The pronoun that stands for somebody or something, and the number that its verb agrees with.
enum Pronoun: String, Sendable, CaseIterable {
    case he, she, it, they

    var isPlural: Bool { self == .they }

    /// The cases of a pronoun, named as a frame names them: by their masculine form.
    enum Case: String, Sendable, CaseIterable {
        case subject = "he"
        case object = "him"
        case possessive = "his"
        case reflexive = "himself"
    }

    func form(_ grammaticalCase: Case) -> String {
        switch (self, grammaticalCase) {
        case (.he, .subject): "he"
        case (.he, .object): "him"
        case (.he, .possessive): "his"
        case (.he, .reflexive): "himself"
        case (.she, .subject): "she"
        case (.she, .object), (.she, .possessive): "her"
        case (.she, .reflexive): "herself"
        case (.it, .subject), (.it, .object): "it"
        case (.it, .possessive): "its"
        case (.it, .reflexive): "itself"
        case (.they, .subject): "they"
        case (.they, .object): "them"
        case (.they, .possessive): "their"
        case (.they, .reflexive): "themselves"
        }
    }
}

enum Tense: String, Sendable, CaseIterable {
    case past, present, future, perfect
}

extension Verb {
    /// The words before the verb, and the verb itself, in a tense and in agreement with a subject of the third person.
    func agreeing(with subject: Pronoun, in tense: Tense) -> (auxiliary: String?, form: String) {
        switch tense {
        case .past: (nil, subject.isPlural ? pastPlural : past)
        case .present: (nil, subject.isPlural ? presentPlural : thirdPerson)
        case .future: ("will ", base)
        case .perfect: (subject.isPlural ? "have " : "has ", participle)
        }
    }
}

enum Article {
    /// Whether `an` stands before a word: by its sound, not by its letter.
    static func isAn(before word: some Collection<UInt8>) -> Bool {
        guard let first = word.first else { return false }
        if first | 0x20 == UInt8(ascii: "h") { return silentH.contains { word.starts(with: $0.utf8) } }
        return vowels.contains(first | 0x20) && !consonantSounds.contains { word.starts(with: $0.utf8) }
    }

    private static let vowels = Array("aeiou".utf8)
    private static let consonantSounds = ["one", "use", "uni"]
    private static let silentH = ["hour", "honest"]
}
