import Autograd
import Tensors

/// Linear attention: φ(Q) (φ(K)ᵀ [V, 1]), by products of every sequence and head.
private struct LinearPass {
    let products: SegmentProducts
    let width: Int
    /// φ(q) | φ(k), and the values with a column of ones behind each head's.
    let features, values: Tensor
    /// φ(K)ᵀ [V, 1]
    let memory: SegmentMatrix

    init(_ machine: CudaMachine, _ projections: Tensor, _ layout: BatchLayout, _ attention: DeviceAttention) {
        products = SegmentProducts(machine, layout, heads: attention.heads)
        width = attention.headWidth
        let heads = attention.heads
        features = products.rows(2 * heads * width)
        values = products.rows(heads * (width + 1))
        machine.launch(
            products.program.function("linear_features"), Grid(layout.tokens), .of(features), .of(values),
            .of(projections), .of(heads), .of(width))
        memory = Self.block(products, width)
        products.multiply(keys.transposed, extended(values), into: memory)
    }

    static func block(_ products: SegmentProducts, _ width: Int) -> SegmentMatrix {
        SegmentMatrix(
            blocks: products.blocks(width * (width + 1)), height: width, width: width + 1, .fixed(width),
            .fixed(width + 1))
    }

    func queries(of tensor: Tensor) -> SegmentMatrix {
        SegmentMatrix(rowsOf: tensor, width: width, .fixed(width))
    }
    func keys(of tensor: Tensor) -> SegmentMatrix {
        SegmentMatrix(rowsOf: tensor, first: products.heads * width, width: width, .fixed(width))
    }
    var queries: SegmentMatrix { queries(of: features) }
    var keys: SegmentMatrix { keys(of: features) }

    /// A matrix with a column more than a head has.
    func extended(_ tensor: Tensor) -> SegmentMatrix {
        SegmentMatrix(rowsOf: tensor, width: width + 1, .fixed(width + 1))
    }

    /// φ(Q) M
    func sums() -> Tensor {
        let sums = products.rows(products.heads * (width + 1))
        products.multiply(queries, memory, into: extended(sums))
        return sums
    }
}

extension CudaMachine {
    func linear(
        _ y: Tensor, _ projections: Tensor, _ layout: BatchLayout, _ attention: DeviceAttention
    ) -> (Tensor, KeptAttention) {
        let pass = LinearPass(self, projections, layout, attention)
        launch(
            pass.products.program.function("linear_quotients"), Grid(Self.padded(y.rows)), .of(y), .of(pass.sums()),
            .of(y.rows), .of(attention.heads), .of(attention.headWidth))
        return (y, KeptAttention(attention, layout, []))
    }

    /// With N = φ(Q) M, s its last column and Y = N / s: dN = [dY, -dY · Y] / s, dφ(Q) = dN Mᵀ, dM = φ(Q)ᵀ dN,
    /// dφ(K) = [V, 1] dMᵀ, d[V, 1] = φ(K) dM.
    func linearGradient(
        _ gradient: Tensor, _ dy: Tensor, _ output: Tensor, _ projections: Tensor, _ kept: KeptAttention
    ) {
        let attention = kept.attention
        let pass = LinearPass(self, projections, kept.layout, attention)
        let (products, heads, width) = (pass.products, Argument.of(attention.heads), Argument.of(attention.headWidth))
        let dSums = pass.sums()
        launch(
            products.program.function("linear_quotients_gradient"), Grid(dy.rows), .of(dSums), .of(dy), .of(output),
            heads, width)
        let (dFeatures, dValues) = (
            products.rows(pass.features.columns), products.rows(pass.values.columns)
        )
        let dMemory = LinearPass.block(products, attention.headWidth)
        products.multiply(pass.extended(dSums), pass.memory.transposed, into: pass.queries(of: dFeatures))
        products.multiply(pass.queries.transposed, pass.extended(dSums), into: dMemory)
        products.multiply(pass.extended(pass.values), dMemory.transposed, into: pass.keys(of: dFeatures))
        products.multiply(pass.keys, dMemory, into: pass.extended(dValues))
        launch(
            products.program.function("linear_gradient"), Grid(Self.padded(dy.rows)), .of(gradient), .of(dFeatures),
            .of(dValues), .of(pass.features), .of(dy.rows), heads, width)
    }
}
