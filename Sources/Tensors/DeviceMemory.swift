/// What an element of a tensor is.
public enum Element: Sendable {
    case float32, bfloat16

    public var bytes: Int {
        switch self {
        case .float32: 4
        case .bfloat16: 2
        }
    }
}

/// The memory of a device, which the host moves numbers to and from, and never looks into. What is asked of it happens in the
/// order of asking; only reading waits.
public protocol DeviceMemory: AnyObject {
    /// Ends the process with a line where there is not so much.
    func allocate(_ bytes: Int) -> UnsafeMutableRawPointer
    func free(_ start: UnsafeMutableRawPointer)
    func write(_ bytes: UnsafeRawBufferPointer, to address: UInt64)
    func read(_ bytes: UnsafeMutableRawBufferPointer, at address: UInt64)
    func fill(_ value: Float, _ count: Int, at address: UInt64)
    /// Fills with what shows when it is read before it is written.
    func poison(_ bytes: Int, at address: UInt64)
}

extension DeviceMemory {
    func read<Number: BitwiseCopyable>(_ count: Int, at address: UInt64, as type: Number.Type) -> [Number] {
        [Number](unsafeUninitializedCapacity: count) { buffer, initialized in
            read(
                UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[..<(count * MemoryLayout<Number>.stride)]),
                at: address)
            initialized = count
        }
    }
}
