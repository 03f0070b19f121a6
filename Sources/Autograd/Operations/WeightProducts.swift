import Tensors

/// The products of a dense layer with its weight, in the tape's precision.
extension Tape {
    /// y = x Wᵀ + b
    func multiply(_ x: LeftFactor, _ weight: Parameter, plus bias: Parameter, into y: Tensor) {
        products.multiply(x, transposed(weight), plus: self[bias], into: y)
    }

    /// h = x Wᵀ + b, and gelu(h) for the products to come
    func multiplyAndActivate(
        _ x: LeftFactor, _ weight: Parameter, plus bias: Parameter, into h: Tensor
    ) -> (left: LeftFactor, kept: RightFactor?) {
        products.multiplyAndActivate(x, transposed(weight), plus: self[bias], into: h, isKept: isRecording)
    }

    private func transposed(_ weight: Parameter) -> RightFactor {
        panels?.forward(weight) ?? products.right(self[weight].matrix.transposed)
    }

    /// dx = dy W, or dx += dy W
    func multiplyBack(_ dy: LeftFactor, _ weight: Parameter, into dx: Matrix, accumulate: Bool = false) {
        let weights = panels.map { .panels($0.backward(weight)) } ?? products.right(self[weight].matrix)
        products.multiply(dy, weights, into: dx, accumulate: accumulate)
    }
}
