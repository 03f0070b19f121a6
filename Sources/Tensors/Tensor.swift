import CKernels

/// A contiguous row-major [rows, columns] view of pooled float32 storage; a vector is [1, n].
///
/// Tensors are references: a copy of the struct sees the same numbers, and holds them. There are no strides, no broadcasting
/// and no element types; what needs a stride takes a `Matrix`.
public struct Tensor: KernelOperand {
    @usableFromInline let storage: Storage
    @usableFromInline let offset: Int
    public let rows: Int
    public let columns: Int

    public var count: Int { rows * columns }

    /// The first element; aligned to 64 bytes where the tensor is not a view.
    @inlinable public func withPointer<Result>(
        _ body: (UnsafeMutablePointer<Float>) throws -> Result
    ) rethrows -> Result {
        try withExtendedLifetime(storage) { try body(storage.start + offset) }
    }

    /// All elements, for files.
    public func withBuffer<Result>(
        _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
    ) rethrows -> Result {
        try withPointer { try body(UnsafeMutableBufferPointer(start: $0, count: count)) }
    }

    /// The elements in row-major order.
    public var values: [Float] { withBuffer { Array($0) } }

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
        return Tensor(storage: storage, offset: self.offset + offset, rows: rows, columns: columns)
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

    public func fill(_ value: Float) { withPointer { $0.update(repeating: value, count: count) } }

    /// Takes over as many values.
    public func copy(from values: some Collection<Float>) {
        precondition(values.count == count, "\(values.count) values for [\(rows), \(columns)]")
        withBuffer { _ = $0.update(fromContentsOf: values) }
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

    /// self *= factor
    public func scale(by factor: Float) { withPointer { ck_scale(Int64(count), factor, $0) } }
}
