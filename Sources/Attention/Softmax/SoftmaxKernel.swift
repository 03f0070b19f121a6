import Autograd
import CKernels
import Tensors

/// By `HeadKernel`, a head of a sequence that it serves.
extension SoftmaxPass {
    /// Forward: the output of the head, and its `logSums`, to the base 2.
    func attend(
        _ projections: Tensor, into output: Tensor, _ sequence: Int, _ head: Int, _ products: Products
    ) {
        let (scratch, rows) = (scratch(sequence, products.pool), asked.rows(sequence))
        withPointers(
            attended(projections, sequence, head), shape.slice(output, rows, head: head),
            logSums.row(head, rows), scratch
        ) { ck_attend($0, $1, $2, $3) }
    }

    /// Backward: gradients of the projections.
    func writeGradients(
        _ projections: Tensor, _ output: Tensor, _ dOutput: Tensor, into dProjections: Tensor, dQueries: Tensor?,
        _ sequence: Int, _ head: Int, _ products: Products
    ) {
        let rows = asked.rows(sequence)
        let d = shape.slice(dOutput, rows, head: head)
        let delta = rowProducts(d, shape.slice(output, rows, head: head), products.pool)
        let dSlices = slices(dProjections, kept: dQueries, sequence, head)
        withPointers(
            attended(projections, sequence, head), d, logSums.row(head, rows), delta, dSlices,
            scratch(sequence, products.pool)
        ) {
            ck_attend_gradient($0, $1, $2, $3, $4.query, $4.key, $4.value, $5)
        }
    }

    private func attended(_ projections: Tensor, _ sequence: Int, _ head: Int) -> AttendedHead {
        AttendedHead(
            slices: slices(projections, sequence, head), places: queries?.places[asked.rows(sequence)],
            scale: scales[head],
            dropout: mask == nil ? 0 : attention.dropout, mask: dropoutKey(sequence: sequence, head: head) ?? 0)
    }

    private func scratch(_ sequence: Int, _ pool: StoragePool) -> Tensor {
        HeadKernel.scratch(layout.rows(sequence).count, width: shape.headWidth, pool)
    }
}

/// One head as the kernel takes it.
private struct AttendedHead: KernelOperand {
    let slices: HeadSlices
    /// Of the queries in their sequence, where they are not all.
    let places: ArraySlice<Int32>?
    let scale: Float
    let dropout: Float
    let mask: UInt64

    func withPointer<Result>(_ body: (ck_attention_head) throws -> Result) rethrows -> Result {
        try slices.withPointer { slices in
            try (places ?? []).withUnsafeBufferPointer { buffer in
                try body(
                    ck_attention_head(
                        query: slices.query, key: slices.key, value: slices.value,
                        places: places == nil ? nil : buffer.baseAddress, scale: scale, dropout: dropout, mask: mask))
            }
        }
    }
}
