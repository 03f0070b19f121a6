/// Why no GPU can be used, in one line.
public struct CudaError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// What libraries hand out, and nobody looks behind.
typealias Handle = UnsafeMutableRawPointer?
