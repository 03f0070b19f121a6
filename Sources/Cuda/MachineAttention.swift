import Autograd
import Tensors

/// The attentions that there are kernels for.
extension CudaMachine {
    public func attend(
        _ projections: Tensor, _ layout: BatchLayout, _ attention: DeviceAttention
    ) -> (Tensor, KeptAttention) {
        // Kernels write its whole tiles.
        let y = activation(projections.rows, attention.heads * attention.headWidth)
        switch attention.kind {
        case .softmax(let scale, let dropout, let random):
            return softmax(y, projections, layout, attention, Softmax(scale, dropout, random))
        case .local(let scale, let window):
            return softmax(y, projections, layout, attention, Softmax(scale, window: window))
        case .linear: return linear(y, projections, layout, attention)
        case .nystrom: return nystrom(y, projections, layout, attention)
        case .yosoExpectation(let pairs):
            return expect(y, projections, layout, attention, YosoArgument(pairs))
        case .yoso(let pairs, let hashes, let conditional, let byPlanes, let random, let isDrawn):
            return sample(
                y, projections, layout, attention, byPlanes: byPlanes,
                YosoArgument(pairs, hashes: hashes, conditional: conditional, random, isDrawn: isDrawn))
        }
    }

    public func attendGradient(
        _ dy: Tensor, _ output: Tensor, _ projections: Tensor, _ kept: KeptAttention, dTemperature: Tensor?
    ) -> Tensor {
        let gradient = activation(projections.rows, projections.columns)
        switch kept.attention.kind {
        case .softmax(let scale, let dropout, let random):
            softmaxGradient(
                gradient, dy, output, projections, kept, Softmax(scale, dropout, random), dTemperature: dTemperature)
        case .local(let scale, let window):
            softmaxGradient(
                gradient, dy, output, projections, kept, Softmax(scale, window: window), dTemperature: nil)
        case .linear: linearGradient(gradient, dy, output, projections, kept)
        case .nystrom: nystromGradient(gradient, dy, projections, kept)
        case .yosoExpectation(let pairs):
            expectGradient(gradient, dy, output, projections, kept, YosoArgument(pairs))
        case .yoso(let pairs, let hashes, let conditional, _, let random, let isDrawn):
            sampleGradient(
                gradient, dy, output, projections, kept,
                YosoArgument(pairs, hashes: hashes, conditional: conditional, random, isDrawn: isDrawn))
        }
        return gradient
    }
}
