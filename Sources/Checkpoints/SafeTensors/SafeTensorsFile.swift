import Foundation

/// A safetensors file, checked whole on opening and mapped into memory: tensors are read by name.
public struct SafeTensorsFile {
    public let url: URL
    private let data: Data
    private let header: SafeTensorsHeader

    /// - Throws: `CheckpointError` where the file is missing, unreadable, truncated or breaks a rule of the format.
    public init(_ url: URL) throws {
        self.url = url
        do {
            data = try Data(contentsOf: url, options: .alwaysMapped)
        } catch {
            let exists = FileManager.default.fileExists(atPath: url.path)
            throw CheckpointError(url, exists ? "cannot be read" : "no such file")
        }
        header = try SafeTensorsHeader(data, url)
    }

    /// The names of all tensors, sorted.
    public var names: [String] { header.entries.keys.sorted() }

    public var metadata: [String: String] { header.metadata }

    /// The shape of `name`, or nil where there is no such tensor.
    public func shape(of name: String) -> [Int]? { header.entries[name]?.shape }

    /// Copies the tensor called `name`, of a floating-point type, into `target`.
    ///
    /// - Throws: `CheckpointError` where the tensor is missing, of another type, or has another number of elements.
    public func read(_ name: String, into target: UnsafeMutableBufferPointer<Float>) throws {
        let entry = try entry(name)
        let count = entry.shape.reduce(1, *)
        guard count == target.count else {
            throw CheckpointError(url, "\(name) has shape \(entry.shape); wanted \(target.count) elements")
        }
        try data.withUnsafeBytes { bytes in
            let source = UnsafeRawBufferPointer(rebasing: bytes[entry.range])
            switch entry.type {
            case .float32: UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
            case .float64: convert(source, Double.self, into: target) { Float($0) }
            case .float16: convert(source, UInt16.self, into: target, WeightPrecision.fp16.value)
            case .bfloat16: convert(source, UInt16.self, into: target, WeightPrecision.bf16.value)
            default:
                throw CheckpointError(url, "\(name) is of type \(entry.type.rawValue); wanted F32, F16, BF16 or F64")
            }
        }
    }

    /// All elements of a floating-point tensor.
    ///
    /// - Throws: `CheckpointError` where there is no such tensor, or it is of another type.
    public func floats(_ name: String) throws -> [Float] {
        let entry = try entry(name)
        var values = [Float](repeating: 0, count: entry.shape.reduce(1, *))
        try values.withUnsafeMutableBufferPointer { try read(name, into: $0) }
        return values
    }

    /// All elements of an integer tensor.
    ///
    /// - Throws: `CheckpointError` where there is no such tensor, or it is of another type.
    public func integers(_ name: String) throws -> [Int] {
        let entry = try entry(name)
        return try data.withUnsafeBytes { bytes in
            let source = UnsafeRawBufferPointer(rebasing: bytes[entry.range])
            let offsets = stride(from: 0, to: source.count, by: max(1, entry.type.size))
            switch entry.type {
            case .int64: return offsets.map { Int(source.loadUnaligned(fromByteOffset: $0, as: Int64.self)) }
            case .int32: return offsets.map { Int(source.loadUnaligned(fromByteOffset: $0, as: Int32.self)) }
            default: throw CheckpointError(url, "\(name) is of type \(entry.type.rawValue); wanted I64 or I32")
            }
        }
    }

    private func entry(_ name: String) throws -> SafeTensorsHeader.Entry {
        guard let entry = header.entries[name] else { throw CheckpointError(url, "has no tensor \(name)") }
        return entry
    }

    /// Tensors may lie at any byte, so elements are loaded unaligned.
    private func convert<Element: BitwiseCopyable>(
        _ source: UnsafeRawBufferPointer, _: Element.Type, into target: UnsafeMutableBufferPointer<Float>,
        _ value: (Element) -> Float
    ) {
        for index in target.indices {
            target[index] = value(
                source.loadUnaligned(fromByteOffset: index * MemoryLayout<Element>.size, as: Element.self))
        }
    }
}
