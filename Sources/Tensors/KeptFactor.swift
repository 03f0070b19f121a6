/// What one product reads as its left factor and a later one as its right factor: the input of a dense layer.
public enum KeptFactor {
    case plain(Tensor)
    /// In half the memory.
    case panels(RightPanels)

    /// The right factor, for as long as this is kept.
    public var right: RightFactor {
        switch self {
        case .plain(let tensor): .plain(tensor.matrix)
        case .panels(let panels): .panels(panels)
        }
    }
}

extension Products {
    /// `input` as the left factor, and, where it `isKept`, as the right factor of later, made ready by one read.
    public func leftAndKept(_ input: Tensor, isKept: Bool) -> (left: LeftFactor, kept: KeptFactor?) {
        guard isKept else { return (left(input.matrix), nil) }
        guard precision == .bf16 else { return (.plain(input.matrix), .plain(input)) }
        let left = LeftPanels(rows: input.rows, depth: input.columns, from: pool)
        let right = RightPanels(depth: input.rows, columns: input.columns, from: pool)
        for first in stride(from: 0, to: input.rows, by: LeftPanels.width) {
            let part = input.matrix.rows(first, min(LeftPanels.width, input.rows - first))
            left.pack(part, rowsFrom: first)
            right.pack(part, depthFrom: first)
        }
        return (.panels(left), .panels(right))
    }

    /// h = row + a b in every row, of panels, and gelu(h) like `leftAndKept`, made ready while h is in the cache.
    public func multiplyAndActivate(
        _ a: LeftFactor, _ b: RightFactor, plus row: Tensor, into h: Tensor, isKept: Bool
    ) -> (left: LeftFactor, kept: KeptFactor?) {
        guard case (.panels(let a), .panels(let b)) = (a, b) else {
            preconditionFailure("float32 factors have no panels to leave gelu in")
        }
        let left = LeftPanels(rows: h.rows, depth: h.columns, from: pool)
        let right = isKept ? RightPanels(depth: h.rows, columns: h.columns, from: pool) : nil
        multiply(a, b, into: h.matrix, startingFrom: row, gelu: (left, right))
        return (.panels(left), right.map(KeptFactor.panels))
    }
}
