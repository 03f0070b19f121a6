/// Reads the language of `Frame`.
///
/// Frames are constants of this target, so a mistake in one is ours: it stops the program and names the frame.
struct FrameParser {
    private let source: String
    private var rest: Substring

    init(_ source: String) {
        self.source = source
        rest = source[...]
    }

    mutating func parse() -> [Frame.Node] {
        let nodes = sequence(endingAt: [])
        guard rest.isEmpty else { fail("'\(rest.prefix(1))' closes nothing") }
        return nodes
    }

    private mutating func sequence(endingAt ends: Set<Character>) -> [Frame.Node] {
        var nodes: [Frame.Node] = []
        while let next = rest.first, !ends.contains(next) {
            switch next {
            case "{": nodes.append(place(inside("{", "}")))
            case "<": nodes.append(draw(inside("<", ">")))
            case "[": nodes.append(choice())
            case "]", "}", ">": fail("'\(next)' closes nothing")
            default: nodes += text(endingAt: ends)
            }
        }
        return nodes
    }

    private mutating func choice() -> Frame.Node {
        var alternatives: [[Frame.Node]] = []
        repeat {
            rest.removeFirst()
            alternatives.append(sequence(endingAt: ["|", "]"]))
        } while rest.first == "|"
        guard rest.popFirst() == "]" else { fail("a '[' is not closed") }
        return .choice(alternatives)
    }

    private mutating func inside(_ open: Character, _ close: Character) -> String {
        guard let end = rest.firstIndex(of: close) else { fail("a '\(open)' is not closed") }
        let content = rest[rest.index(after: rest.startIndex)..<end]
        rest = rest[rest.index(after: end)...]
        return String(content)
    }

    /// Literal words up to the next open place; sentences within them are told apart, a last `a ` is left open.
    private mutating func text(endingAt ends: Set<Character>) -> [Frame.Node] {
        let literal = String(rest.prefix { !"{<[]}>".contains($0) && !ends.contains($0) })
        rest = rest.dropFirst(literal.count)
        let leavesArticleOpen = literal == "a " || literal.hasSuffix(" a ")
        var nodes: [Frame.Node] = []
        var sentence = ""
        for character in leavesArticleOpen ? literal.dropLast(2) : literal[...] {
            sentence.append(character)
            if character == " ", let mark = sentence.dropLast().last, ".!?".contains(mark) {
                nodes += [.text(sentence), .capital]
                sentence = ""
            }
        }
        if !sentence.isEmpty { nodes.append(.text(sentence)) }
        return leavesArticleOpen ? nodes + [.article] : nodes
    }

    private func draw(_ name: String) -> Frame.Node {
        switch name {
        case "when": return .time
        default:
            if let kind = Opinions.Kind(rawValue: name) { return .opinion(kind) }
            guard let words = WordList.named(name) else { fail("there is no word list '\(name)'") }
            return .list(words)
        }
    }

    /// `role`, `role.form`, `role verb` or `role tense verb`.
    private func place(_ content: String) -> Frame.Node {
        let words = content.split(separator: " ").map(String.init)
        guard let last = words.last, words.count <= 3 else { fail("'{\(content)}' is no place") }
        guard words.count > 1 else { return noun(last) }
        let subject = role(words[0])
        let tense = words.count == 3 ? Tense(rawValue: words[1]) : nil
        if words.count == 3 && tense == nil { fail("there is no tense '\(words[1])'") }
        guard last.contains(".") else { return .verb(Inflection.verb(last), subject: subject, tense: tense) }
        let (role, column) = roleAndColumn(last)
        return .verbPhrase(role, column: column, subject: subject, tense: tense)
    }

    private func noun(_ content: String) -> Frame.Node {
        guard let dot = content.firstIndex(of: ".") else { return .phrase(role(content), column: 0) }
        let form = String(content[content.index(after: dot)...])
        if form == "plural" { return .plural(role(String(content[..<dot]))) }
        if let form = Pronoun.Case(rawValue: form) { return .pronoun(role(String(content[..<dot])), form) }
        let (role, column) = roleAndColumn(content)
        return .phrase(role, column: column)
    }

    private func roleAndColumn(_ content: String) -> (Role, Int) {
        let parts = content.split(separator: ".").map(String.init)
        let role = role(parts[0])
        guard parts.count == 2, let column = role.table.column(parts[1]) else { fail("there is no '\(content)'") }
        return (role, column)
    }

    private func role(_ name: String) -> Role {
        guard let role = Role.named(name) else { fail("there is no role '\(name)'") }
        return role
    }

    private func fail(_ reason: String) -> Never {
        preconditionFailure("frame '\(source)': \(reason)")
    }
}
