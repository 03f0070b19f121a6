import ArgumentParser
import Foundation
import Glue
import Tensors
import Tokenization
import Training

/// `yoso predict --checkpoint C < sentences`: label and probabilities of every line as JSON lines.
struct Predict: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read sentences, or pairs with a tab between, from standard input; write a JSON line for each.")

    @Option(help: "A fine-tuned Hugging Face folder.") var checkpoint: String
    @Option(help: "Longest input in tokens.") var length: Int?
    @Option(help: "Threads, 0 for one a core.") var threads = 0
    @Option(help: "fp32, or bf16 for more speed.") var precision = Precision.fp32
    @Option(help: "Lines that are read before they are predicted together; memory does not grow beyond them.")
    var batch = 256

    private struct Prediction: Encodable {
        var label: String?
        var probabilities: [String: Float]?
        /// Of a regression.
        var score: Float?
    }

    func validate() throws {
        try precision.check()
        guard (0...1024).contains(threads) else { throw ValidationError("--threads \(threads): wanted 0 to 1024") }
        guard (1...1_000_000).contains(batch) else { throw ValidationError("--batch \(batch): wanted 1 to 1,000,000") }
    }

    func run() throws {
        let classifier = try SavedClassifier(
            URL(fileURLWithPath: checkpoint, isDirectory: true), length: length, threads: threads,
            precision: precision)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var lines = StandardInput()
        while true {
            var rows: [EncodedRow] = []
            var failure: (any Error)?
            do {
                while rows.count < batch, let line = try lines.next() {
                    rows.append(try row(line, lines.number).encoded(classifier.tokenizer, length: classifier.length))
                }
            } catch { failure = error }
            // What stands before a bad line is predicted all the same.
            if !rows.isEmpty { try write(rows, classifier, encoder) }
            if let failure { throw failure }
            guard !rows.isEmpty else { return }
        }
    }

    private func write(_ rows: [EncodedRow], _ classifier: SavedClassifier, _ encoder: JSONEncoder) throws {
        let output = try classifier.logits(rows).map { logits in
            String(decoding: try encoder.encode(prediction(logits, classifier.labels)), as: UTF8.self) + "\n"
        }
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(output.joined().utf8))
        } catch { throw GlueError("standard output", "cannot be written: \((error as NSError).localizedDescription)") }
    }

    private func row(_ line: String, _ number: Int) throws -> TaskRow {
        let texts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard texts.count <= 2 else {
            throw GlueError(
                "standard input:\(number)", "\(texts.count) columns, wanted a sentence, or two with a tab between")
        }
        return TaskRow(texts: texts, target: 0)
    }

    private func prediction(_ logits: [Float], _ labels: [String]) -> Prediction {
        guard labels.count > 1 else { return Prediction(score: logits[0]) }
        let best = logits.indices.max { logits[$0] < logits[$1] } ?? 0
        return Prediction(
            label: labels[best],
            probabilities: Dictionary(zip(labels, softmax(logits).map { Float($0) })) { first, _ in first })
    }
}

/// The lines of standard input as they come, in constant memory: split at line feeds alone, strictly UTF-8.
private struct StandardInput {
    private(set) var number = 0
    private let file = fdopen(STDIN_FILENO, "r")
    /// In bytes.
    private static let longestLine = 4 << 20

    mutating func next() throws -> String? {
        guard let file else { return nil }
        var bytes: [UInt8] = []
        var byte = getc_unlocked(file)
        guard byte != EOF else { return nil }
        number += 1
        while byte != EOF, byte != 10 {
            bytes.append(UInt8(truncatingIfNeeded: byte))
            guard bytes.count <= Self.longestLine else {
                throw GlueError("standard input:\(number)", "a line of more than 4 MB; wanted a sentence or two a line")
            }
            byte = getc_unlocked(file)
        }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard let line = String(validating: bytes, as: UTF8.self) else {
            throw GlueError("standard input:\(number)", "not UTF-8")
        }
        return line
    }
}
