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
        let output = tape.pool.copy(attended.value)
        let convolution = HeadConvolution(kernels: tape[kernels], shape: shape, layout: layout)
        convolution.each { rows, head, kernel in
            let value = shape.slices(projections.value, rows, head: head).value
            withPointers(kernel, value, shape.slice(output, rows, head: head)) {
                ck_convolve(Int64(kernels.columns), $0, 0, $1, $2)
            }
        }
        return tape.record(
            output,
            ConvolutionGradient(
                kernels: kernels, convolution: convolution, projections: projections, attended: attended.place))
    }
}

/// The kernels of all heads over the sequences of a layout.
private struct HeadConvolution {
    let kernels: Tensor
    let shape: HeadShape
    let layout: BatchLayout

    func each(_ body: (_ rows: Range<Int>, _ head: Int, _ kernel: Tensor) -> Void) {
        for index in 0..<layout.count {
            for head in 0..<shape.heads { body(layout.rows(index), head, kernels.rows(head..<head + 1)) }
        }
    }
}

/// dV_j = Σ_t c_t dY_{j - t + w/2}, dc_t = Σ_i dY_i · V_{i + t - w/2}
private struct ConvolutionGradient: AttentionGradient {
    let kernels: Parameter
    let convolution: HeadConvolution
    let projections: Variable
    let attended: Place

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let shape = convolution.shape
        let window = Int64(kernels.columns)
        let dProjections = gradients.pool.zeros(projections.rows, projections.columns)
        let dKernels = gradients.pool.zeros(kernels.rows, kernels.columns)
        convolution.each { rows, head, kernel in
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
