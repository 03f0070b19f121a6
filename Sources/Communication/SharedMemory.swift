/// Memory that some ranks of a host have in common: a piece of each, which all of them read and write.
public final class SharedMemory {
    /// By rank, each as long as that rank asked for.
    public let pieces: [Int: UnsafeMutableRawBufferPointer]
    private let free: () -> Void

    /// - Parameter free: gives the pieces back.
    public init(_ pieces: [Int: UnsafeMutableRawBufferPointer], free: @escaping () -> Void) {
        (self.pieces, self.free) = (pieces, free)
    }

    /// The piece of a rank that shares it with nobody.
    init(of rank: Int, bytes: Int) {
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 64)
        piece.initializeMemory(as: UInt8.self, repeating: 0)
        (pieces, free) = ([rank: piece], { piece.deallocate() })
    }

    deinit { free() }
}
