import ArgumentParser
import Tensors

extension Precision: ExpressibleByArgument {
    /// - Throws: `ValidationError` where this CPU has no instructions for it.
    func check() throws {
        guard isAvailable else { throw ValidationError("--precision \(rawValue): this CPU has no AVX512-BF16") }
    }
}
