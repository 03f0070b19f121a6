import CKernels

/// A contiguous row-major [rows, columns] view of pooled float32 storage; a vector is [1, n].
///
/// Tensors are references: a copy of the struct sees the same numbers, and holds them. There are no strides and no broadcasting;
/// what needs a stride takes a `Matrix`. One in a device's memory may have elements of bfloat16, and is for its machine to touch.
public struct Tensor: KernelOperand {
    @usableFromInline let storage: Storage
    /// In elements.
    @usableFromInline let offset: Int
    public let rows: Int
    public let columns: Int
    public let element: Element

    init(storage: Storage, offset: Int, rows: Int, columns: Int, element: Element = .float32) {
        (self.storage, self.offset, self.rows, self.columns) = (storage, offset, rows, columns)
        self.element = element
    }

    public var count: Int { rows * columns }

    /// The first element; aligned to 64 bytes where the tensor is not a view.
    ///
    /// - Precondition: it lies in the host's memory.
    @inlinable public func withPointer<Result>(
        _ body: (UnsafeMutablePointer<Float>) throws -> Result
    ) rethrows -> Result {
        precondition(storage.memory == nil, "the host touches [\(rows), \(columns)] of a device")
        return try withExtendedLifetime(storage) { try body(storage.start + offset) }
    }

    /// Where it lies in its device's memory; whoever takes the address holds the tensor.
    public var address: UInt64 { UInt64(UInt(bitPattern: storage.start)) + UInt64(offset * element.bytes) }

    /// All elements, for files.
    public func withBuffer<Result>(
        _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
    ) rethrows -> Result {
        try withPointer { try body(UnsafeMutableBufferPointer(start: $0, count: count)) }
    }

    /// The elements in row-major order; of a device's memory once all that was asked of it is done.
    public var values: [Float] {
        guard let memory = storage.memory else { return withBuffer { Array($0) } }
        switch element {
        case .float32: return memory.read(count, at: address, as: Float.self)
        case .bfloat16:
            return memory.read(count, at: address, as: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
        }
    }

    /// One element in row-major order, for looks at single ones: loops over them belong to kernels.
    public subscript(index: Int) -> Float {
        get { row(0, index..<index + 1, of: count).withPointer { $0[0] } }
        nonmutating set { row(0, index..<index + 1, of: count).withPointer { $0[0] = newValue } }
    }

    /// The one element of a [1, 1] tensor.
    public var scalar: Float {
        precondition(count == 1, "a scalar of [\(rows), \(columns)]")
        return self[0]
    }

    /// A [rows, columns] view that starts `offset` elements into this tensor.
    public func view(at offset: Int, rows: Int, columns: Int) -> Tensor {
        precondition(offset >= 0 && offset + rows * columns <= count, "view outside of [\(self.rows), \(self.columns)]")
        return Tensor(storage: storage, offset: self.offset + offset, rows: rows, columns: columns, element: element)
    }

    /// Some rows.
    public func rows(_ range: Range<Int>) -> Tensor {
        view(at: range.lowerBound * columns, rows: range.count, columns: columns)
    }

    /// A part of one row, [1, `range.count`].
    public func row(_ row: Int, _ range: Range<Int>) -> Tensor {
        precondition(range.upperBound <= columns, "columns \(range) of \(columns)")
        return self.row(row, range, of: columns)
    }

    private func row(_ row: Int, _ range: Range<Int>, of columns: Int) -> Tensor {
        view(at: row * columns + range.lowerBound, rows: 1, columns: range.count)
    }

    /// The whole tensor as an operand of `multiply`.
    public var matrix: Matrix { Matrix(self, rows: rows, columns: columns, stride: columns) }

    public func fill(_ value: Float) {
        guard let memory = storage.memory else { return withPointer { $0.update(repeating: value, count: count) } }
        precondition(element == .float32, "filling [\(rows), \(columns)] of \(element)")
        memory.fill(value, count, at: address)
    }

    /// Takes over as many values.
    public func copy(from values: some Collection<Float>) {
        precondition(values.count == count, "\(values.count) values for [\(rows), \(columns)]")
        guard let memory = storage.memory else { return withBuffer { _ = $0.update(fromContentsOf: values) } }
        precondition(element == .float32, "values for [\(rows), \(columns)] of \(element)")
        Array(values).withUnsafeBytes { memory.write($0, to: address) }
    }

    /// Takes over the numbers of a tensor of the host's, or gives them to it.
    public func copy(from host: Tensor) {
        precondition(host.count == count, "\(host.count) values for [\(rows), \(columns)]")
        switch (storage.memory, host.storage.memory) {
        case (let memory?, nil): host.withBuffer { memory.write(UnsafeRawBufferPointer($0), to: address) }
        case (nil, let memory?): withBuffer { memory.read(UnsafeMutableRawBufferPointer($0), at: host.address) }
        case (nil, nil): withPointers(host, self) { $1.update(from: $0, count: count) }
        case (.some, .some): preconditionFailure("a copy within a device is its machine's")
        }
    }

    /// self += other, elementwise.
    public func add(_ other: Tensor) {
        precondition(count == other.count, "adding \(other.count) elements to \(count)")
        withPointers(other, self) { ck_add(Int64(count), $0, $1) }
    }

    /// sums[j] += Σ over rows of self[i, j]
    public func addColumnSums(to sums: Tensor) {
        matrix.addColumnSums(to: sums)
    }

    /// Σ x², accumulated in double.
    public var sumOfSquares: Double { withPointer { ck_sum_of_squares(Int64(count), $0) } }

    /// self *= other, elementwise.
    public func multiply(by other: Tensor) {
        precondition(count == other.count, "multiplying \(count) elements by \(other.count)")
        withPointers(other, self) { ck_multiply(Int64(count), $0, $1) }
    }

    /// self = bf16(self): the nearest, of two the one with an even significand.
    public func roundToBFloat16() { withPointer { ck_round_bf16(Int64(count), $0) } }

    /// Rounds to bf16 numbers, and leaves these, 2 bytes each, in the first half of the memory.
    public func narrowToBFloat16() { withPointer { ck_narrow_bf16(Int64(count), $0) } }

    /// Takes bf16 numbers, 2 bytes each, from the second half of the memory.
    public func widenFromBFloat16() { withPointer { ck_widen_bf16(Int64(count), $0) } }

    /// self *= factor
    public func scale(by factor: Float) { withPointer { ck_scale(Int64(count), factor, $0) } }
}
