/// Memory that some ranks of a host have in common: a piece of each, which all of them read and write.
public final class SharedMemory {
    /// By rank, each as long as that rank asked for.
    public let pieces: [Int: UnsafeMutableRawBufferPointer]
    private let free: () -> Void

    /// - Parameter free: gives the pieces back.
    public init(_ pieces: [Int: UnsafeMutableRawBufferPointer], free: @escaping () -> Void) {
        (self.pieces, self.free) = (pieces, free)
    }

    deinit { free() }
}
