/// What the frames of one document share: who and what is in it, its tense, and what it thinks of its subject.
struct Scene {
    /// The entry that fills a role, and the alternative drawn from each of its columns.
    struct Filler {
        var entry: Int
        var alternatives: [Int]
    }

    var tense: Tense
    var opinions: Opinions
    private var fillers: [Filler?] = Array(repeating: nil, count: Role.allCases.count)
    private let tables = Role.tables

    init(cast: [Role], tense: Tense, opinions: Opinions, _ random: inout SplitMix64) {
        self.tense = tense
        self.opinions = opinions
        for role in cast { fill(role, &random) }
    }

    func phrase(_ role: Role, _ column: Int) -> Phrase {
        let filler = self[role]
        return tables[role.rawValue].entries[filler.entry][column][filler.alternatives[column]]
    }

    func pronoun(_ role: Role) -> Pronoun {
        tables[role.rawValue].pronouns[self[role].entry]
    }

    private subscript(role: Role) -> Filler {
        guard let filler = fillers[role.rawValue] else { preconditionFailure("nobody plays the role '\(role)'") }
        return filler
    }

    /// Draws an entry that fills no other role of the same table yet.
    private mutating func fill(_ role: Role, _ random: inout SplitMix64) {
        let entries = tables[role.rawValue].entries
        let taken = role.rivals.compactMap { fillers[$0.rawValue]?.entry }
        var entry = random.below(entries.count)
        while taken.contains(entry) { entry = random.below(entries.count) }
        fillers[role.rawValue] = Filler(entry: entry, alternatives: entries[entry].map { random.below($0.count) })
    }
}
