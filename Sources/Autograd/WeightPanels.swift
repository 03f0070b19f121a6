import Tensors

/// The weights of dense layers as the right factors of their products, made ready from the float32 weights and read by every
/// worker: in bf16 once a step, for x Wᵀ and dy W; in float32, which lays them out for AVX-512, for as long as nobody changes them.
public final class WeightPanels {
    private struct Sides {
        /// Wᵀ, [in, out].
        let forward: RightFactor
        /// W, [out, in].
        let backward: RightPanels?
    }

    /// Of the products.
    let precision: Precision
    private let sides: [Parameter: Sides]

    /// Room for all weights that `layout` knows to be multiplied; without `backward` for x Wᵀ alone.
    ///
    /// - Precondition: float32 has no `backward`.
    public init(_ layout: ParameterLayout, _ precision: Precision, backward: Bool = true, from pool: StoragePool) {
        precondition(precision == .bf16 || !backward)
        self.precision = precision
        guard precision == .bf16 else {
            sides = Self.laid(layout.multiplied, from: pool)
            return
        }
        sides = layout.multiplied.reduce(into: [:]) { sides, weight in
            let (forward, backward) = Self.sides(of: weight, backward) {
                RightPanels(rows: $0, columns: $1, from: pool)
            }
            sides[weight] = Sides(forward: .panels(forward), backward: backward)
        }
    }

    /// In one piece, since a pool rounds sizes up.
    private static func laid(_ weights: [Parameter], from pool: StoragePool) -> [Parameter: Sides] {
        let sizes = weights.map { LaidFactor.floats(rows: $0.columns, columns: $0.rows) }
        let floats = pool.tensor(1, sizes.reduce(0, +))
        var (sides, end) = ([Parameter: Sides](), 0)
        for (weight, size) in zip(weights, sizes) {
            let own = floats.row(0, end..<end + size)
            sides[weight] = Sides(
                forward: .laid(LaidFactor(rows: weight.columns, columns: weight.rows, in: own)), backward: nil)
            end += size
        }
        return sides
    }

    /// What all of that takes of a pool in bf16.
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
        guard let (weight, range) = part.rows, let sides = sides[weight] else { return }
        let rows = parameters.view(of: weight).matrix.rows(range.lowerBound, range.count)
        // First what reads whole rows, which memory delivers fastest.
        sides.backward?.pack(rows, depthFrom: range.lowerBound)
        switch sides.forward {
        case .panels(let panels): panels.pack(rows.transposed, from: range.lowerBound)
        case .laid(let factor): factor.lay(rows.transposed, from: range.lowerBound)
        case .plain: preconditionFailure("\(weight.name) as it is")
        }
    }

    /// Wᵀ, [in, out].
    func forward(_ weight: Parameter) -> RightFactor {
        guard let factor = sides[weight]?.forward else { preconditionFailure("\(weight.name) is not multiplied") }
        return factor
    }

    /// W, [out, in].
    func backward(_ weight: Parameter) -> RightPanels {
        guard let panels = sides[weight]?.backward else { preconditionFailure("no backward panels of \(weight.name)") }
        return panels
    }
}
