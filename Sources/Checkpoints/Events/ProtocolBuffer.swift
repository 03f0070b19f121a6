import Foundation

/// A message of protocol buffers, field by field (protobuf.dev, "Encoding").
struct ProtocolBuffer {
    private(set) var bytes = Data()

    init(_ build: (inout ProtocolBuffer) -> Void = { _ in }) { build(&self) }

    mutating func add(_ field: Int, _ value: Int) {
        add(UInt64(field) << 3)
        add(UInt64(bitPattern: Int64(value)))
    }

    mutating func add(_ field: Int, _ value: Double) {
        add(UInt64(field) << 3 | 1)
        bytes.append(littleEndian: value.bitPattern)
    }

    mutating func add(_ field: Int, _ value: Float) {
        add(UInt64(field) << 3 | 5)
        bytes.append(littleEndian: value.bitPattern)
    }

    mutating func add(_ field: Int, _ value: Data) {
        add(UInt64(field) << 3 | 2)
        add(UInt64(value.count))
        bytes += value
    }

    mutating func add(_ field: Int, _ text: String) { add(field, Data(text.utf8)) }

    mutating func add(_ field: Int, _ build: (inout ProtocolBuffer) -> Void) { add(field, ProtocolBuffer(build).bytes) }

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
