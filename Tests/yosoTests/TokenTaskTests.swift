import Checkpoints
import Digests
import Foundation
import Testing

/// A task of words in CoNLL's columns on the command line, from a generated corpus of names.
@Suite(.serialized) struct TokenTaskTests {
    private let tool: CommandLineTool

    init() throws {
        tool = try .withPretrainedRun()
        try tool.writeNames()
    }

    private func finetune(_ more: [String] = [], checkpoint: String = "run") throws -> CommandLineTool.Result {
        let result = try tool.run(["finetune", "names.yaml", "--checkpoint", checkpoint, "--random-weights"] + more)
        #expect(result.code == 0, "\(result.error)")
        return result
    }

    private func weights(_ run: String) throws -> String {
        try SHA256.hexadecimal(ofFile: tool.file("\(run)/best/model.safetensors"))
    }

    private func text(_ path: String) throws -> String { try String(contentsOf: tool.file(path), encoding: .utf8) }

    private struct Answer: Decodable, Equatable {
        let entities: [Entity]

        struct Entity: Decodable, Equatable {
            let type, text: String
            let start, end: Int
            let probability: Double
        }
    }

    private func predict(_ input: String, _ more: [String] = []) throws -> [Answer] {
        let result = try tool.run(["predict", "--checkpoint", "Checkpoints/names"] + more, input: input)
        #expect(result.code == 0, "\(result.error)")
        let lines = input.split(separator: "\n", omittingEmptySubsequences: false).map { Array($0.utf8) }
        return try result.output.split(separator: "\n").enumerated().map { index, line in
            let answer = try JSONDecoder().decode(Answer.self, from: Data(line.utf8))
            for entity in answer.entities {
                #expect(String(decoding: lines[index][entity.start..<entity.end], as: UTF8.self) == entity.text)
                #expect((0.0...1).contains(entity.probability))
            }
            return answer
        }
    }

    /// A text is split at CJK characters, which these words are not; nor does an English vocabulary know them.
    @Test func wordsThatNoTextIsSplitIntoAreSaid() throws {
        let rows = (0..<40).map { "田中 B-PER\nは O\n東京 B-LOC\nに O\n\($0) O\n\n" }.joined()
        try tool.write(rows, to: "kanji.conll")
        try tool.write(
            "kind: finetuning\nname: kanji\ntask: { train: kanji.conll, dev: kanji.conll, label: tokens }\nepochs: 1\n",
            to: "kanji.yaml")
        let result = try tool.run("finetune", "kanji.yaml", "--checkpoint", "run", "--random-weights")
        #expect(result.code == 0, "\(result.error)")
        let several =
            "predict splits 80 of 200 training words into several, whose parts have no tags to learn from; "
            + "split them in the file too"
        #expect(result.output.contains(several), "\(result.output)")
        #expect(result.output.contains(/\d\d\.\d% of the tokens of training rows are unknown to the vocabulary/))
        #expect(try !finetune().output.contains("training words into several"))
    }

    /// Names of two words, places of one or two, and words that are either.
    @Test func itLearnsAndPredictsWhereNamesStand() throws {
        let result = try finetune()
        #expect(result.output.contains(/labels: O [0-9,]+, B-LOC [0-9]+, I-LOC [0-9]+, B-PER [0-9]+, I-PER [0-9]+\n/))
        let best = try #require(result.output.firstMatch(of: /\nbest: epoch \d+, dev (accuracy .* on 60 rows)/)?.1)
        let score = try #require(best.firstMatch(of: /entity F1 ([0-9.]+)%/)?.1)
        #expect((Double(score) ?? 0) > 90, "\(best)")
        let evaluation = try tool.run("evaluate", "--checkpoint", "Checkpoints/names")
        #expect(evaluation.output.contains("names dev: \(best), "), "\(evaluation.output) \(evaluation.error)")
        try tool.write("Anna B-PER\nBerg I-PER\nslept O\n", to: "other.conll")
        let other = try tool.run("evaluate", "--checkpoint", "Checkpoints/names", "--data", "other.conll")
        #expect(other.output.contains("on 1 rows"), "\(other.error)")

        let config = try #require(
            JSONSerialization.jsonObject(with: Data(text("Checkpoints/names/best/config.json").utf8)) as? [String: Any])
        #expect(config["architectures"] as? [String] == ["BertForTokenClassification"])
        #expect(
            config["id2label"] as? [String: String]
                == ["0": "O", "1": "B-LOC", "2": "I-LOC", "3": "B-PER", "4": "I-PER"])

        // Bytes, not characters, stand in front of the names; words are split as there are no columns.
        let lines = "— Anna Berg went to Paris.\n\nToday Tom London slept in North Hill, and met Maria Berg in Rome.\n"
        let answers = try predict(lines)
        #expect(answers.count == 3 && answers[1].entities.isEmpty)
        let found = answers.map { $0.entities.map { "\($0.type) \($0.text) \($0.start)" } }
        #expect(found[0] == ["PER Anna Berg 4", "LOC Paris 22"])
        #expect(found[2] == ["PER Tom London 6", "LOC North Hill 26", "PER Maria Berg 46", "LOC Rome 60"])
        let json = try tool.run(
            ["predict", "--checkpoint", "Checkpoints/names"], input: #"{"text": "Anna Berg slept.", "id": 7}"# + "\n")
        #expect(json.output.hasPrefix(#"{"id":7,"entities":[{"end":9,"probability":0."#), "\(json.output)")
        let pair = try tool.run(["predict", "--checkpoint", "Checkpoints/names"], input: "a\tb\n")
        #expect(pair.code == 1 && pair.output.contains("two texts, but the model was fine-tuned on one"))

        // However many are predicted together, on however many threads, and in pieces where the length is small.
        let alone = try predict(lines, ["--batch", "1", "--threads", "1"])
        #expect(alone.map { $0.entities.map(\.text) } == answers.map { $0.entities.map(\.text) })
        for (one, other) in zip(alone.flatMap(\.entities), answers.flatMap(\.entities)) {
            #expect(abs(one.probability - other.probability) < 1e-5)
        }
        let long = String(repeating: "Today Anna Berg went to Paris. ", count: 40) + "\n"
        let all = try predict(long)[0].entities
        #expect(all.count { $0.text == "Paris" } > 30 && (all.last?.end ?? 0) == long.utf8.count - 3)

        #expect(try tool.run("export", "Checkpoints/names", "--output", "hub").code == 0)
        let card = try text("hub/README.md")
        #expect(card.contains("pipeline_tag: token-classification") && card.contains("AutoModelForTokenClassification"))

        #expect(try tool.run("report", "Checkpoints/names").code == 0)
        let page = try text("Checkpoints/names/report.html")
        #expect(page.contains("<h2>Entities</h2>") && page.contains("<td>LOC</td>"))
        let words = try text("Checkpoints/names/predictions.tsv").split(separator: "\n")
        #expect(words[0] == "set\tindex\ttag\tprediction\tp(O)\tp(B-LOC)\tp(I-LOC)\tp(B-PER)\tp(I-PER)\ttext1")
        // A header here, the beginning of a document there.
        #expect(try words.count == text("dev.conll").split(separator: "\n").count)
        #expect(words.last?.hasPrefix("names\t59\t") == true)
    }

    @Test func threadsAndResumeChangeNoBit() throws {
        let epochs = ["--set", "epochs=6"]
        for threads in [1, 2] {
            _ = try finetune(epochs + ["--output", "t\(threads)", "--set", "threads=\(threads)"])
        }
        #expect(try weights("t1") == weights("t2"))
        let arguments = ["finetune", "names.yaml", "--checkpoint", "run", "--random-weights", "--output", "k"] + epochs
        // Within an epoch, and behind the first by a kill.
        for signal in [SIGINT, SIGKILL] {
            var isHit = false
            // Where other tests take the cores, a signal may come behind the end.
            for _ in 0..<5 where !isHit {
                let (process, _, _) = try tool.start(arguments)
                let isThere = { signal == SIGINT ? tool.exists("k/metrics.jsonl") : tool.exists("k/predictions.tsv") }
                while process.isRunning, !isThere() { usleep(2000) }
                kill(process.processIdentifier, signal)
                process.waitUntilExit()
                isHit =
                    signal == SIGKILL ? process.terminationReason == .uncaughtSignal : process.terminationStatus == 130
                if !isHit { try FileManager.default.removeItem(at: tool.file("k")) }
            }
            #expect(isHit, "\(signal)")
        }
        #expect(try finetune(epochs + ["--output", "k"]).output.contains("continuing at "))
        #expect(try weights("k") == weights("t1"))
        #expect(try text("k/predictions.tsv") == text("t1/predictions.tsv"))
    }

    @Test func wordPiecesToo() throws {
        let letters = "abcdefghijklmnopqrstuvwxyz".map(String.init)
        let pieces =
            ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", ",", "-"] + letters + letters.map { "##\($0)" }
        try tool.write(
            (pieces + ["anna", "paris", "##is", "to", "went"]).joined(separator: "\n") + "\n", to: "pieces/vocab.txt")
        let pretrained = try tool.run(
            tool.pretraining(steps: 2, output: "wordpiece", ["--vocabulary", "pieces"]))
        #expect(pretrained.code == 0, "\(pretrained.error)")
        let result = try finetune(checkpoint: "wordpiece")
        let scores = result.output.matches(of: /entity F1 ([0-9.]+)%/).compactMap { Double($0.1) }
        #expect((scores.last ?? 0) > 80, "\(scores)")
        let found = try predict("— Today Anna Berg went to Paris.\n")[0].entities.map {
            "\($0.type) \($0.text) \($0.start)"
        }
        #expect(found.contains("LOC Paris 28"), "\(found)")
    }

    /// Sentences that are longer than the positions are said, and none of their words is lost.
    @Test func longSentencesAndStrangeWords() throws {
        let long = (0..<100).map { "word\($0) O" } + ["Anna B-PER", "Berg I-PER"]
        try tool.write(long.joined(separator: "\n") + "\n\n\u{200B} O\nTom B-PER\n", to: "dev.conll")
        let result = try finetune(["--set", "length=16", "--set", "epochs=1"])
        #expect(
            result.output.contains("names: 1 of 2 dev sentences have more than 16 tokens, and are read in pieces\n"))
        #expect(result.output.contains("names: 1 dev words have no token, and are read as the unknown one\n"))
        let rows = try text("Checkpoints/names/predictions.tsv").split(separator: "\n").dropFirst()
        let words = long.map { $0.components(separatedBy: " ")[0] } + ["\u{200B}", "Tom"]
        #expect(rows.map { $0.components(separatedBy: "\t").last } == words)
    }

    @Test func seedsSearchAndSweep() throws {
        let small = ["epochs=1", "task.train=dev.conll"].flatMap { ["--set", $0] }
        for (folder, rate) in [("a", "3e-3"), ("b", "1e-3")] {
            let more = ["--seeds", "3", "--output", folder, "--set", "optimizer.rate=\(rate)"] + small
            #expect(try finetune(more).output.contains("3 seeds: median "))
        }
        let comparison = try tool.run("compare", "a", "b")
        #expect(comparison.code == 0 && comparison.output.contains(" on names by "), "\(comparison.error)")
        _ = try finetune(["--search", "optimizer.rate=3e-3,1e-3"] + small)
        #expect(try text("Checkpoints/names-search/leaderboard.md").hasPrefix("| names | epoch | dev score |"))
        var sweep = tool.pretraining(steps: 2)
        sweep.replaceSubrange(0..<1, with: ["sweep"])
        let result = try tool.run(sweep + ["--over", "seed=1", "--task", "names.yaml"])
        #expect(result.code == 0 && result.output.contains("| time | names |"), "\(result.error)")
    }

    @Test func whatIsWrongIsOneLine() throws {
        try tool.write("Anna B-PER\nBerg X-PER\n", to: "train.conll")
        let wrong = try tool.run("finetune", "--task", "names.yaml", "--checkpoint", "run")
        #expect(wrong.code == 1)
        #expect(
            wrong.error
                == "Error: train.conll:2: the tag is 'X-PER'; wanted O, or B- or I- with a type behind it, such as B-PER\n"
        )
        let kind = try tool.run("finetune", "names.yaml", "--checkpoint", "run", "--set", "task.kind=labels")
        #expect(
            kind.code == 1 && kind.error.contains("task.kind is labels; with task.label: tokens every word has one tag")
        )
        let metric = try tool.run("finetune", "names.yaml", "--checkpoint", "run", "--set", "task.metric=f1")
        #expect(
            metric.error.contains(
                "task.metric is f1; tokens are scored by accuracy, entityF1, entityPrecision, entityRecall"))
    }
}

extension CommandLineTool {
    /// A corpus of names and places, and the recipe of a task on it.
    func writeNames() throws {
        try write(
            """
            kind: finetuning
            name: names
            task: { train: train.conll, dev: dev.conll, label: tokens }
            length: 64
            epochs: 12
            batch: 8 sequences
            optimizer: { rate: 5e-3 }
            classifierDropout: 0

            """, to: "names.yaml")
        var state: UInt64 = 1
        func pick(_ words: [String]) -> [String] {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return words[Int(state >> 33) % words.count].split(separator: " ").map(String.init)
        }
        let (first, last) = (["Anna", "Tom", "Maria", "Ben", "Clara"], ["Berg", "Hill", "London", "Smith"])
        let places = ["Paris", "London", "North Hill", "Rome", "New Berg"]
        func sentence() -> String {
            var words: [String] = []
            func add(_ text: [String], _ type: String? = nil) {
                for (index, word) in text.enumerated() {
                    words.append(type.map { "\(word) \(index == 0 ? "B" : "I")-\($0)" } ?? "\(word) O")
                }
            }
            func person() { add(pick(first) + pick(last), "PER") }
            add(pick(["Today", "Then", "—", "Once"]))
            person()
            add(pick(["went to", "slept in", "dreamt of"]))
            add(pick(places), "LOC")
            let next = pick([".", ", and met", ", then saw"])
            add(next)
            if next != ["."] {
                person()
                add(pick(["in"]))
                add(pick(places), "LOC")
                add(pick([", twice", ", again"]) + ["."])
            }
            return words.joined(separator: "\n") + "\n\n"
        }
        try write((0..<300).map { _ in sentence() }.joined(), to: "train.conll")
        try write("-DOCSTART- O\n\n" + (0..<60).map { _ in sentence() }.joined(), to: "dev.conll")
    }
}
