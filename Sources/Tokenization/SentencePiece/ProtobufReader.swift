/// The fields of one protobuf message, in order: enough of the wire format to look into a SentencePiece model before
/// the library does, since damaged models crash it, and into what we write.
public struct ProtobufReader: Sequence, IteratorProtocol {
    public enum Value {
        case varint(UInt64)
        case bytes(ArraySlice<UInt8>)
        case fixed32(UInt32)
        case fixed64(UInt64)
    }

    private var rest: ArraySlice<UInt8>
    /// Whether the message ended in the middle of a field, or held one that does not exist.
    public private(set) var isDamaged = false

    public init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    public mutating func next() -> (field: Int, value: Value)? {
        guard !rest.isEmpty, !isDamaged else { return nil }
        guard let key = varint(), let value = value(wireType: key & 7), key >> 3 > 0, key >> 3 < 1 << 29 else {
            isDamaged = true
            return nil
        }
        return (Int(key >> 3), value)
    }

    private mutating func value(wireType: UInt64) -> Value? {
        switch wireType {
        case 0: varint().map(Value.varint)
        case 1: take(8).map { .fixed64($0.reversed().reduce(0) { $0 << 8 | UInt64($1) }) }
        case 2: varint().flatMap { Int(exactly: $0) }.flatMap { take($0) }.map(Value.bytes)
        case 5: take(4).map { .fixed32($0.reversed().reduce(0) { $0 << 8 | UInt32($1) }) }
        default: nil
        }
    }

    private mutating func varint() -> UInt64? {
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            result |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return result }
        }
        return nil
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
