import Foundation

/// A message of protocol buffers, field by field (protobuf.dev, "Encoding").
public struct ProtocolBuffer {
    public private(set) var bytes = Data()

    public init(_ build: (inout ProtocolBuffer) -> Void = { _ in }) { build(&self) }

    public mutating func add(_ field: Int, _ value: Int) {
        add(UInt64(field) << 3)
        add(UInt64(bitPattern: Int64(value)))
    }

    public mutating func add(_ field: Int, _ value: Double) {
        add(UInt64(field) << 3 | 1)
        bytes.append(littleEndian: value.bitPattern)
    }

    public mutating func add(_ field: Int, _ value: Float) {
        add(UInt64(field) << 3 | 5)
        bytes.append(littleEndian: value.bitPattern)
    }

    public mutating func add(_ field: Int, _ value: Data) {
        add(field, ofLength: value.count)
        bytes += value
    }

    /// What stands in front of a field of so many bytes, which are to follow.
    public mutating func add(_ field: Int, ofLength count: Int) {
        add(UInt64(field) << 3 | 2)
        add(UInt64(count))
    }

    public mutating func add(_ field: Int, _ text: String) { add(field, Data(text.utf8)) }

    public mutating func add(_ field: Int, _ build: (inout ProtocolBuffer) -> Void) {
        add(field, ProtocolBuffer(build).bytes)
    }

    /// A varint.
    private mutating func add(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

extension Data {
    mutating func append(littleEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
