import Tensors

/// The weights of dense layers as bf16 panels for both of their products, x Wᵀ and dy W: packed once a step from the
/// float32 weights, and read by every worker.
public final class WeightPanels {
    private struct Sides {
        /// Wᵀ, [in, out].
        let forward: RightPanels
        /// W, [out, in].
        let backward: RightPanels?
    }

    /// A run of panels that is packed as one.
    private struct Piece {
        let parameter: Parameter
        let isForward: Bool
        let columns: Range<Int>
    }

    private let sides: [Parameter: Sides]
    private let pieces: [Piece]

    /// Room for all weights that `layout` knows to be multiplied; without `backward` for x Wᵀ alone.
    public init(_ layout: ParameterLayout, backward: Bool = true, from pool: StoragePool) {
        sides = layout.multiplied.reduce(into: [:]) { sides, weight in
            sides[weight] = Sides(
                forward: RightPanels(depth: weight.columns, columns: weight.rows, from: pool),
                backward: backward ? RightPanels(depth: weight.rows, columns: weight.columns, from: pool) : nil)
        }
        pieces = layout.multiplied.flatMap { weight in
            Self.pieces(weight, isForward: true) + (backward ? Self.pieces(weight, isForward: false) : [])
        }
    }

    /// Pieces that `pack` takes one by one, in any order and from several threads at once.
    public var pieceCount: Int { pieces.count }

    /// Packs piece `index` from the block of all parameters.
    public func pack(_ index: Int, from parameters: Tensor) {
        let piece = pieces[index]
        let matrix = parameters.view(of: piece.parameter).matrix
        if piece.isForward {
            sides[piece.parameter]?.forward.pack(matrix.transposed, columns: piece.columns)
        } else {
            sides[piece.parameter]?.backward?.pack(matrix, columns: piece.columns)
        }
    }

    /// Wᵀ, [in, out].
    func forward(_ weight: Parameter) -> RightPanels {
        guard let panels = sides[weight]?.forward else { preconditionFailure("\(weight.name) is not multiplied") }
        return panels
    }

    /// W, [out, in].
    func backward(_ weight: Parameter) -> RightPanels {
        guard let panels = sides[weight]?.backward else { preconditionFailure("no backward panels of \(weight.name)") }
        return panels
    }

    /// Pieces small enough to be spread evenly, and large enough to be worth a call.
    private static func pieces(_ weight: Parameter, isForward: Bool) -> [Piece] {
        let (columns, depth) = isForward ? (weight.rows, weight.columns) : (weight.columns, weight.rows)
        let step = max(1, (1 << 17) / (depth * RightPanels.width)) * RightPanels.width
        return stride(from: 0, to: columns, by: step).map {
            Piece(parameter: weight, isForward: isForward, columns: $0..<min($0 + step, columns))
        }
    }
}
