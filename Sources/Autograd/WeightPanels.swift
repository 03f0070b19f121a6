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
            let (forward, backward) = Self.sides(of: weight, backward) {
                RightPanels(rows: $0, columns: $1, from: pool)
            }
            sides[weight] = Sides(forward: forward, backward: backward)
        }
    }

    /// What all of that takes of a pool.
    public static func bytes(_ layout: ParameterLayout, backward: Bool) -> Int {
        layout.multiplied.reduce(0) { bytes, weight in
            let (forward, backward) = sides(of: weight, backward) {
                StoragePool.bytes(of: RightPanels.words(rows: $0, columns: $1))
            }
            return bytes + forward + (backward ?? 0)
        }
    }

    /// What `make` gives for Wᵀ, and for W where passes go back.
    private static func sides<Side>(
        of weight: Parameter, _ backward: Bool, _ make: (_ rows: Int, _ columns: Int) -> Side
    ) -> (forward: Side, backward: Side?) {
        (make(weight.columns, weight.rows), backward ? make(weight.rows, weight.columns) : nil)
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
