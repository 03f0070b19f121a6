import CKernels

/// The left operand [rows, depth] of a product, rounded to bf16 and laid out as the product reads it.
public struct LeftPanels {
    let words: Tensor
    public let rows: Int
    public let depth: Int

    /// Room for [rows, depth], to be filled by `pack`.
    init(rows: Int, depth: Int, from pool: StoragePool) {
        (self.rows, self.depth) = (rows, depth)
        words = panelWords(rows, Self.width, depth: depth, pool)
    }

    /// Rows of a panel.
    static var width: Int { Int(CK_BF16_LEFT) }

    /// Fills the panels of some rows, from the first of a panel on, with those of `part`.
    func pack(_ part: Matrix, rowsFrom first: Int) {
        precondition(part.columns == depth && first % Self.width == 0 && first + part.rows <= rows)
        packPanels(part, isLeft: true, pairs: pairs(depth), words, from: first * pairs(depth))
    }

    /// Fills a part of the depth of all panels, from an even place on, with the columns of `part`.
    func pack(_ part: Matrix, depthFrom first: Int) {
        precondition(part.rows == rows && first % 2 == 0 && first + part.columns <= depth)
        packPanels(part, isLeft: true, pairs: pairs(depth), words, from: first / 2 * Self.width)
    }
}

/// The right operand [depth, columns] of a product, rounded to bf16 and laid out as the product reads it.
public struct RightPanels {
    let words: Tensor
    public let depth: Int
    public let columns: Int

    /// Room for [depth, columns], to be filled by `pack`.
    public init(depth: Int, columns: Int, from pool: StoragePool) {
        (self.depth, self.columns) = (depth, columns)
        words = panelWords(columns, Self.width, depth: depth, pool)
    }

    /// Columns of a panel.
    public static var width: Int { Int(CK_BF16_RIGHT) }

    /// Fills the panels of some columns, from the first of a panel on, with those of `part`.
    public func pack(_ part: Matrix, columnsFrom first: Int) {
        precondition(part.rows == depth && first % Self.width == 0 && first + part.columns <= columns)
        packPanels(part.transposed, isLeft: false, pairs: pairs(depth), words, from: first * pairs(depth))
    }

    /// Fills a part of the depth of all panels, from an even place on, with the rows of `part`.
    public func pack(_ part: Matrix, depthFrom first: Int) {
        precondition(part.columns == columns && first % 2 == 0 && first + part.rows <= depth)
        packPanels(part.transposed, isLeft: false, pairs: pairs(depth), words, from: first / 2 * Self.width)
    }
}

extension Matrix {
    /// This matrix as a left operand in bf16.
    public func leftPanels(from pool: StoragePool) -> LeftPanels {
        let panels = LeftPanels(rows: rows, depth: columns, from: pool)
        panels.pack(self, rowsFrom: 0)
        return panels
    }

    /// This matrix as a right operand in bf16.
    public func rightPanels(from pool: StoragePool) -> RightPanels {
        let panels = RightPanels(depth: rows, columns: columns, from: pool)
        panels.pack(self, columnsFrom: 0)
        return panels
    }
}

/// c = a b, c = start + a b with a row to start from, or c += a b; operands are bf16, sums float32.
///
/// A row of c depends on its row of a alone, in every bit.
public func multiply(
    _ a: LeftPanels, _ b: RightPanels, into c: Matrix, startingFrom start: Tensor? = nil, accumulate: Bool = false
) {
    checkShapes(a, b, c)
    precondition(start.map { $0.count == c.columns && !accumulate } ?? true)
    withPointers(a.words, b.words, start, c) {
        ck_bf16_multiply(Int64(a.depth), $0, $1, $2, accumulate ? 1 : 0, $3)
    }
}

/// c = start + a b, and gelu(c) as operands of products to come, made while c is in the cache.
func multiply(
    _ a: LeftPanels, _ b: RightPanels, into c: Matrix, startingFrom start: Tensor,
    gelu: (left: LeftPanels, right: RightPanels?)
) {
    checkShapes(a, b, c)
    precondition(
        start.count == c.columns && gelu.left.rows == c.rows && gelu.left.depth == c.columns
            && (gelu.right.map { $0.depth == c.rows && $0.columns == c.columns } ?? true))
    withPointers(a.words, b.words, start, c, gelu.left.words, gelu.right?.words) {
        ck_bf16_multiply_gelu(Int64(a.depth), $0, $1, $2, $3, $4, $5)
    }
}

private func checkShapes(_ a: LeftPanels, _ b: RightPanels, _ c: Matrix) {
    precondition(
        a.depth == b.depth && c.rows == a.rows && c.columns == b.columns && !c.isTransposed,
        "[\(a.rows), \(a.depth)] · [\(b.depth), \(b.columns)] into [\(c.rows), \(c.columns)]")
}

private func pairs(_ depth: Int) -> Int { (depth + 1) / 2 }

private func panelWords(_ count: Int, _ width: Int, depth: Int, _ pool: StoragePool) -> Tensor {
    pool.tensor(1, (count + width - 1) / width * width * pairs(depth))
}

/// Packs the rows of `matrix`, whose columns are the depth, into `words` from a place on.
private func packPanels(_ matrix: Matrix, isLeft: Bool, pairs: Int, _ words: Tensor, from first: Int) {
    withPointers(matrix, words.row(0, first..<words.columns)) {
        ck_bf16_pack(isLeft ? 1 : 0, matrix.isTransposed ? 1 : 0, $0, Int64(pairs), $1)
    }
}
