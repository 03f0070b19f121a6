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

    private let sides: [Parameter: Sides]

    /// Room for all weights that `layout` knows to be multiplied; without `backward` for x Wᵀ alone.
    public init(_ layout: ParameterLayout, backward: Bool = true, from pool: StoragePool) {
        sides = layout.multiplied.reduce(into: [:]) { sides, weight in
            sides[weight] = Sides(
                forward: RightPanels(rows: weight.columns, columns: weight.rows, from: pool),
                backward: backward ? RightPanels(rows: weight.rows, columns: weight.columns, from: pool) : nil)
        }
    }

    /// What all of that takes of a pool.
    public static func bytes(_ layout: ParameterLayout, backward: Bool) -> Int {
        layout.multiplied.reduce(0) { bytes, weight in
            bytes + StoragePool.bytes(of: RightPanels.words(rows: weight.columns, columns: weight.rows))
                + (backward ? StoragePool.bytes(of: RightPanels.words(rows: weight.rows, columns: weight.columns)) : 0)
        }
    }

    /// Packs one of the layout's parts, where it is of a weight: in any order and from several threads at once.
    public func pack(_ part: ParameterChunk, from parameters: Tensor) {
        guard let (weight, range) = part.rows else { return }
        let rows = parameters.view(of: weight).matrix.rows(range.lowerBound, range.count)
        // First what reads whole rows, which memory delivers fastest.
        sides[weight]?.backward?.pack(rows, depthFrom: range.lowerBound)
        sides[weight]?.forward.pack(rows.transposed, from: range.lowerBound)
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
