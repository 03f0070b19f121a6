import Console
import Reports
import Tasks
import Training

/// What predictions of words show: how many entities of each type were found, and the mistakes that were made most confidently.
struct EntityFigures {
    let predictions: PredictionFile

    private static let mistakes = 20

    var html: [String] { [types, worst] }

    /// The words of every sentence.
    private var sentences: [ArraySlice<PredictionFile.Row>] {
        predictions.rows.chunks { $0.set == $1.set && $0.index == $1.index }
    }

    private var types: String {
        let entities = sentences.map { words in
            (said: Set(Entity.all(in: words.flatMap(\.prediction))), meant: Set(Entity.all(in: words.flatMap(\.label))))
        }
        let types = Set(entities.flatMap { $0.said.union($0.meant) }.map(\.type)).sorted()
        let rows = types.map { type in
            func count(_ entities: [Set<Entity>]) -> Int { entities.reduce(0) { $0 + $1.count { $0.type == type } } }
            let found = count(entities.map { $0.said.intersection($0.meant) })
            let (missed, wrong) = (count(entities.map(\.meant)) - found, count(entities.map(\.said)) - found)
            let f1 = Double(2 * found) / Double(2 * found + missed + wrong)
            return [type, "\(found)", "\(missed)", "\(wrong)", Show.percent(f1)]
        }
        return HTMLPage.section(
            "Entities", HTMLPage.table(["type", "found", "missed", "wrongly said", "F1"], rows))
    }

    /// Wrong words in brackets, in their sentences.
    private var worst: String {
        let wrong = sentences.flatMap { words in
            words.indices.filter { words[$0].label != words[$0].prediction }.map { (words, $0) }
        }
        func confidence(_ word: (words: ArraySlice<PredictionFile.Row>, index: Int)) -> Double {
            word.words[word.index].probabilities.max() ?? 0
        }
        let rows = wrong.sorted { confidence($0) > confidence($1) }.prefix(Self.mistakes).map { words, index in
            let word = words[index]
            func text(_ index: Int) -> String { words[index].texts.joined(separator: " ") }
            let texts = words.indices.map { $0 == index ? "[\(text($0))]" : text($0) }
            return [
                word.set, word.label.joined(), word.prediction.joined(), Show.percent(confidence((words, index))),
                texts.joined(separator: " "),
            ]
        }
        return HTMLPage.section(
            "The most confident mistakes",
            HTMLPage.table(["set", "tag", "prediction", "probability", "sentence"], rows))
    }
}

extension Array {
    /// Stretches whose neighbours belong together.
    fileprivate func chunks(_ belong: (Element, Element) -> Bool) -> [ArraySlice<Element>] {
        let starts = indices.filter { $0 == 0 || !belong(self[$0 - 1], self[$0]) }
        return zip(starts, starts.dropFirst() + [count]).map { self[$0..<$1] }
    }
}
