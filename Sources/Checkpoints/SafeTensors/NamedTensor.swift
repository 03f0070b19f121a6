/// A float32 tensor to be written: row-major values of `shape`, borrowed for the time of writing.
public struct NamedTensor {
    public let name: String
    public let shape: [Int]
    public let values: UnsafeBufferPointer<Float>

    /// - Precondition: as many values as the shape says.
    public init(name: String, shape: [Int], values: UnsafeBufferPointer<Float>) {
        precondition(shape.reduce(1, *) == values.count, "\(name): \(values.count) values for \(shape)")
        self.name = name
        self.shape = shape
        self.values = values
    }
}
