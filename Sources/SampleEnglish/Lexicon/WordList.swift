/// Words that are drawn afresh wherever a frame names their list.
enum WordList {
    static func named(_ name: String) -> [String]? {
        lists[name]
    }

    static func times(in tense: Tense) -> [String] {
        switch tense {
        case .past: past
        case .present, .perfect: present
        case .future: future
        }
    }

    private static let past = words("yesterday, last Monday, last Friday, last week, two days ago, the other day")
    private static let present = words("every day, every Monday, every Friday, every week, on most days, as a rule")
    private static let future = words("tomorrow, next Monday, next Friday, next week, in two days, one of these days")

    private static let lists = [
        "weekday": words("Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday"),
        "number": words("two, three, four, five, six, seven, eight, nine, ten, eleven, twelve"),
        "hour": words("six, seven, eight, nine, ten"),
        "colour": words("red, blue, green, yellow, brown, black, white, grey"),
        "very": words("really, truly, so, quite, simply"),
        "somewhere": words(
            "near the sea, by the river, in the hills, at the edge of the forest, on the coast, in the valley"),
        "companion": words("my wife, my husband, my sister, my brother, a friend, my parents, a colleague"),
        "slowly": words("slowly, quickly, quietly, carefully, happily, at once"),
        "soon": words("soon, before long, in the end, after a while"),
        "signature": words("Alice, Walter, Ellen, Arthur, Margaret, Philip, Laura, Robert"),
        "town": words("London, Dublin, Vienna, Oxford, Bristol, York, Cork, Leeds"),
    ]

    private static func words(_ list: String) -> [String] {
        var words: [String] = []
        for word in list.split(separator: ",") { words.append(String(word.drop { $0 == " " })) }
        return words
    }
}
