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
    /// `input` as the left factor, and as the right factor of later, made ready by one read.
    public func leftAndKept(_ input: Tensor) -> (left: LeftFactor, kept: KeptFactor) {
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
}
