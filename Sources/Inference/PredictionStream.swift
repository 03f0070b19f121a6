import Foundation
import Tasks

/// Lines in, JSON lines out, in the same order: a line that cannot be predicted gets its error in the place of an answer, and
/// the others go on.
public struct PredictionStream {
    /// Texts that the model takes; nil where it does not say.
    private let texts: Int?
    /// As of `PredictionInput`.
    private let taker: String
    private let answers: ([[String]]) throws -> [any Encodable]

    /// - Parameter target: its labels by the names that are written.
    public init(_ target: Target, texts: Int?, logits: @escaping ([[String]]) throws -> [[Float]]) {
        self.init(texts: texts) { try logits($0).map { Prediction($0, target) } }
    }

    /// - Parameter answers: what is written of each line.
    init(
        texts: Int?, for taker: String = SavedClassifier.taker,
        answers: @escaping ([[String]]) throws -> [any Encodable]
    ) {
        (self.texts, self.taker, self.answers) = (texts, taker, answers)
    }

    /// An answer as it is written, but for the id.
    public static func json(_ answer: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(answer), as: UTF8.self)
    }

    /// Predicts to the end of `lines`, those together that come without a pause, `batch` at most.
    ///
    /// - Throws: `InputProblem` at the end where lines could not be predicted, and what reading, predicting and writing throw.
    public func run(_ lines: InputLines, batch: Int, write: (String) throws -> Void) throws {
        var (failed, all) = (0, 0)
        while case let read = try lines.next(atMost: batch), !read.isEmpty {
            let inputs = read.map { line in
                Result<PredictionInput, PredictionFailure> { () throws(PredictionFailure) in
                    switch line.text {
                    case .success(let text): try PredictionInput(text, texts: texts, for: taker)
                    case .failure(let problem): throw PredictionFailure(problem.description, id: nil)
                    }
                }
            }
            let rows = inputs.compactMap { try? $0.get().texts }
            var answers = (rows.isEmpty ? [] : try answers(rows)).makeIterator()
            var output = ""
            for (line, input) in zip(read, inputs) {
                switch input {
                case .success(let input):
                    guard let answer = answers.next() else { continue }
                    output += try input.echo(in: Self.json(answer)) + "\n"
                case .failure(let failure):
                    failed += 1
                    let json = try Self.json(Failure(line: line.number, error: failure.problem))
                    output += PredictionInput.echo(failure.id, in: json) + "\n"
                }
            }
            all += read.count
            try write(output)
        }
        guard failed == 0 else {
            throw InputProblem(
                "\(lines.name): \(failed) of \(all) lines have no prediction; each says why in its place")
        }
    }

    struct Prediction: Encodable {
        var label: String?
        /// Of a model that may say several of a row, or none.
        var labels: [String]?
        var probabilities: [String: Float]?
        /// Of a value.
        var score: Float?

        init(_ logits: [Float], _ target: Target) {
            guard !target.isValue else {
                score = logits[0]
                return
            }
            let said = target.prediction(logits).map { target.labels[Int($0)] }
            (label, labels) = target.isMultiLabel ? (nil, said) : (said.first, nil)
            probabilities = Dictionary(zip(target.labels, target.probabilities(logits).map(Float.init))) { first, _ in
                first
            }
        }
    }

    private struct Failure: Encodable {
        let line: Int
        let error: String
    }
}
