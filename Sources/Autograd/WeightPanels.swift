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

    /// Rows of a weight that are packed as one, for both sides while they are in the cache.
    private struct Piece {
        let parameter: Parameter
        let rows: Range<Int>
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
            // 256 KB, but whole panels.
            let step = max(1, (1 << 16) / (weight.columns * RightPanels.width)) * RightPanels.width
            return stride(from: 0, to: weight.rows, by: step).map {
                Piece(parameter: weight, rows: $0..<min($0 + step, weight.rows))
            }
        }
    }

    /// Pieces that `pack` takes one by one, in any order and from several threads at once.
    public var pieceCount: Int { pieces.count }

    /// Packs piece `index` from the block of all parameters.
    public func pack(_ index: Int, from parameters: Tensor) {
        let (parameter, first) = (pieces[index].parameter, pieces[index].rows.lowerBound)
        let rows = parameters.view(of: parameter).matrix.rows(first, pieces[index].rows.count)
        // First what reads whole rows, which memory delivers fastest.
        sides[parameter]?.backward?.pack(rows, depthFrom: first)
        sides[parameter]?.forward.pack(rows.transposed, columnsFrom: first)
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
}
