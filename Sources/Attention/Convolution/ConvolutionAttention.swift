import Autograd
import CKernels
import Tensors

/// Y + the values convolved over tokens, head by head with a kernel of odd width w: Y_i += Σ_t c_t V_{i + t - w/2}, the
/// values beyond the ends being zero (YOSO-C: Zeng et al. 2021, section 4; Nyströmformer: Xiong et al. 2021, section 4).
struct ConvolutionAttention: SelfAttention {
    let attention: any SelfAttention
    let shape: HeadShape
    /// A kernel a head, [heads, 1, window, 1] as Hugging Face has it.
    let kernels: Parameter

    /// - Parameter outputScale: of the weights that read the output, which the convolution makes up for.
    init(
        attention: any SelfAttention, shape: HeadShape, window: Int, outputScale: Float = 1, _ scope: ParameterScope
    ) {
        precondition(window % 2 == 1, "a convolution of \(window) tokens has no middle")
        self.attention = attention
        self.shape = shape
        kernels = scope["conv"].weight(
            "weight", shape: [shape.heads, 1, window, 1], deviation: 1 / (outputScale * Float(window).squareRoot()))
    }

    func callAsFunction(_ projections: Variable, _ layout: BatchLayout) -> Variable {
        let tape = projections.tape
        let attended = attention(projections, layout)
        if tape.machine != nil { return attended.convolved(projections, layout, heads: shape.heads, kernels) }
        let output = tape.pool.copy(attended.value)
        let values = tape[kernels]
        shape.eachHead(layout, tape.products) { _, rows, head, _ in
            let value = shape.slices(projections.value, rows, head: head).value
            withPointers(values.rows(head..<head + 1), value, shape.slice(output, rows, head: head)) {
                ck_convolve(Int64(kernels.columns), $0, 0, $1, $2)
            }
        }
        return tape.record(
            output,
            ConvolutionGradient(
                kernels: kernels, shape: shape, layout: layout, projections: projections, attended: attended.slot))
    }
}

/// dV_j = Σ_t c_t dY_{j - t + w/2}, dc_t = Σ_i dY_i · V_{i + t - w/2}
private struct ConvolutionGradient: AttentionGradient {
    let kernels: Parameter
    let shape: HeadShape
    let layout: BatchLayout
    let projections: Variable
    let attended: GradientSlot

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let (window, values) = (Int64(kernels.columns), projections.tape[kernels])
        let dProjections = gradients.pool.zeros(projections.rows, projections.columns)
        let dKernels = gradients.pool.zeros(kernels.rows, kernels.columns)
        shape.eachHeadInOrder(layout, gradients.products) { _, rows, head, _ in
            let kernel = values.rows(head..<head + 1)
            let value = shape.slices(projections.value, rows, head: head).value
            let dValue = shape.slices(dProjections, rows, head: head).value
            let dHead = shape.slice(dOutput, rows, head: head)
            withPointers(kernel, dHead, dValue) { ck_convolve(window, $0, 1, $1, $2) }
            withPointers(value, dHead, dKernels.rows(head..<head + 1)) { ck_convolve_gradient(window, $0, $1, $2) }
        }
        gradients.add(to: kernels) { $0.add(dKernels) }
        gradients.add(dProjections, to: projections)
        gradients.add(dOutput, to: attended)
    }
}
