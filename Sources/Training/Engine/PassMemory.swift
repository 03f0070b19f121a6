import Foundation
import Tensors

/// The memory of one pass at a time.
final class PassMemory {
    let pool = StoragePool()
    private let lock = NSLock()

    /// Lets `body` have the memory, once it is free.
    func hold<Result>(_ body: (StoragePool) -> Result) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return body(pool)
    }
}
