import CKernels

/// What products read in one precision: operands are made ready once, for as many products as read them.
public struct Products {
    public let precision: Precision
    private let pool: StoragePool

    public init(_ precision: Precision, from pool: StoragePool) {
        (self.precision, self.pool) = (precision, pool)
    }

    /// `matrix` as the left factor.
    public func left(_ matrix: Matrix) -> LeftFactor {
        precision == .bf16 ? .panels(matrix.leftPanels(from: pool)) : .plain(matrix)
    }

    /// `matrix` as the right factor.
    public func right(_ matrix: Matrix) -> RightFactor {
        precision == .bf16 ? .panels(matrix.rightPanels(from: pool)) : .plain(matrix)
    }
}

/// The left factor of a product, as its precision wants it.
public enum LeftFactor {
    case plain(Matrix)
    case panels(LeftPanels)
}

/// The right factor of a product, as its precision wants it.
public enum RightFactor {
    case plain(Matrix)
    case panels(RightPanels)
}

/// c = a b, or c += a b, of factors of one precision.
public func multiply(_ a: LeftFactor, _ b: RightFactor, into c: Matrix, accumulate: Bool = false) {
    switch (a, b) {
    case (.plain(let a), .plain(let b)): multiply(a, b, into: c, accumulate: accumulate)
    case (.panels(let a), .panels(let b)): multiply(a, b, into: c, accumulate: accumulate)
    case (.plain, .panels), (.panels, .plain): preconditionFailure("factors of different precision")
    }
}

/// Every row of c = row + a b.
public func multiply(_ a: LeftFactor, _ b: RightFactor, plus row: Tensor, into c: Tensor) {
    if case (.panels(let a), .panels(let b)) = (a, b) {
        multiply(a, b, into: c.matrix, startingFrom: row)
    } else {
        ck_fill_rows(Int64(c.rows), Int64(c.columns), row.pointer, c.pointer)
        multiply(a, b, into: c.matrix, accumulate: true)
    }
}
