import Attention
import Experiments
import Tasks
import Training

/// Time, memory and error of every attention over lengths, in rounds of all in turn.
public struct AttentionBench {
    /// Attentions by name; the default is all.
    let only: [String]
    /// Width of a head.
    let width: Int
    /// Hashes of sampled attentions.
    public let hashes: Int
    /// Rounds; medians count.
    let rounds: Int
    /// Longest pass in seconds: an attention that would take more at the next length stops before it.
    let limit: Double
    /// Timed between the rounds.
    public var peer: PeerScript?
    /// In the place of the CPU.
    public var device: TimedDevice?

    public init(
        only: [String] = [], width: Int = 64, hashes: Int = YosoOptions().hashes, rounds: Int = 5, limit: Double = 10
    ) {
        (self.only, self.width, self.hashes, self.rounds, self.limit) = (only, width, hashes, rounds, limit)
    }

    /// By the names of the bench, where sampled attentions say how many hashes, and those with options of their own.
    public func choices(length: Int) -> [(name: String, choice: AttentionChoice)] {
        let timed = TimedAttentions(length: length, hashes: hashes)
        let all: [(name: String, choice: AttentionChoice)] = timed.all.map { name, choice in
            (choice.kind is YosoOptions ? "\(name)-\(hashes)" : name, choice)
        }
        let named = only.indices.filter { only.firstIndex(of: only[$0]) == $0 }.map { only[$0] }
        return all
            + named.filter { name in !all.contains { $0.name == name } }
            .compactMap { name in (try? timed.named(name)).map { (name, $0) } }
    }

    /// Why no GPU runs an attention at a length, of those that are asked for, or of all.
    public func problemsOnDevice(length: Int) -> [String] {
        choices(length: length).filter { only.isEmpty || only.contains($0.name) }
            .compactMap { name, choice in
                choice.problemOnDevice(headWidth: width, length: length).map { "\(name): \($0)" }
            }
    }

    /// - Throws: `UsageError` where numbers are out of their ranges, or an attention or a kind of data is unknown.
    public func check(
        _ lengths: [Int], _ data: [String], checkpoint: String?, _ text: [String], threads: Int
    ) throws {
        guard lengths.allSatisfy({ (1...1 << 22).contains($0) }), (1...128).contains(width), rounds > 0, threads >= 0,
            (1...1024).contains(hashes), limit > 0
        else {
            throw UsageError(
                "wanted --lengths 1 to \(1 << 22), --width 1 to 128, --hashes 1 to 1024, --rounds above 0, "
                    + "--threads not below 0, --limit above 0")
        }
        for name in data where !["random", "clustered", "checkpoint"].contains(name) {
            throw UsageError("--data \(name): wanted random, clustered or checkpoint")
        }
        guard data.contains("checkpoint") == (checkpoint != nil) else {
            throw UsageError("--data checkpoint and --checkpoint FOLDER go together")
        }
        guard text.isEmpty || checkpoint != nil else { throw UsageError("--text is for --data checkpoint") }
        let (longest, names) = (lengths.max() ?? 1, choices(length: 512).map(\.name))
        for name in only {
            try TimedAttentions(length: longest, hashes: hashes).check(
                name, "--only", "--lengths has \(longest)", headWidth: width, among: names)
        }
    }

    /// What is measured at all lengths on all kinds of data, each table told to `line` as soon as it is there.
    ///
    /// - Parameter checkpoint: queries and keys of a checkpoint at a length.
    /// - Throws: `PeerScript.Failure`, and what `checkpoint` throws.
    public func report(
        _ lengths: [Int], _ kinds: [String], _ workers: Workers, line: (String) -> Void,
        checkpoint: (Int) throws -> HeadInput
    ) throws -> AttentionReport {
        var report = AttentionReport(
            machine: device?.title ?? MachineFacts.title, width: width, threads: device == nil ? workers.threads : 0,
            records: [])
        for (index, data) in kinds.enumerated() where !kinds[..<index].contains(data) {
            for length in Set(lengths).sorted() {
                let input: HeadInput =
                    switch data {
                    case "checkpoint": try checkpoint(length)
                    case "clustered": .clustered(length: length, width: width)
                    default: .random(length: length, width: width)
                    }
                report.records += try records(input, data, after: report.records, workers)
                report.table(data: data, length: length).forEach(line)
            }
            let names = report.records.filter { $0.data == data }.map(\.name)
            if let name = names.first(where: { $0.hasPrefix("yoso-") }), names.contains("softmax") {
                let crossover = report.crossover(name, "softmax", data: data, \.forwardBackward)
                let length = crossover.map { "from \($0) tokens on" } ?? "at none of these lengths"
                line("\(name) with backward is faster than our softmax \(length) (\(data))")
            }
        }
        return report
    }

    /// What is measured of all at the length of `input`, whose kind is `data`, but for those that `earlier` records say are
    /// too slow for it.
    ///
    /// - Throws: `PeerScript.Failure`.
    public func records(
        _ input: HeadInput, _ data: String, after earlier: [AttentionRecord], _ workers: Workers
    ) throws -> [AttentionRecord] {
        let length = input.length
        let trials = choices(length: length).filter { only.isEmpty || only.contains($0.name) }
            .filter { affords($0.name, data, length, earlier) }
            .filter { device == nil || $0.choice.problemOnDevice(headWidth: width, length: length) == nil }
            .map { AttentionTrial($0.name, $0.choice, input, workers, device: device) }
        var times = [String: (forward: [Double], both: [Double])]()
        for round in 0...rounds {
            for trial in trials {
                let (forward, both) = (trial.milliseconds(backward: false), trial.milliseconds(backward: true))
                // The first round warms up.
                if round > 0 {
                    times[trial.name, default: ([], [])].forward.append(forward)
                    times[trial.name, default: ([], [])].both.append(both)
                }
            }
            guard round > 0, let peer else { continue }
            // What took too long at the last length is not even started.
            let slow = Set(earlier.filter { $0.data == data }.map(\.name))
                .filter { !affords($0, data, length, earlier) }
            for (name, time) in try peerTimes(peer, length, workers.threads, without: slow) {
                times[name, default: ([], [])].forward.append(time["forward"] ?? 0)
                times[name, default: ([], [])].both.append(time["both"] ?? 0)
            }
        }
        let outputs = Dictionary(uniqueKeysWithValues: trials.map { ($0.name, $0.output()) })
        // Four heads once more: not where that would take long.
        let quick = trials.filter { 8e-3 * median(times[$0.name]?.both ?? []) < limit }
        let memory = Dictionary(uniqueKeysWithValues: quick.map { ($0.name, $0.extraBytesPerToken()) })
        let peers = times.keys.filter { outputs[$0] == nil }.sorted()
        return (trials.map(\.name) + peers).map { name in
            AttentionRecord(
                name: name, data: data, length: length, forward: median(times[name]?.forward ?? []),
                forwardBackward: median(times[name]?.both ?? []), extraBytesPerToken: memory[name],
                errorToSoftmax: name == "softmax" ? nil : distance(outputs[name], outputs["softmax"]),
                errorToExpectation: Self.expectation(of: name).flatMap { distance(outputs[name], outputs[$0]) })
        }
    }

    /// What a sampled attention samples.
    private static func expectation(of name: String) -> String? {
        if name.hasPrefix("yoso-") { return "yosoExpectation" }
        return name.hasPrefix("conditional-") || name.hasPrefix("budget-") ? "massExpectation" : nil
    }

    /// Whether a pass would stay below the limit, were it quadratic in length.
    private func affords(_ name: String, _ data: String, _ length: Int, _ earlier: [AttentionRecord]) -> Bool {
        guard let last = earlier.last(where: { $0.name == name && $0.data == data }) else {
            return earlier.isEmpty || !earlier.contains { $0.data == data }
        }
        let growth = Double(length) / Double(last.length)
        return last.length < length && last.forwardBackward * growth * growth < 1e3 * limit || length == last.length
    }

    private func peerTimes(
        _ peer: PeerScript, _ length: Int, _ threads: Int, without names: Set<String>
    ) throws -> [String: [String: Double]] {
        try peer.run(
            [
                "--length", "\(length)", "--width", "\(width)",
                "--heads", "\(threads * AttentionTrial.heads(length: length))", "--threads", "\(threads)",
                "--repeats", "1", "--without",
            ] + names.sorted())
    }
}

/// |a - b| / |b|
private func distance(_ a: [Float]?, _ b: [Float]?) -> Double? {
    guard let a, let b else { return nil }
    var (difference, size) = (0.0, 0.0)
    for (a, b) in zip(a, b) {
        difference += Double((a - b) * (a - b))
        size += Double(b * b)
    }
    return (difference / size).squareRoot()
}
