import Tensors
import Training

/// What nobody can do that was asked for, in the words of who asked: no file is to blame.
public struct UsageError: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

extension Precision {
    /// - Throws: `UsageError` where what computes has no instructions for it.
    public func check(on device: DeviceChoice) throws {
        guard isAvailable(on: device) else { throw UsageError("--precision \(rawValue): this CPU has no AVX512-BF16") }
    }
}
