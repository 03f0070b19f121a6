import Checkpoints
import Foundation

/// The numbers of a run's steps, by the names that its log gives them.
///
/// A million steps are 20 minutes of a GPU. Decoded into reports they took `yoso report` 28 s and 1.3 GB; as columns, where a line that has
/// the keys of the one before, as a run's have, is walked through by its bytes, 5 s and 0.2 GB (two cores of an Emerald Rapids).
public struct StepColumns: Sendable {
    public private(set) var count = 0
    public private(set) var first: StepReport?
    private var lastLine: Data?
    private var names: [String: Int] = [:]
    private var columns: [[Double]] = []
    /// Of the last line that was decoded, in their order; none where a line like it has to be decoded too.
    private var keys: [Key] = []
    /// Of the line that is walked through, one for each key.
    private var values: [Double] = []

    private struct Key {
        let name: [UInt8]
        let column: Int
        let limits: ClosedRange<Double>
        let isWhole: Bool
    }

    private static let most = 100

    public init() {}

    public var last: StepReport? { lastLine.flatMap { try? JSONDecoder().decode(StepReport.self, from: $0) } }

    /// What each step has of this name, NaN where it has none; nil where no step has any.
    public subscript(name: String) -> [Double]? { names[name].map { columns[$0] } }

    /// - Returns: whether it is a step.
    public mutating func append(_ line: UnsafeRawBufferPointer) -> Bool {
        if walk(line) {
            for (key, value) in zip(keys, values) { columns[key.column].append(value) }
        } else {
            let (line, decoder) = (Data(line), JSONDecoder())
            guard let report = try? decoder.decode(StepReport.self, from: line), report.kind == StepHead.kind,
                let numbers = try? decoder.decode([String: Number].self, from: line)
            else { return false }
            first = first ?? report
            for (name, number) in numbers {
                guard let value = number.value, let column = column(name) else { continue }
                columns[column].append(value)
            }
            keys = learned(from: line)
        }
        count += 1
        for column in columns.indices where columns[column].count < count { columns[column].append(.nan) }
        lastLine = Data(line)
        return true
    }

    /// Of whatever type, and of null.
    private struct Number: Decodable {
        let value: Double?

        init(from decoder: any Decoder) throws { value = try? decoder.singleValueContainer().decode(Double.self) }
    }

    /// Nil of one more than any log has, each of which is as long as the log.
    private mutating func column(_ name: String) -> Int? {
        if let column = names[name] { return column }
        guard columns.count < Self.most else { return nil }
        names[name] = columns.count
        columns.append(Array(repeating: .nan, count: count))
        return columns.count - 1
    }

    /// - Returns: whether the line is a step with the keys, and values that a decoder takes, which are in `values` then.
    private mutating func walk(_ line: UnsafeRawBufferPointer) -> Bool {
        values.removeAll(keepingCapacity: true)
        var isAlike = !keys.isEmpty
        let found = Checkpoints.LogLine(plain: line) { key, text in
            guard isAlike, values.count < keys.count, keys[values.count].name.elementsEqual(key),
                let value = Double(String(decoding: text, as: UTF8.self)), keys[values.count].limits.contains(value),
                !keys[values.count].isWhole || value == value.rounded()
            else { return isAlike = false }
            values.append(value)
        }
        return found?.kind == StepHead.kind && isAlike && values.count == keys.count
    }

    /// The keys of a line that was decoded; none of one that is not plain, or has other values than numbers.
    private mutating func learned(from line: Data) -> [Key] {
        var (keys, isNumeric) = ([Key](), true)
        let found = line.withUnsafeBytes { bytes in
            Checkpoints.LogLine(plain: bytes) { key, text in
                let name = String(decoding: key, as: UTF8.self)
                guard let column = names[name], Double(String(decoding: text, as: UTF8.self)) != nil else {
                    return isNumeric = false
                }
                let (isWhole, isTime) = (StepHead.counted.contains(name), StepHead.timed.contains(name))
                keys.append(
                    Key(
                        name: Array(key), column: column,
                        // What a decoder takes for sure.
                        limits: isWhole ? 0...0x1p53 : isTime ? 0...0x1p100 : -0x1p100...0x1p100, isWhole: isWhole))
            }
        }
        return found != nil && isNumeric && Set(keys.map(\.column)).count == keys.count ? keys : []
    }
}
