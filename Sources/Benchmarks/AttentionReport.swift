import Checkpoints
import Foundation
import Reports

/// What was measured of one attention at one length.
public struct AttentionRecord: Codable {
    public var name: String
    public var data: String
    public var length: Int
    /// Medians, milliseconds a head.
    public var forward: Double
    public var forwardBackward: Double
    /// Beside input, output and their gradients; nil for peers.
    public var extraBytesPerToken: Double?
    /// |Y - Y'| / |Y'| to softmax's output, and to that of YOSO-E where it is the expectation.
    public var errorToSoftmax: Double?
    public var errorToExpectation: Double?
}

/// The records of a run, as a table, JSON and a chart.
public struct AttentionReport: Codable {
    public var machine: String
    public var width: Int
    /// 0 on a GPU.
    public var threads: Int
    public var records: [AttentionRecord]

    public init(machine: String, width: Int, threads: Int, records: [AttentionRecord]) {
        (self.machine, self.width, self.threads, self.records) = (machine, width, threads, records)
    }

    /// Writes `attention.json` and `attention.html` into `folder`.
    ///
    /// - Throws: what writing throws.
    public func write(to folder: String) throws {
        try Self.check(folder)
        try ReportFile.write(self, to: "\(folder)/\(Self.jsonName)")
        try ReportFile.write(text: AttentionChart(report: self).html, to: "\(folder)/\(Self.pageName)")
    }

    private static let (jsonName, pageName) = ("attention.json", "attention.html")

    /// Makes the folder, before work is done for it.
    ///
    /// - Throws: `CheckpointError` where nothing can be written into it.
    public static func check(_ folder: String) throws {
        try AtomicFolder.createDirectory(URL(fileURLWithPath: folder, isDirectory: true))
        for name in [jsonName, pageName] { try ReportFile.check("\(folder)/\(name)") }
    }

    var place: String { threads == 0 ? "a GPU" : "\(threads) threads" }

    public func table(data: String, length: Int) -> [String] {
        func error(_ value: Double?) -> String { value.map { String(format: "%10.4f", $0) } ?? "         –" }
        let head = "attention             forward ms  with backward  bytes/token  to softmax  to expectation"
        return ["", "\(length) tokens, \(data) queries and keys, a head of \(width) on \(place)", head]
            + records.filter { $0.data == data && $0.length == length }.map { record in
                let bytes = record.extraBytesPerToken.map { String(format: "%11.0f", $0) } ?? "          –"
                // A longer name moves its own numbers, and is whole.
                return record.name + String(repeating: " ", count: max(1, 20 - record.name.count))
                    + String(format: "%12.3f  %13.3f  ", record.forward, record.forwardBackward)
                    + "\(bytes)  \(error(record.errorToSoftmax))      \(error(record.errorToExpectation))"
            }
    }

    /// The first length from which on `name` is faster than `other`, on `data`; nil where it never is.
    public func crossover(_ name: String, _ other: String, data: String, _ time: (AttentionRecord) -> Double) -> Int? {
        let lengths = Set(records.filter { $0.data == data }.map(\.length)).sorted()
        func value(_ name: String, _ length: Int) -> Double? {
            records.first { $0.name == name && $0.data == data && $0.length == length }.map(time)
        }
        return lengths.indices.first { start in
            lengths[start...].allSatisfy { length in
                guard let mine = value(name, length) else { return false }
                return value(other, length).map { mine < $0 } ?? true
            }
        }.map { lengths[$0] }
    }
}
