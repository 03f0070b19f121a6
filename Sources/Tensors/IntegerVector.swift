/// `count` integers in pooled storage, for codes and indices; contents are arbitrary at first.
public struct IntegerVector<Element: FixedWidthInteger & BitwiseCopyable>: KernelOperand {
    @usableFromInline let floats: Tensor
    public let count: Int

    public init(_ count: Int, from pool: StoragePool) {
        let bytes = count * MemoryLayout<Element>.stride
        floats = pool.tensor(1, max(1, (bytes + 3) / MemoryLayout<Float>.stride))
        self.count = count
    }

    /// The first integer.
    @inlinable public func withPointer<Result>(
        _ body: (UnsafeMutablePointer<Element>) throws -> Result
    ) rethrows -> Result {
        try floats.withPointer {
            try body(UnsafeMutableRawPointer($0).bindMemory(to: Element.self, capacity: count))
        }
    }

    public var values: [Element] { withPointer { Array(UnsafeBufferPointer(start: $0, count: count)) } }
}
