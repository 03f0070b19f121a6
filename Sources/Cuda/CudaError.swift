/// Why no GPU can be used, in one line.
public struct CudaError: Error, CustomStringConvertible {
    public let description: String
    /// Whether nothing is wrong: this machine simply has no GPU.
    public let isAbsence: Bool

    init(_ description: String, isAbsence: Bool = false) {
        (self.description, self.isAbsence) = (description, isAbsence)
    }
}

/// What libraries hand out, and nobody looks behind.
typealias Handle = UnsafeMutableRawPointer?
