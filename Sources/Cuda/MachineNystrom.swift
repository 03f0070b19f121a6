import Autograd
import Tensors

/// Nyström attention: softmax(Q K̃ᵀ) pinv(softmax(Q̃ K̃ᵀ)) softmax(Q̃ Kᵀ) V with landmarks Q̃, K̃, by products of every sequence
/// and head.
private struct NystromPass {
    let machine: CudaMachine
    let products: SegmentProducts
    let width, landmarks: Int
    let scale: Float
    let projections: Tensor
    let queryMeans, keyMeans: SegmentMatrix
    /// softmax(Q K̃ᵀ) [n, p], softmax(Q̃ K̃ᵀ) [p, p] and softmax(K Q̃ᵀ) over the columns, [n, p].
    let left, middle, right: SegmentMatrix
    /// Z₀ to Z₆, and with which column and sum they begin.
    let steps: [SegmentMatrix]
    let starts: Tensor
    /// B V and pinv(A) of it, [p, d].
    let summed, mixed: SegmentMatrix

    init(_ machine: CudaMachine, _ projections: Tensor, _ layout: BatchLayout, _ attention: DeviceAttention) {
        guard case .nystrom(let scale, let most) = attention.kind else {
            preconditionFailure("no Nyström attention")
        }
        let products = SegmentProducts(machine, layout, heads: attention.heads)
        let (heads, width) = (attention.heads, attention.headWidth)
        (self.machine, self.products, self.projections, self.scale) = (machine, products, projections, scale)
        // No sequence has more of them than tokens; eights keep rows aligned.
        let landmarks = min(most, (products.view.longest + 7) / 8 * 8)
        (self.width, self.landmarks) = (width, landmarks)
        func part(_ index: Int) -> SegmentMatrix { Self.part(projections, index, heads: heads, width: width) }
        func means(_ index: Int) -> SegmentMatrix {
            let means = Self.means(products, width, landmarks)
            machine.launch(
                products.program.function("segment_means"), Grid(landmarks, heads, layout.count, threads: 128),
                .of(means.tensor), .of(projections), .of(index), .layout(products.view.argument), .of(heads),
                .of(width), .of(landmarks))
            return means
        }
        (queryMeans, keyMeans) = (means(0), means(1))
        (left, middle, right) = (
            Self.rows(products, landmarks), Self.square(products, landmarks), Self.rows(products, landmarks)
        )
        products.multiply(part(0), keyMeans.transposed, into: left)
        products.multiply(queryMeans, keyMeans.transposed, into: middle)
        products.multiply(part(1), queryMeans.transposed, into: right)
        starts = products.blocks(2)
        var start = Self.square(products, landmarks)
        (summed, mixed) = (Self.means(products, width, landmarks), Self.means(products, width, landmarks))
        var steps: [SegmentMatrix] = []
        Self.softmax(machine, products, "line_softmax", [left], scale, landmarks)
        Self.softmax(machine, products, "line_softmax", [middle], scale, landmarks)
        Self.columnSoftmax(machine, products, "column_softmax", [right], scale, landmarks)
        machine.launch(
            products.program.function("inverse_start"), Grid(heads, layout.count), .of(start.tensor), .of(starts),
            .of(middle.tensor), .layout(products.view.argument), .of(heads), .of(landmarks))
        for _ in 0..<6 {
            steps.append(start)
            let (factors, next) = (
                InverseFactors(products, middle, start, landmarks), Self.square(products, landmarks)
            )
            products.multiply(start, factors.p3, into: next, alpha: 0.25)
            start = next
        }
        self.steps = steps + [start]
        products.multiply(right.transposed, part(2), into: summed)
        products.multiply(start, summed, into: mixed)
    }

    /// Queries (0), keys (1) or values (2) of all heads.
    static func part(_ tensor: Tensor, _ index: Int, heads: Int, width: Int) -> SegmentMatrix {
        SegmentMatrix(rowsOf: tensor, first: index * heads * width, width: width, .fixed(width))
    }

    func part(_ tensor: Tensor, _ index: Int) -> SegmentMatrix {
        Self.part(tensor, index, heads: products.heads, width: width)
    }

    static func square(_ products: SegmentProducts, _ p: Int) -> SegmentMatrix {
        SegmentMatrix(blocks: products.blocks(p * p), height: p, width: p, .landmarks(p), .landmarks(p))
    }

    static func means(_ products: SegmentProducts, _ width: Int, _ p: Int) -> SegmentMatrix {
        SegmentMatrix(blocks: products.blocks(p * width), height: p, width: width, .landmarks(p), .fixed(width))
    }

    static func rows(_ products: SegmentProducts, _ p: Int) -> SegmentMatrix {
        SegmentMatrix(rowsOf: products.rows(products.heads * p), width: p, .landmarks(p))
    }

    /// A kernel of lines: of rows of tokens, or of blocks.
    static func softmax(
        _ machine: CudaMachine, _ products: SegmentProducts, _ name: String, _ matrices: [SegmentMatrix],
        _ scale: Float,
        _ landmarks: Int
    ) {
        let isBlock = matrices[0].rows != .tokens
        let lines = products.heads * (isBlock ? products.layout.count * landmarks : products.layout.tokens)
        machine.device.launch(
            products.program.function(name), Grid((lines + 7) / 8), shared: 0,
            matrices.map { .of($0.tensor) } + [
                .float(scale), .layout(products.view.argument), .of(lines), .of(products.heads), .of(landmarks),
                .of(isBlock ? 1 : 0),
            ])
    }

    /// A kernel of columns over tokens.
    static func columnSoftmax(
        _ machine: CudaMachine, _ products: SegmentProducts, _ name: String, _ matrices: [SegmentMatrix],
        _ scale: Float,
        _ landmarks: Int
    ) {
        machine.device.launch(
            products.program.function(name), Grid((landmarks + 31) / 32, products.heads, products.layout.count),
            shared: 0,
            matrices.map { .of($0.tensor) } + [
                .float(scale), .layout(products.view.argument), .of(products.heads), .of(landmarks),
            ])
    }
}

/// Of one step of the iteration Z' = ¼ Z P₃: X = A Z, P₁ = 7 I - X, P₂ = 15 I - X P₁, P₃ = 13 I - X P₂.
private struct InverseFactors {
    let x, p1, p2, p3: SegmentMatrix

    init(_ products: SegmentProducts, _ a: SegmentMatrix, _ z: SegmentMatrix, _ p: Int) {
        func square() -> SegmentMatrix { NystromPass.square(products, p) }
        (x, p1, p2, p3) = (square(), square(), square(), square())
        products.multiply(a, z, into: x)
        products.multiply(a, z, into: p1, alpha: -1, delta: 7)
        products.multiply(x, p1, into: p2, alpha: -1, delta: 15)
        products.multiply(x, p2, into: p3, alpha: -1, delta: 13)
    }
}

extension NystromPass {
    /// dA of the middle softmax from the gradient of the inverse, which it overwrites.
    func inverseGradient(_ dInverse: SegmentMatrix) -> SegmentMatrix {
        func square() -> SegmentMatrix { Self.square(products, landmarks) }
        let dA = square()
        var (dZ, isFirst) = (dInverse, true)
        for z in steps.dropLast().reversed() {
            let factors = InverseFactors(products, middle, z, landmarks)
            // dP₃ = ¼ Zᵀ dZ', dP₂ = -Xᵀ dP₃, dP₁ = -Xᵀ dP₂, dX = -dP₃ P₂ᵀ - dP₂ P₁ᵀ - dP₁
            let (dP3, dP2, dX) = (square(), square(), square())
            products.multiply(z.transposed, dZ, into: dP3, alpha: 0.25)
            products.multiply(factors.x.transposed, dP3, into: dP2, alpha: -1)
            products.multiply(factors.x.transposed, dP2, into: dX)
            products.multiply(dP3, factors.p2.transposed, into: dX, alpha: -1, beta: 1)
            products.multiply(dP2, factors.p1.transposed, into: dX, alpha: -1, beta: 1)
            products.multiply(dX, z.transposed, into: dA, beta: isFirst ? 0 : 1)
            let previous = square()
            products.multiply(dZ, factors.p3.transposed, into: previous, alpha: 0.25)
            products.multiply(middle.transposed, dX, into: previous, beta: 1)
            (dZ, isFirst) = (previous, false)
        }
        machine.launch(
            products.program.function("inverse_start_gradient"), Grid(products.heads, products.layout.count),
            .of(dA.tensor), .of(dZ.tensor), .of(middle.tensor), .of(starts), .layout(products.view.argument),
            .of(products.heads), .of(landmarks))
        return dA
    }

    /// With F, A, B the three softmaxes, Z = pinv(A), W = B V, U = Z W and Y = F U: dU = Fᵀ dY, dZ = dU Wᵀ, dW = Zᵀ dU,
    /// dV = Bᵀ dW, and the gradients of F, A and B through their softmaxes to queries, keys and landmarks.
    func writeGradient(_ dy: Tensor, into gradient: Tensor) {
        let d = products.rows(projections.columns)
        let dOutput = SegmentMatrix(rowsOf: dy, width: width, .fixed(width))
        func means() -> SegmentMatrix { Self.means(products, width, landmarks) }
        func rows() -> SegmentMatrix { Self.rows(products, landmarks) }
        let (dMixed, dSummed, dInverse) = (means(), means(), Self.square(products, landmarks))
        products.multiply(left.transposed, dOutput, into: dMixed)
        products.multiply(dMixed, summed.transposed, into: dInverse)
        products.multiply(steps[steps.count - 1].transposed, dMixed, into: dSummed)
        products.multiply(right, dSummed, into: part(d, 2))

        let (dLeft, dRight) = (rows(), rows())
        products.multiply(dOutput, mixed.transposed, into: dLeft)
        Self.softmax(machine, products, "line_softmax_gradient", [dLeft, left], scale, landmarks)
        products.multiply(part(projections, 2), dSummed.transposed, into: dRight)
        Self.columnSoftmax(machine, products, "column_softmax_gradient", [dRight, right], scale, landmarks)
        let dMiddle = inverseGradient(dInverse)
        Self.softmax(machine, products, "line_softmax_gradient", [dMiddle, middle], scale, landmarks)

        let (dQuery, dKey) = (means(), means())
        products.multiply(dLeft, keyMeans, into: part(d, 0))
        products.multiply(dLeft.transposed, part(projections, 0), into: dKey)
        products.multiply(dMiddle, keyMeans, into: dQuery)
        products.multiply(dMiddle.transposed, queryMeans, into: dKey, beta: 1)
        products.multiply(dRight.transposed, part(projections, 1), into: dQuery, beta: 1)
        products.multiply(dRight, queryMeans, into: part(d, 1))
        machine.launch(
            products.program.function("nystrom_gradient"), Grid(CudaMachine.padded(gradient.rows)), .of(gradient),
            .of(d), .of(dQuery.tensor), .of(dKey.tensor), .layout(products.view.argument), .of(products.heads),
            .of(width), .of(landmarks))
    }
}

extension CudaMachine {
    func nystrom(
        _ y: Tensor, _ projections: Tensor, _ layout: BatchLayout, _ attention: DeviceAttention
    ) -> (Tensor, KeptAttention) {
        let pass = NystromPass(self, projections, layout, attention)
        clearEnd(y)
        pass.products.multiply(
            pass.left, pass.mixed,
            into: SegmentMatrix(rowsOf: y, width: attention.headWidth, .fixed(attention.headWidth)))
        return (y, KeptAttention(attention, layout, []))
    }

    func nystromGradient(_ gradient: Tensor, _ dy: Tensor, _ projections: Tensor, _ kept: KeptAttention) {
        NystromPass(self, projections, kept.layout, kept.attention).writeGradient(dy, into: gradient)
    }
}
