import Corpora

/// Pairs of generated papers in the manner of the ACL Anthology Network's (Radev et al. 2013): the first cites the second by its
/// title (class 1), or cites another, and the second is about something else (class 0).
///
/// Not the release's papers: whoever hears what both are about knows the class, as nobody does there.
public struct CitationGenerator {
    /// Bytes of a paper, about.
    public var bytes = 1_000...5_000
    private var random: RandomSequence

    public init(seed: UInt64) { random = RandomSequence(seed, 0x6369_7465) }

    /// The next pair; the same ones for the same seed.
    public mutating func next() -> LongRangeRow {
        let subject = random.below(Self.subjects.count)
        let label = random.below(2)
        // Of the other subjects each as often.
        let other = (subject + 1 + random.below(Self.subjects.count - 1)) % Self.subjects.count
        let second = label == 1 ? subject : other
        let (named, own) = (title(of: second), title(of: subject))
        // Whether something is cited tells nothing: of class 0 it is a paper about its own subject.
        let first = paper(on: subject, own, citing: label == 1 ? named : title(of: subject))
        let cited = paper(on: second, named, citing: title(of: second))
        return LongRangeRow(Array(first.utf8), second: Array(cited.utf8), label: label)
    }

    private mutating func pick(_ words: [String]) -> String { words[random.below(words.count)] }

    private mutating func title(of subject: Int) -> String {
        let (aspect, other) = (pick(Self.aspects), pick(Self.subjects[subject].words))
        return "The \(aspect) of \(Self.subjects[subject].name) and \(other), \(1950 + random.below(70))"
    }

    private mutating func paper(on subject: Int, _ title: String, citing cited: String) -> String {
        let length = bytes.lowerBound + random.below(bytes.count)
        var sentences: [String] = []
        var total = title.utf8.count
        while total < length {
            let sentence = sentence(on: subject)
            sentences.append(sentence)
            total += sentence.utf8.count + 1
        }
        sentences.insert("We go on from \"\(cited)\".", at: random.below(sentences.count + 1))
        return ([title + "."] + sentences).joined(separator: " ")
    }

    private mutating func sentence(on subject: Int) -> String {
        let (name, words) = (Self.subjects[subject].name, Self.subjects[subject].words)
        let frame = pick(Self.frames)
        return frame.split(separator: " ").map { word -> String in
            let end = word.last.map { ".,".contains($0) ? String($0) : "" } ?? ""
            switch word.dropLast(end.count) {
            case "SUBJECT": return name + end
            case "WORD": return pick(words) + end
            case "ASPECT": return pick(Self.aspects) + end
            case "NUMBER": return "\(2 + random.below(98))" + end
            default: return String(word)
            }
        }.joined(separator: " ")
    }

    private static let aspects = [
        "age", "colour", "cost", "growth", "history", "loss", "movement", "number", "origin", "shape", "size", "sound",
        "spread", "use", "weight",
    ]

    private static let frames = [
        "We measured the ASPECT of SUBJECT NUMBER times.",
        "In NUMBER of 100 cases the ASPECT depends on the ASPECT, and in the rest it does not.",
        "Of WORD little is known, and of their ASPECT nothing at all.",
        "The ASPECT of WORD was larger than we had thought, by NUMBER per cent.",
        "Others found no relation between the ASPECT and the ASPECT.",
        "A table lists NUMBER kinds, with the ASPECT of each.",
        "Where there are WORD, there are SUBJECT too.",
        "It is an open question whether the ASPECT can be changed without a change of the ASPECT.",
        "We asked NUMBER people about SUBJECT, of whom half answered.",
        "The method is simple, and takes NUMBER minutes.",
        "Compared with WORD, the ASPECT of WORD is small.",
        "This agrees with what was seen NUMBER years ago.",
    ]

    private static let subjects: [(name: String, words: [String])] = [
        ("bees", ["hives", "honey", "queens", "swarms"]), ("bread", ["flour", "ovens", "yeast", "crusts"]),
        ("bridges", ["arches", "cables", "piers", "spans"]), ("clocks", ["springs", "pendulums", "dials", "gears"]),
        ("clouds", ["rain", "fog", "winds", "storms"]), ("coins", ["mints", "silver", "hoards", "kings"]),
        ("dialects", ["vowels", "villages", "accents", "speakers"]), ("fishes", ["fins", "rivers", "nets", "scales"]),
        ("glaciers", ["ice", "valleys", "moraines", "snow"]), ("harbours", ["ships", "docks", "tides", "sailors"]),
        ("kites", ["strings", "tails", "paper", "meadows"]), ("lamps", ["wicks", "oil", "bulbs", "shadows"]),
        ("maps", ["coasts", "borders", "scales", "legends"]), ("mills", ["wheels", "grain", "sails", "millers"]),
        ("moths", ["wings", "larvae", "silk", "nights"]), ("organs", ["pipes", "bellows", "keys", "hymns"]),
        ("pianos", ["strings", "hammers", "pedals", "sonatas"]), ("planets", ["orbits", "moons", "rings", "comets"]),
        ("roofs", ["tiles", "beams", "gutters", "chimneys"]), ("ropes", ["knots", "fibres", "loads", "pulleys"]),
        ("salts", ["crystals", "mines", "brine", "seas"]), ("trains", ["rails", "engines", "stations", "signals"]),
        ("volcanoes", ["lava", "ashes", "craters", "quakes"]), ("wells", ["pumps", "buckets", "springs", "water"]),
    ]
}
