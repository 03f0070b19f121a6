import Digests
import Foundation
import JSON

/// The header of a safetensors file, held to every rule of the format: entries contiguous from 0 without hole or
/// overlap, shapes that fit their bytes, and not a byte behind the last tensor.
struct SafeTensorsHeader {
    struct Entry {
        let type: ElementType
        let shape: [Int]
        /// Bytes in the file.
        let range: Range<Int>
    }

    let entries: [String: Entry]
    let metadata: [String: String]

    /// Longest header that the reference implementation accepts.
    private static let lengthLimit = 100_000_000

    /// - Throws: `CheckpointError` that names the first rule that `data`, the whole file, breaks.
    init(_ data: Data, _ url: URL) throws {
        guard !LargeFilePointer.isOne(data) else { throw CheckpointError(url, LargeFilePointer.problem) }
        guard data.count >= 8 else { throw CheckpointError(url, "\(data.count) bytes are no safetensors file") }
        let length = data.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= Self.lengthLimit, Int(length) + 8 <= data.count else {
            throw CheckpointError(url, "truncated: the header should take \(length) of \(data.count) bytes")
        }
        let start = 8 + Int(length)
        let json = data.subdata(in: 8..<start)
        guard let fields = try? JSONDecoder().decode(Fields.self, from: json) else {
            throw CheckpointError(url, "damaged: the header is no JSON object of tensors")
        }
        // Programs differ in which one counts.
        if let key = (try? JSONValue([UInt8](json)))?.repeatedPath {
            throw CheckpointError(url, "damaged: '\(key)' stands twice in the header")
        }
        var entries: [String: Entry] = [:]
        for (name, field) in fields.tensors {
            entries[name] = try Self.entry(name, field, dataStart: start, url)
        }
        try Self.checkContiguous(entries, from: start, to: data.count, url)
        self.entries = entries
        metadata = fields.metadata
    }

    /// The JSON as it stands: tensors by name, and `__metadata__`.
    private struct Fields: Decodable {
        var tensors: [String: Field] = [:]
        var metadata: [String: String] = [:]

        struct Name: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Name.self)
            for name in container.allKeys {
                if name.stringValue == "__metadata__" {
                    metadata = try container.decodeIfPresent([String: String].self, forKey: name) ?? [:]
                } else {
                    tensors[name.stringValue] = try container.decode(Field.self, forKey: name)
                }
            }
        }
    }

    // The names are the format's.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    private struct Field: Decodable {
        let dtype: String
        let shape: [UInt32]
        let data_offsets: [UInt64]
    }

    private static func entry(_ name: String, _ field: Field, dataStart: Int, _ url: URL) throws -> Entry {
        let shape = field.shape.map(Int.init)
        guard field.data_offsets.count == 2, let begin = Int(exactly: field.data_offsets[0]),
            let end = Int(exactly: field.data_offsets[1]), begin <= end, end < Int.max / 2
        else { throw CheckpointError(url, "damaged: \(name) has no proper data_offsets") }
        guard let type = ElementType(rawValue: field.dtype) else {
            throw CheckpointError(url, "damaged: \(name) is of type \(field.dtype), which the format does not have")
        }
        var bits = type.bits
        for dimension in shape {
            let (product, overflow) = bits.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw CheckpointError(url, "damaged: the shape of \(name) overflows") }
            bits = product
        }
        guard bits % 8 == 0, end - begin == bits / 8 else {
            throw CheckpointError(url, "damaged: \(name) takes bytes \(begin) to \(end); its shape wants \(bits / 8)")
        }
        return Entry(type: type, shape: shape, range: dataStart + begin..<dataStart + end)
    }

    private static func checkContiguous(_ entries: [String: Entry], from start: Int, to end: Int, _ url: URL) throws {
        var next = start
        let sorted = entries.sorted { first, second in
            let (a, b) = (first.value.range, second.value.range)
            return (a.lowerBound, a.upperBound, first.key) < (b.lowerBound, b.upperBound, second.key)
        }
        for (name, entry) in sorted {
            guard entry.range.lowerBound == next else {
                throw CheckpointError(url, "damaged: \(name) begins at byte \(entry.range.lowerBound), not at \(next)")
            }
            next = entry.range.upperBound
        }
        guard next == end else {
            throw CheckpointError(
                url, "\(next > end ? "truncated" : "damaged"): \(end) bytes, the header wants \(next)")
        }
    }
}
