import Foundation
import Testing

@testable import Tasks

@Suite struct EntityTests {
    /// Of Fixtures/make_entities.py.
    private struct Case: Decodable {
        let truth, predicted: [[String]]
        let f1, precision, recall, accuracy: Double
        let entities: [[Found]]

        struct Found: Decodable {
            let entity: Entity

            init(from decoder: any Decoder) throws {
                var values = try decoder.unkeyedContainer()
                let (type, first, last) = (
                    try values.decode(String.self), try values.decode(Int.self), try values.decode(Int.self)
                )
                entity = Entity(type: type, words: first..<last + 1)
            }
        }
    }

    @Test func scoresAndEntitiesAreSeqevals() throws {
        let url = URL(fileURLWithPath: #filePath).appendingPathComponent("../Fixtures/entities.json")
            .standardizedFileURL
        let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: url))
        #expect(cases.count == 60 && cases.count { (0.1..<0.9).contains($0.f1) } > 20)
        for expected in cases {
            #expect(expected.predicted.map(Entity.all) == expected.entities.map { $0.map(\.entity) })
            let tags = Array(Set((expected.truth + expected.predicted).joined())).sorted()
            func numbers(_ rows: [[String]]) -> [[Double]] {
                rows.map { $0.map { tag in Double(tags.firstIndex(of: tag) ?? -1) } }
            }
            let (predicted, truth) = (numbers(expected.predicted), numbers(expected.truth))
            for (metric, value) in [
                (.entityF1, expected.f1), (.entityPrecision, expected.precision), (.entityRecall, expected.recall),
                (.accuracy, expected.accuracy),
            ] as [(Metric, Double)] {
                let score = metric.score(predicted, truth, tags: tags)
                #expect(abs(score - value) < 1e-12, "\(metric) \(score), seqeval \(value): \(expected)")
            }
        }
    }

    @Test func anInsideWithoutABeginningBegins() {
        func entities(_ tags: String) -> [String] {
            Entity.all(in: tags.split(separator: " ").map(String.init)).map { "\($0.type) \($0.words)" }
        }
        #expect(entities("I-A I-A O I-A") == ["A 0..<2", "A 3..<4"])
        #expect(entities("B-A B-A I-A I-B") == ["A 0..<1", "A 1..<3", "B 3..<4"])
        #expect(entities("B-A-B I-A-B I-A") == ["A-B 0..<2", "A 2..<3"])
        #expect(entities("O O") == [])
    }
}
