/// A kind of document, written as it reads: one sentence a line, an empty line between paragraphs.
///
/// A line that starts with `| ` is another way to say the line above; one with `? ` is said half of the time.
/// A line that is set in continues the one above.
struct Genre: Sendable {
    let cast: [Role]
    let tenses: [Tense]
    let topic: Topic?
    private let paragraphs: [[Step]]

    /// One sentence of a paragraph: the ways to say it.
    private struct Step: Sendable {
        var frames: [Frame]
        let isOptional: Bool
    }

    init(cast: [Role], tenses: [Tense] = [.past], topic: Topic? = nil, _ text: String) {
        self.cast = cast
        self.tenses = tenses
        self.topic = topic
        var paragraphs: [[Step]] = [[]]
        for line in text.unfoldedLines {
            if line.isEmpty {
                paragraphs.append([])
            } else if line.hasPrefix("| ") {
                let step = paragraphs[paragraphs.count - 1].count - 1
                paragraphs[paragraphs.count - 1][step].frames.append(Frame(String(line.dropFirst(2))))
            } else {
                let isOptional = line.hasPrefix("? ")
                let frame = Frame(String(line.dropFirst(isOptional ? 2 : 0)))
                paragraphs[paragraphs.count - 1].append(Step(frames: [frame], isOptional: isOptional))
            }
        }
        self.paragraphs = paragraphs
    }

    /// Writes one document: draws its cast, its tense and its opinion, then fills the frames in their order.
    func document(_ writer: inout SentenceWriter, _ random: inout SplitMix64) -> [String] {
        let topic = topic ?? .film
        let opinions = Opinions(topic: topic, polarity: random.pick(Polarity.allCases))
        var scene = Scene(cast: cast, tense: random.pick(tenses), opinions: opinions, &random)
        return paragraphs.map { steps in
            writer.removeAll()
            for step in steps where !step.isOptional || random.chance(0.5) {
                writer.startSentence()
                random.pick(step.frames).write(to: &writer, &scene, &random)
            }
            return writer.text
        }
    }
}
