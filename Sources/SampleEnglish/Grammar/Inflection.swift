/// The forms of an English verb.
struct Verb: Sendable, Equatable {
    let base: String
    let thirdPerson: String
    let past: String
    let participle: String
    /// `were` where the past is `was`; the past itself for every other verb.
    let pastPlural: String
    /// `are` where the base is `be`; the base itself for every other verb.
    let presentPlural: String
}

/// English inflection: the spelling rules, and the irregular words that break them.
enum Inflection {
    static func plural(_ noun: String) -> String {
        if let irregular = irregularPlurals[noun] { return irregular }
        if endsInConsonantAndY(noun) { return noun.dropLast() + "ies" }
        return noun + (hisses(noun) ? "es" : "s")
    }

    static func verb(_ base: String) -> Verb {
        if base == "be" {
            return Verb(
                base: "be", thirdPerson: "is", past: "was", participle: "been",
                pastPlural: "were", presentPlural: "are")
        }
        let (past, participle) = irregularVerbs[base] ?? (regularPast(base), regularPast(base))
        return Verb(
            base: base, thirdPerson: base == "have" ? "has" : thirdPerson(base), past: past, participle: participle,
            pastPlural: past, presentPlural: base)
    }

    private static func thirdPerson(_ verb: String) -> String {
        if endsInConsonantAndY(verb) { return verb.dropLast() + "ies" }
        return verb + (hisses(verb) || verb.hasSuffix("o") ? "es" : "s")
    }

    private static func regularPast(_ verb: String) -> String {
        if endsInConsonantAndY(verb) { return verb.dropLast() + "ied" }
        if verb.hasSuffix("e") { return verb + "d" }
        return doublingLastConsonant(verb) + "ed"
    }

    /// `stop` -> `stopp`: one vowel before one last consonant, in a verb of one syllable or stressed at its end.
    private static func doublingLastConsonant(_ verb: String) -> String {
        let letters = Array(verb)
        guard let last = letters.last, letters.count >= 3, !isVowel(last), !"wxy".contains(last) else { return verb }
        let oneVowel = letters.filter(isVowel).count == 1 && isVowel(letters[letters.count - 2])
        let doubles = oneVowel || stressedAtTheEnd.contains(verb)
        return doubles ? verb + String(last) : verb
    }

    private static func hisses(_ word: String) -> Bool {
        ["s", "x", "z", "ch", "sh"].contains { word.hasSuffix($0) }
    }

    private static func endsInConsonantAndY(_ word: String) -> Bool {
        guard word.hasSuffix("y"), let before = word.dropLast().last else { return false }
        return !isVowel(before)
    }

    private static func isVowel(_ letter: Character) -> Bool { "aeiou".contains(letter) }

    private static let stressedAtTheEnd: Set<String> = ["begin", "forget", "admit", "regret"]

    private static let irregularPlurals = [
        "man": "men", "woman": "women", "child": "children", "mouse": "mice", "goose": "geese", "sheep": "sheep",
        "fish": "fish", "wolf": "wolves", "potato": "potatoes", "tomato": "tomatoes", "leaf": "leaves",
        "loaf": "loaves", "knife": "knives", "calf": "calves", "foot": "feet", "tooth": "teeth", "deer": "deer",
    ]

    private static let irregularVerbs = [
        "become": ("became", "become"), "begin": ("began", "begun"), "break": ("broke", "broken"),
        "bring": ("brought", "brought"), "build": ("built", "built"), "buy": ("bought", "bought"),
        "catch": ("caught", "caught"), "choose": ("chose", "chosen"), "come": ("came", "come"), "cut": ("cut", "cut"),
        "dig": ("dug", "dug"), "do": ("did", "done"), "draw": ("drew", "drawn"), "drink": ("drank", "drunk"),
        "drive": ("drove", "driven"), "eat": ("ate", "eaten"), "fall": ("fell", "fallen"), "feed": ("fed", "fed"),
        "feel": ("felt", "felt"), "find": ("found", "found"), "fly": ("flew", "flown"),
        "forget": ("forgot", "forgotten"), "get": ("got", "got"), "give": ("gave", "given"), "go": ("went", "gone"),
        "grind": ("ground", "ground"), "grow": ("grew", "grown"), "hang": ("hung", "hung"), "have": ("had", "had"),
        "hear": ("heard", "heard"), "hide": ("hid", "hidden"), "hold": ("held", "held"), "keep": ("kept", "kept"),
        "know": ("knew", "known"), "leave": ("left", "left"), "lend": ("lent", "lent"), "light": ("lit", "lit"),
        "lose": ("lost", "lost"), "make": ("made", "made"), "mean": ("meant", "meant"), "meet": ("met", "met"),
        "pay": ("paid", "paid"), "put": ("put", "put"), "read": ("read", "read"), "ride": ("rode", "ridden"),
        "ring": ("rang", "rung"), "run": ("ran", "run"), "say": ("said", "said"), "see": ("saw", "seen"),
        "sell": ("sold", "sold"), "send": ("sent", "sent"), "set": ("set", "set"), "sew": ("sewed", "sewn"),
        "shut": ("shut", "shut"), "sing": ("sang", "sung"), "sit": ("sat", "sat"), "sleep": ("slept", "slept"),
        "speak": ("spoke", "spoken"), "stand": ("stood", "stood"), "sweep": ("swept", "swept"),
        "swim": ("swam", "swum"), "take": ("took", "taken"), "teach": ("taught", "taught"), "tell": ("told", "told"),
        "think": ("thought", "thought"), "throw": ("threw", "thrown"), "wake": ("woke", "woken"),
        "wear": ("wore", "worn"), "win": ("won", "won"), "wind": ("wound", "wound"), "write": ("wrote", "written"),
    ]
}
