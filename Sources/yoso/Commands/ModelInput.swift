import ArgumentParser
import Checkpoints
import Console
import Experiments
import Foundation
import Inference
import Tensors
import Training

/// What commands that answer lines have in common.
struct ModelInput: ParsableArguments {
    @Argument(help: "One text, or lines of them, in the place of standard input.") var text: String?
    @Option(help: "A model's folder, or a run; embed's default is the model in the box.", completion: .run)
    var checkpoint: String?
    @Option(help: "A file in the place of standard input.", completion: .file()) var input: String?
    @Option(help: "A file in the place of standard output.", completion: .file()) var output: String?
    @Option(help: "Longest input in tokens; longer texts are cut, or for tags read in pieces.") var length: Int?
    @Option(help: "Threads, 0 for one a core.") var threads = 0
    @OptionGroup var computation: Computation
    @Option(help: "Most lines answered together; memory does not grow beyond them.") var batch = 256

    func validate() throws {
        try checkThreads(threads)
        guard (1...1_000_000).contains(batch) else { throw ValidationError("--batch \(batch): wanted 1 to 1,000,000") }
    }
}

extension ModelInput {
    /// The lines to answer, opened before anything takes the place of an older output.
    ///
    /// - Throws: `InputProblem` where there is no such file, or a text that is one, `ValidationError` where the answers would go into it.
    func lines() throws -> InputLines {
        let lines = try InputLines(input, text: text)
        if let output, lines.isFile(at: output) {
            throw ValidationError("--output \(output) is the input; wanted another file")
        }
        return lines
    }

    /// Where the answers go, emptied.
    func sink() throws -> Sink {
        if let output { try RunFolder.check(output: output) }
        return try output.map { try Sink(path: $0) } ?? .standardOutput
    }
}

/// - Throws: `ValidationError` where no machine has so many.
func checkThreads(_ threads: Int) throws {
    guard (0...1024).contains(threads) else { throw ValidationError("--threads \(threads): wanted 0 to 1024") }
}

/// The model that is named, or, which is said, the one in the box.
func pretrained(_ checkpoint: String?) -> URL {
    if checkpoint == nil { Terminal.note("no --checkpoint: \(ModelPath.inBox), the model in the box") }
    return ModelPath.url(checkpoint ?? ModelPath.inBox)
}

/// What computes, and in which numbers.
struct Computation: ParsableArguments {
    @Option(help: "fp32, or bf16 for more speed.") var precision = Precision.fp32
    @Option(help: "What computes: cpu, cuda (the first GPU), or auto, a GPU where there is one.")
    var device = DeviceChoice.cpu

    func validate() throws { try usage { try precision.check(on: device) } }
}
