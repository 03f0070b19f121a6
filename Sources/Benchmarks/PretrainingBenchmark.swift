import ArgumentParser
import Attention
import Bert
import Corpora
import Foundation
import Tensors
import Training

/// The same step as `torch_pretrain.py`: random tokens, 15% masked, no padding, clipping and AdamW.
struct PretrainingBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pretraining", abstract: "Tokens a second of pretraining, interleaved with a PyTorch script.")

    @Option(help: "Encoder blocks.") var layers = 4
    @Option(help: "Hidden width; heads are 64 wide.") var hidden = 256
    @Option(help: "Sequences a step.") var batch = 32
    @Option(help: "Tokens a sequence.") var length = 128
    @Option(help: "Size of the vocabulary.") var vocab = 30522
    @Option(help: "softmax, or yoso: 32 hashes of log2 of the length bits; PyTorch's is softmax.")
    var attention = "softmax"
    @Option(help: "Probability of dropping a softmax weight.") var attentionDropout: Float = 0.1
    @Option(help: "fp32 or bf16, of both.") var precision: Precision = .fp32
    @Option(help: "Timed steps a round.") var steps = 6
    @Option(help: "Rounds, each of ours and then the peer's.") var rounds = 3
    @Option(help: "Threads of both.") var threads = 2
    @Option(help: "Most tokens of a micro-batch.") var microBatchTokens = 2048
    @Option(help: "Path of torch_pretrain.py; without it only ours is timed.") var peer: String?
    @Option(help: "Python with torch and transformers.") var python = "python3"

    func validate() throws {
        guard ["softmax", "yoso"].contains(attention) else {
            throw ValidationError("--attention \(attention): wanted softmax or yoso")
        }
    }

    func run() throws {
        let step = TimedStep(self)
        print(
            "OpenBLAS core \(OpenBLAS.coreName), \(layers)x\(hidden), batch \(batch) x \(length), \(precision.rawValue), \(threads) threads"
        )
        var (ours, theirs): ([Double], [Double]) = ([], [])
        for round in 1...rounds {
            ours.append(step.tokensPerSecond(steps: steps))
            var line = String(format: "round %d: yoso %.0f tokens/s", round, ours[ours.count - 1])
            if let peer {
                theirs.append(try peerTokensPerSecond(peer))
                line += String(format: ", PyTorch %.0f tokens/s", theirs[theirs.count - 1])
            }
            print(line)
        }
        let speed = median(ours) * step.workPerToken * 1e-9
        print(String(format: "median: yoso %.0f tokens/s, %.0f GFLOP/s in products", median(ours), speed))
        if !theirs.isEmpty {
            print(
                String(
                    format: "median: PyTorch %.0f tokens/s; ratio %.2f", median(theirs), median(ours) / median(theirs)))
        }
    }

    private func peerTokensPerSecond(_ script: String) throws -> Double {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            python, script, "--layers", "\(layers)", "--hidden", "\(hidden)", "--batch", "\(batch)", "--length",
            "\(length)", "--vocab", "\(vocab)", "--steps", "\(steps + 2)", "--threads", "\(threads)", "--precision",
            precision.rawValue,
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0,
            let report = try JSONSerialization.jsonObject(with: data) as? [String: Any],
            let speed = report["tokens_per_second"] as? Double
        else { throw ValidationError("\(script) exited with \(process.terminationStatus) and no JSON line") }
        return speed
    }
}

extension Precision: ExpressibleByArgument {}

/// A model, its batch, and the time of a whole step on it.
private struct TimedStep {
    let pretrainer: Pretrainer
    let examples: [PretrainingExample]
    let workPerToken: Double

    init(_ command: PretrainingBenchmark) {
        let encoder = EncoderOptions(
            layers: command.layers, width: command.hidden, heads: command.hidden / 64,
            intermediate: 4 * command.hidden, vocabulary: command.vocab, positions: max(512, command.length),
            attentionDropout: command.attentionDropout,
            attention: command.attention == "yoso" ? .yoso(YosoOptions(bits: nil)) : .softmax)
        let options = PretrainingOptions(
            examples: ExampleOptions(length: command.length, sentenceOrder: false), batch: .sequences(command.batch),
            microBatchTokens: command.microBatchTokens, budget: .steps(1000), slices: command.threads,
            threads: command.threads, precision: command.precision)
        pretrainer = Pretrainer(encoder, options)
        examples = (0..<command.batch).map { sequence in
            let random = RandomStream(seed: 7).stream(UInt64(sequence))
            let ids = (0..<command.length).map { Int32(5 + Int(random.word(UInt32($0))) % (command.vocab - 5)) }
            let masked = (0..<command.length).filter { random.uniform(UInt32(command.length + $0)) < 0.15 }
            return PretrainingExample(
                ids: ids, segments: Array(repeating: 0, count: ids.count), maskedPositions: masked.map(Int32.init),
                maskedLabels: masked.map { ids[$0] }, isOrdered: nil)
        }
        let work = FloatingPointWork(encoder).pretrainingStep(
            lengths: examples.map(\.ids.count), masked: examples.reduce(0) { $0 + $1.maskedLabels.count })
        workPerToken = work / Double(command.batch * command.length)
        _ = tokensPerSecond(steps: 2)
    }

    /// By the median time of `steps` steps.
    func tokensPerSecond(steps: Int) -> Double {
        let times = (0..<steps).map { index in
            let start = ContinuousClock.now
            _ = pretrainer.step(examples, index: index, of: 1000)
            return start.duration(to: .now).seconds
        }
        return Double(examples.reduce(0) { $0 + $1.ids.count }) / median(times)
    }
}

private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
