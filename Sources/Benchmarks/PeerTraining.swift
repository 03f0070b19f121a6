import Foundation

/// A script of PyTorch that does the step of a `TrainingShape`.
public struct PeerTraining: Sendable {
    public let script: String
    public let python: String
    /// Whether the script is asked for `torch.compile`.
    public let compiles: Bool

    public init(script: String, python: String, compiles: Bool) {
        (self.script, self.python, self.compiles) = (script, python, compiles)
    }

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// What the script prints as its last line.
    public struct Report: Decodable, Sendable {
        public let tokensPerSecond: Double
        public let peakMegabytes: Int

        private enum CodingKeys: String, CodingKey {
            case tokensPerSecond = "tokens_per_second"
            case peakMegabytes = "peak_mib"
        }
    }

    /// One run, of `steps` steps after the script's own two of warm-up.
    ///
    /// - Throws: `Failure` where there is no such Python, or the script fails or prints something else.
    public func run(_ shape: TrainingShape, steps: Int) throws -> Report {
        let (status, output) = try PeerScript.run(
            script, python: python,
            [
                "--layers", "\(shape.layers)", "--hidden", "\(shape.hidden)", "--batch", "\(shape.batch)", "--length",
                "\(shape.length)", "--vocab", "\(shape.vocabulary)", "--steps", "\(steps + 2)", "--threads",
                "\(shape.threads)", "--precision", shape.precision.rawValue,
            ] + (compiles ? ["--compile"] : []), quiet: true)
        guard status == 0, let line = String(decoding: output, as: UTF8.self).split(separator: "\n").last,
            let report = try? JSONDecoder().decode(Report.self, from: Data(line.utf8))
        else { throw Failure(description: "\(python) \(script) exited with \(status) and no JSON line") }
        return report
    }
}
