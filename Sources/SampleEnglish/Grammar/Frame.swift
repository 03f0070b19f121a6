/// A sentence with open places, in a small language of its own:
///
///     {hero}            the name of who fills the role          {hero.plural}   its plural
///     {hero.trade}      another column of the same table entry
///     {hero.he}         a pronoun: he, him, his, himself
///     {hero go}         a verb, in agreement with the role and in the tense of the document
///     {hero past go}    the same in a tense of its own: past, present, future, perfect
///     {hero errand.begin}   the verb phrase of that column, likewise
///     <colour>          a word drawn from the list of that name
///     <apt>, <unapt>    a sentiment word of the document's polarity, or of the other one; see `Opinions.Kind`
///     <when>            a time in the document's tense
///     [this|that|]      one of several, any of which may be empty
///
/// A sentence after `. `, `! ` or `? ` gets its capital, and `a ` before an open place becomes `a` or `an`.
struct Frame: Sendable {
    let nodes: [Node]

    init(_ text: String) {
        var parser = FrameParser(text)
        nodes = parser.parse()
    }

    indirect enum Node: Sendable {
        case text(String)
        case capital
        case article
        case phrase(Role, column: Int)
        case plural(Role)
        case pronoun(Role, Pronoun.Case)
        case verb(Verb, subject: Role, tense: Tense?)
        case verbPhrase(Role, column: Int, subject: Role, tense: Tense?)
        case list([String])
        case time
        case opinion(Opinions.Kind)
        case choice([[Node]])
    }
}

extension Frame {
    /// Writes the frame, its places filled from the scene.
    func write(to writer: inout SentenceWriter, _ scene: inout Scene, _ random: inout SplitMix64) {
        Self.write(nodes, to: &writer, &scene, &random)
    }

    private static func write(
        _ nodes: [Node], to writer: inout SentenceWriter, _ scene: inout Scene, _ random: inout SplitMix64
    ) {
        for node in nodes {
            switch node {
            case .text(let text): writer.append(text)
            case .capital: writer.capitalizeNext()
            case .article: writer.openArticle()
            case .phrase(let role, let column): writer.append(scene.phrase(role, column).text)
            case .plural(let role): writer.append(scene.phrase(role, 0).plural)
            case .pronoun(let role, let form): writer.append(scene.pronoun(role).form(form))
            case .verb(let verb, let subject, let tense):
                write(verb, of: scene.pronoun(subject), in: tense ?? scene.tense, to: &writer)
            case .verbPhrase(let role, let column, let subject, let tense):
                let phrase = scene.phrase(role, column)
                guard let verb = phrase.verb else { continue }
                write(verb, of: scene.pronoun(subject), in: tense ?? scene.tense, to: &writer)
                writer.append(phrase.complement)
            case .list(let words): writer.append(random.pick(words))
            case .time: writer.append(random.pick(WordList.times(in: scene.tense)))
            case .opinion(let kind): writer.append(scene.opinions.draw(kind, &random))
            case .choice(let alternatives): write(random.pick(alternatives), to: &writer, &scene, &random)
            }
        }
    }

    private static func write(
        _ verb: Verb, of subject: Pronoun, in tense: Tense, to writer: inout SentenceWriter
    ) {
        let (auxiliary, form) = verb.agreeing(with: subject, in: tense)
        if let auxiliary { writer.append(auxiliary) }
        writer.append(form)
    }
}
