import CKernels

/// A contiguous row-major [rows, columns] view of pooled float32 storage; a vector is [1, n].
///
/// Tensors are references: a copy of the struct sees the same numbers. There are no strides, no broadcasting and no
/// element types; what needs a stride takes a `Matrix`.
public struct Tensor {
    let storage: Storage
    let offset: Int
    public let rows: Int
    public let columns: Int

    public var count: Int { rows * columns }

    /// The first element; aligned to 64 bytes where the tensor is not a view.
    public var pointer: UnsafeMutablePointer<Float> { storage.block.pointer + offset }

    /// The elements in row-major order.
    public var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

    /// The one element of a [1, 1] tensor.
    public var scalar: Float {
        precondition(count == 1, "a scalar of [\(rows), \(columns)]")
        return pointer[0]
    }

    /// A [rows, columns] view that starts `offset` elements into this tensor.
    public func view(at offset: Int, rows: Int, columns: Int) -> Tensor {
        precondition(offset >= 0 && offset + rows * columns <= count, "view outside of [\(self.rows), \(self.columns)]")
        return Tensor(storage: storage, offset: self.offset + offset, rows: rows, columns: columns)
    }

    /// The whole tensor as an operand of `multiply`.
    public var matrix: Matrix { Matrix(pointer: pointer, rows: rows, columns: columns, stride: columns) }

    public func fill(_ value: Float) { pointer.update(repeating: value, count: count) }

    /// self += other, elementwise.
    public func add(_ other: Tensor) {
        precondition(count == other.count, "adding \(other.count) elements to \(count)")
        ck_add(Int64(count), other.pointer, pointer)
    }

    /// self *= factor
    public func scale(by factor: Float) { ck_scale(Int64(count), factor, pointer) }
}
