import Foundation

/// Writes the safetensors format: u64 length, JSON header, data; tensors sorted by name, the header padded with spaces
/// so that data begin at a multiple of 64 bytes.
///
/// Bytes depend on names, shapes and values alone, so equal models have equal files.
public enum SafeTensorsWriter {
    /// Writes `tensors` to a new file at `url`, and syncs it.
    ///
    /// - Throws: `CheckpointError` where the file cannot be written.
    public static func write(
        _ tensors: [NamedTensor], as precision: WeightPrecision = .fp32, to url: URL
    ) throws {
        let sorted = tensors.sorted { $0.name < $1.name }
        let file = try OutputFile(url)
        let header = try Self.header(sorted, precision)
        var length = UInt64(header.count).littleEndian
        try withUnsafeBytes(of: &length) { try file.write($0) }
        try header.withUnsafeBytes { try file.write($0) }
        for tensor in sorted { try precision.write(tensor.values, to: file) }
        try file.close()
    }

    private static func header(_ tensors: [NamedTensor], _ precision: WeightPrecision) throws -> Data {
        var entries: [String: Entry] = [:]
        var offset = 0
        for tensor in tensors {
            let end = offset + tensor.values.count * precision.type.size
            entries[tensor.name] = .tensor(
                TensorEntry(dtype: precision.type.rawValue, shape: tensor.shape, data_offsets: [offset, end]))
            offset = end
        }
        entries["__metadata__"] = .metadata(["format": "pt"])
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var header = try encoder.encode(entries)
        header.append(Data(repeating: UInt8(ascii: " "), count: 63 - (header.count + 7) % 64))
        return header
    }

    private enum Entry: Encodable {
        case tensor(TensorEntry)
        case metadata([String: String])

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .tensor(let entry): try entry.encode(to: encoder)
            case .metadata(let values): try values.encode(to: encoder)
            }
        }
    }

    // The names are the format's.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    private struct TensorEntry: Encodable {
        let dtype: String
        let shape: [Int]
        let data_offsets: [Int]
    }
}
