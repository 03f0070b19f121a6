import Foundation
import Testing

@testable import Tasks

@Suite struct OwnTaskTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString)")

    private func with<Value>(_ files: [String: String], _ body: () throws -> Value) throws -> Value {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
        return try body()
    }

    private func task(
        _ train: String = "t.csv", dev: String? = nil, texts: [String] = ["text"], kind: OwnTask.Kind = .classes,
        metric: Metric? = nil, separator: String? = nil
    ) -> TaskSource {
        OwnTask {
            ($0.train, $0.dev, $0.texts, $0.label) = (train, dev, texts, "label")
            ($0.kind, $0.metric, $0.separator) = (kind, metric, separator)
        }.source(called: "own")
    }

    /// What is wrong with a training file of these rows, or its dev rows.
    private func problem(_ rows: String, dev: String? = nil, _ task: TaskSource) throws -> String? {
        try with(["t.csv": rows, "d.csv": dev ?? ""]) {
            do {
                let task = try task.withLabels(in: folder)
                if let train = task.train { _ = try TaskFile(task, train, in: folder) }
                _ = try TaskFile(task, task.dev[0], in: folder)
                return nil
            } catch let error as TaskError {
                return error.description.replacingOccurrences(of: folder.path + "/", with: "")
                    .replacingOccurrences(of: folder.path, with: "FOLDER")
            }
        }
    }

    @Test func labelsAreOfTheTrainingRowsInAStableOrder() throws {
        let rows = { (labels: [String]) in "text,label\n" + labels.map { "a,\($0)\n" }.joined() }
        func labels(_ names: [String]) throws -> [String] {
            try with(["t.csv": rows(names)]) { try task().withLabels(in: folder).target.labels }
        }
        #expect(try labels(["b", "a", "c", "a"]) == ["a", "b", "c"])
        #expect(try labels(["10", "9", "-1", "9"]) == ["-1", "9", "10"])
        #expect(try labels(["10", "2.5", "0.5", "1e1", "10"]) == ["0.5", "2.5", "10", "1e1"])
        #expect(try labels(["10", "9", "x", "9"]) == ["10", "9", "x"])
        #expect(try labels(["é", "z", "Z", "z"]) == ["Z", "z", "é"])
    }

    @Test func aColumnOfNamesIsNoColumnOfLabels() throws {
        let rows = ((0...65_536).map(String.init) + ["0"]).map { "a,\($0)\n" }.joined()
        #expect(
            try problem("text,label\n" + rows, task())
                == "t.csv: 65537 labels, the first of them '0'; wanted at most 65536, or kind: value")
    }

    @Test func aShareIsSplitOffBySeed() throws {
        let rows = (0..<50).map { "row \($0),\($0 % 2)\n" }.joined()
        try with(["t.csv": "text,label\n" + rows]) {
            func split(_ seed: UInt64, _ share: Double = 0.1) throws -> (train: [[String]], dev: [[String]]) {
                let own = OwnTask {
                    ($0.train, $0.texts, $0.label) = ("t.csv", ["text"], "label")
                    ($0.devShare, $0.devSeed) = (share, seed)
                }
                let task = try own.source(called: "own").withLabels(in: folder)
                let train = try #require(task.train)
                return (
                    try TaskFile(task, train, in: folder).rows.map(\.texts),
                    try TaskFile(task, task.dev[0], in: folder).rows.map(\.texts)
                )
            }
            let first = try split(1)
            #expect(first.train.count == 45 && first.dev.count == 5)
            #expect(Set(first.train + first.dev).count == 50)
            #expect(try split(1).dev == first.dev && split(2).dev != first.dev)
            #expect(try split(1, 0.001).dev.count == 1 && split(1, 0.9).train.count == 5)
        }
    }

    @Test func severalLabelsARow() throws {
        let json = #"{"text":"a","label":["y","x"]}"# + "\n" + #"{"text":"b","label":[]}"# + "\n"
        let files = [
            "t.jsonl": json, "t.csv": "text,label\na,\"[\"\"y\"\",\"\"x\"\"]\"\nb,[]\n",
            "t.tsv": "text\tlabel\na\ty; x\nb\t\n",
        ]
        try with(files) {
            for (name, separator) in [("t.jsonl", nil), ("t.csv", nil), ("t.tsv", ";")] as [(String, String?)] {
                let task = try task(name, dev: name, kind: .labels, separator: separator).withLabels(in: folder)
                #expect(task.target == .labels(["x", "y"]), "\(name)")
                #expect(try TaskFile(task, task.dev[0], in: folder).rows.map(\.target) == [[0, 1], []], "\(name)")
            }
        }
        // An accent that stands alone, which joins what is in front of it.
        try with(["t.csv": "text,label\na,x;\u{301};\u{200D};y\n"]) {
            let task = try task(kind: .labels, separator: ";").withLabels(in: folder)
            #expect(task.target == .labels(["x", "y", "\u{301}", "\u{200D}"]))
        }
        let labels = task(kind: .labels)
        #expect(
            try problem("text,label\na,y|x\n", labels)
                == "t.csv:2: the labels are 'y|x'; wanted a JSON list such as [\"a\", \"b\"], or a separator")
        for (text, label, message) in [
            (#""a""#, #"{"b":1}"#, #"the labels are {"b":1}; wanted a list of texts"#),
            (#""a""#, #"[["x"]]"#, #"the labels are [["x"]]; wanted a list of texts"#),
            (#""a""#, #"["x",null]"#, #"the labels are ["x",null]; wanted a list of texts"#),
            (#""a""#, #"["x"," "]"#, "a label is empty"),
            (#""a""#, #"["x","x "]"#, "the label 'x' occurs twice"),
            (#"{"b":1}"#, #"["x"]"#, #"'text' is {"b":1}; wanted a text"#),
            (#""a","text":"b""#, #"["x"]"#, "the key 'text' stands twice in the object"),
        ] {
            let row = #"{"text":\#(text),"label":\#(label)}"# + "\n"
            try with(["t.jsonl": row]) {
                do {
                    _ = try task("t.jsonl", dev: "t.jsonl", kind: .labels).withLabels(in: folder)
                    Issue.record("\(row) is read")
                } catch { #expect("\(error)".hasSuffix("t.jsonl:1: \(message)"), "\(error)") }
            }
        }
        #expect(
            try problem("text,label\na,\"[\"\"y\"\",\"\"y\"\"]\"\n", labels) == "t.csv:2: the label 'y' occurs twice")
        #expect(
            try problem("text,label\na,\"[null, \"\"y\"\"]\"\n", labels)
                == "t.csv:2: the labels are [null,\"y\"]; wanted a list of texts")
        #expect(try problem("text,label\na,[]\nb,[]\n", labels) == "t.csv: no row has a label; wanted one at least")
        #expect(try problem("text,label\na,x;;y\n", task(kind: .labels, separator: ";")) == "t.csv:2: a label is empty")
    }

    @Test func valuesArePlainNumbers() throws {
        try with(["t.csv": "text,label\na,-1.5e2\nb,0\n"]) {
            let task = try task(dev: "t.csv", kind: .value).withLabels(in: folder)
            #expect(try TaskFile(task, task.dev[0], in: folder).rows.map(\.target) == [[-150], [0]])
            #expect(task.metrics == [.pearson, .spearman] && task.target.outputs == 1)
            #expect(task.others == [.meanAbsoluteError])
        }
        for text in ["five", "nan", "inf", "0x5", "1 ", "1e99"] {
            #expect(
                try problem("text,label\na,1\nb,\(text)\n", task(kind: .value))
                    == "t.csv:3: the label is '\(text)'; wanted a number")
        }
    }

    @Test func everyFaultHasItsFileAndLine() throws {
        let right = "text,label\na,x\nb,y\nc,x\n"
        #expect(try problem(right, task()) == nil)
        #expect(
            try problem("texts,label\na,x\n", task())
                == "t.csv:1: no column 'text' (did you mean 'texts'?); found 'texts', 'label'")
        #expect(try problem("text,label,text\na,x,b\n", task()) == "t.csv:1: two columns 'text'")
        #expect(try problem("text,label\na,x\n \t,y\n", task()) == "t.csv:3: 'text' is empty; wanted a text")
        #expect(try problem("text,label\na,x\nb,\n", task()) == "t.csv:3: the label 'label' is missing")
        #expect(
            try problem("text,label\na,\"x\ny\"\n", task())
                == "t.csv:2: a label with a tab or a line break; wanted one line")
        #expect(
            try problem("text,label\na,x\nb,x\n", task())
                == "t.csv: all rows have the label 'x'; wanted two labels at least")
        #expect(try problem("text,label\n", task()) == "t.csv: the file has a header and no rows")
        #expect(
            try problem("text,label\na,1\nb,2\nc,3\n", task())
                == "t.csv: every row has a label of its own in 'label'; wanted labels that repeat, or kind: value")
        #expect(
            try problem(right, dev: "text,label\na,x\na,z\n", task(dev: "d.csv"))
                == "d.csv:3: unknown label 'z'; wanted 'x' or 'y'")
        let many = "text,label\n" + (0..<40).map { "a,label\($0 % 20)\n" }.joined()
        #expect(
            try problem(many, dev: "text,label\na,lable3\n", task(dev: "d.csv"))
                == "d.csv:2: unknown label 'lable3'; wanted one of the 20 labels of the task (did you mean 'label3'?)")
        #expect(try problem(right, task("n.csv")) == "n.csv: no such file or folder; wanted rows of the task own")
        #expect(
            try problem("text,label\na,x\na,y\nb,z\nb,z\n", task(metric: .f1))
                == "t.csv: f1 is of two classes, and there are 3; wanted macroF1 or microF1")
    }

    @Test func aTaskIsKeptAsJSON() throws {
        try with(["t.csv": "text,label\na,x\nb,y\nc,x\n"]) {
            let task = try task(texts: ["text", "label"], metric: .macroF1).withLabels(in: folder)
            let data = try JSONEncoder().encode(task)
            #expect(try JSONDecoder().decode(TaskSource.self, from: data) == task)
            #expect(try JSONEncoder().encode(self.task(kind: .value)).isEmpty == false)
        }
    }
}
