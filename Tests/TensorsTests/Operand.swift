import Tensors

/// A [rows, columns] matrix, or the transpose of one, inside a wider block.
struct Operand {
    let matrix: Matrix

    init(_ rows: Int, _ columns: Int, transposed: Bool, in block: Tensor) {
        let (stored, width) = transposed ? (columns, rows) : (rows, columns)
        let part = block.matrix.columns(3, width).rows(2, stored)
        matrix = transposed ? part.transposed : part
    }

    subscript(i: Int, j: Int) -> Float { matrix[i, j] }
}

/// The sizes of a product [m, k] · [k, n].
struct ProductShape: Sendable {
    let m: Int
    let n: Int
    let k: Int
}
