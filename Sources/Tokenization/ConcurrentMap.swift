import Dispatch

extension Array where Element: Sendable {
    /// What `map` gives, made on all cores: texts are encoded one by one, so that the result does not depend on how many there are.
    public func concurrentMap<Result: Sendable>(_ transform: @Sendable (Element) -> Result) -> [Result] {
        // More than cores, since some texts are longer than others.
        var parts = [[Result]](repeating: [], count: Swift.min(count, 64))
        parts.withUnsafeMutableBufferPointer { buffer in
            // Each part writes a slot of its own.
            nonisolated(unsafe) let slots = buffer
            DispatchQueue.concurrentPerform(iterations: buffer.count) { part in
                slots[part] = self[count * part / slots.count..<count * (part + 1) / slots.count].map(transform)
            }
        }
        return Array<Result>(parts.joined())
    }
}
