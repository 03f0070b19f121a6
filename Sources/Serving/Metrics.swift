import Foundation
import Options
import Synchronization
import Training

/// What a server has done so far, in the text format of Prometheus (version 0.0.4).
final class Metrics: Sendable {
    private struct Answer: Hashable {
        let path: String
        let status: Int
    }

    private struct Figures {
        var answers: [Answer: Int] = [:]
        var seconds: [String: Histogram] = [:]
        var batches = Histogram(bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 1024])
        var (running, truncated) = (0, 0)
    }

    private let figures = Mutex(Figures())
    private let model: String
    private let start = Date().timeIntervalSince1970

    init(model: String) { self.model = model }

    func began() { figures.withLock { $0.running += 1 } }

    func ended(_ path: String, status: Int, seconds: Double) {
        figures.withLock { figures in
            figures.running -= 1
            figures.answers[Answer(path: path, status: status), default: 0] += 1
            figures.seconds[path, default: Self.seconds].add(seconds)
        }
    }

    /// So many texts were computed together.
    func computed(_ texts: Int) { figures.withLock { $0.batches.add(Double(texts)) } }

    /// Of some texts, those of which the beginning alone is read.
    func truncated(_ texts: Int) { figures.withLock { $0.truncated += texts } }

    /// How many those were so far.
    var truncatedTexts: Int { figures.withLock { $0.truncated } }

    /// Texts that were computed so far.
    var texts: Int { figures.withLock { Int($0.batches.sum) } }

    /// Answers so far.
    var answers: Int { figures.withLock { $0.answers.values.reduce(0, +) } }

    /// - Parameter waiting: texts in queues.
    func text(waiting: Int) -> String {
        let figures = figures.withLock { $0 }
        let memory = ProcessMemory.residentBytes.map { ["process_resident_memory_bytes \($0)"] }
        let families: [(name: String, kind: String, help: String, samples: [String])] = [
            (
                "yoso_model_info", "gauge", "The model that is served.",
                ["yoso_model_info{model=\"\(model.asLabel)\"} 1"]
            ),
            (
                "yoso_requests_total", "counter", "Requests that were answered.",
                figures.answers.map { answer, count in
                    "yoso_requests_total{path=\"\(answer.path)\",code=\"\(answer.status)\"} \(count)"
                }.sorted()
            ),
            (
                "yoso_request_seconds", "histogram", "From a request's head to its answer.",
                figures.seconds.sorted { $0.key < $1.key }.flatMap {
                    $1.samples("yoso_request_seconds", "path=\"\($0)\"")
                }
            ),
            ("yoso_batch_texts", "histogram", "Texts computed together.", figures.batches.samples("yoso_batch_texts")),
            (
                "yoso_requests_running", "gauge", "Requests that are worked on.",
                ["yoso_requests_running \(figures.running)"]
            ),
            (
                "yoso_texts_truncated_total", "counter", "Texts of which the beginning alone was read.",
                ["yoso_texts_truncated_total \(figures.truncated)"]
            ),
            ("yoso_texts_waiting", "gauge", "Texts that wait to be computed.", ["yoso_texts_waiting \(waiting)"]),
            ("process_resident_memory_bytes", "gauge", "Memory of the process.", memory ?? []),
            (
                "process_start_time_seconds", "gauge", "When the server began, since 1970.",
                ["process_start_time_seconds \(start)"]
            ),
        ]
        return families.filter { !$0.samples.isEmpty }.map {
            "# HELP \($0.name) \($0.help)\n# TYPE \($0.name) \($0.kind)\n" + $0.samples.map { $0 + "\n" }.joined()
        }.joined()
    }

    private static let seconds = Histogram(bounds: [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ])
}

/// How many values are at most each of some bounds.
struct Histogram {
    private let bounds: [Double]
    private var counts: [Int]
    private(set) var sum = 0.0
    private var count = 0

    init(bounds: [Double]) { (self.bounds, counts) = (bounds, bounds.map { _ in 0 }) }

    mutating func add(_ value: Double) {
        for index in bounds.indices where value <= bounds[index] { counts[index] += 1 }
        sum += value
        count += 1
    }

    func samples(_ name: String, _ label: String = "") -> [String] {
        let labels = label.isEmpty ? "" : "{\(label)}"
        func bucket(_ bound: String, _ count: Int) -> String {
            "\(name)_bucket{\(label.isEmpty ? "" : label + ",")le=\"\(bound)\"} \(count)"
        }
        return zip(bounds, counts).map { bucket("\($0)", $1) } + [
            bucket("+Inf", count), "\(name)_sum\(labels) \(sum)", "\(name)_count\(labels) \(count)",
        ]
    }
}

extension String {
    /// The text between the quotation marks of a label.
    fileprivate var asLabel: String {
        escaped(["\\": "\\\\", "\"": "\\\"", "\n": "\\n"])
    }
}
