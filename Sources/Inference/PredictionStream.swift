import Foundation

/// Lines in, JSON lines out, in the same order: a line that cannot be predicted gets its error in the place of a label, and
/// the others go on.
public struct PredictionStream {
    /// Of the classes, in the order of the logits; one name of a regression.
    private let labels: [String]
    /// Texts that the model takes; nil where it does not say.
    private let texts: Int?
    private let logits: ([[String]]) throws -> [[Float]]
    private let encoder = JSONEncoder()

    public init(labels: [String], texts: Int?, logits: @escaping ([[String]]) throws -> [[Float]]) {
        (self.labels, self.texts, self.logits) = (labels, texts, logits)
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
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
                    case .success(let text): try PredictionInput(text, texts: texts)
                    case .failure(let problem): throw PredictionFailure(problem.description, id: nil)
                    }
                }
            }
            let rows = inputs.compactMap { try? $0.get().texts }
            var predictions = (rows.isEmpty ? [] : try logits(rows)).makeIterator()
            var output = ""
            for (line, input) in zip(read, inputs) {
                switch input {
                case .success(let input):
                    guard let logits = predictions.next() else { continue }
                    output += try self.line(prediction(logits), id: input.id)
                case .failure(let failure):
                    failed += 1
                    output += try self.line(Failure(line: line.number, error: failure.problem), id: failure.id)
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

    private struct Prediction: Encodable {
        var label: String?
        var probabilities: [String: Float]?
        /// Of a regression.
        var score: Float?
    }

    private struct Failure: Encodable {
        let line: Int
        let error: String
    }

    private func line(_ value: some Encodable, id: String?) throws -> String {
        let json = String(decoding: try encoder.encode(value), as: UTF8.self)
        return (id.map { "{\"id\":\($0),\(json.dropFirst())" } ?? json) + "\n"
    }

    private func prediction(_ logits: [Float]) -> Prediction {
        guard labels.count > 1 else { return Prediction(score: logits[0]) }
        let best = logits.indices.max { logits[$0] < logits[$1] } ?? 0
        return Prediction(
            label: labels[best],
            probabilities: Dictionary(zip(labels, Self.softmax(logits))) { first, _ in first })
    }

    /// exp(x - max x) / Σ
    private static func softmax(_ logits: [Float]) -> [Float] {
        let largest = logits.max() ?? 0
        let weights = logits.map { exp(Double($0 - largest)) }
        let total = weights.reduce(0, +)
        return weights.map { Float($0 / total) }
    }
}
