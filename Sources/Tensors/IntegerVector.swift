/// `count` integers in pooled storage, for codes and indices; contents are arbitrary at first.
public struct IntegerVector<Element: FixedWidthInteger & BitwiseCopyable> {
    private let storage: Tensor
    public let pointer: UnsafeMutablePointer<Element>
    public let count: Int

    public init(_ count: Int, from pool: StoragePool) {
        let floats = (count * MemoryLayout<Element>.stride + 3) / MemoryLayout<Float>.stride
        storage = pool.tensor(1, max(1, floats))
        pointer = UnsafeMutableRawPointer(storage.pointer).bindMemory(to: Element.self, capacity: count)
        self.count = count
    }

    public var values: [Element] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}
