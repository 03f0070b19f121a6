import CKernels
import Tensors

/// Kernels that attend a head at a time, tile by tile in registers, where that is faster than products of tiles: in fp32, for which
/// OpenBLAS packs the keys again for every few queries, and of few keys in bf16, of which most of the time goes into packing.
enum HeadKernel {
    private static let isWide = ["AVX2", "AVX-512"].contains(String(cString: ck_level()))

    static func serves(_ products: Products) -> Bool { isWide && products.precision == .fp32 }

    /// Of a sequence of so many keys, whoever else is in its batch.
    static func serves(_ products: Products, keys: Int) -> Bool { serves(products) || isWide && keys <= fewKeys }

    /// Where both took the same time in bf16, on a Zen 4.
    private static let fewKeys = 24

    /// Memory for a sequence of so many keys.
    ///
    /// - Parameter width: the most columns of queries and of values.
    static func scratch(_ keys: Int, width: Int, _ pool: StoragePool) -> Tensor {
        pool.tensor(1, Int(ck_attend_scratch(Int64(keys), Int64(width))))
    }
}

extension HeadSlices: KernelOperand {
    func withPointer<Result>(
        _ body: ((query: ck_matrix, key: ck_matrix, value: ck_matrix)) throws -> Result
    ) rethrows -> Result {
        try withPointers(query, key, value) { try body(($0, $1, $2)) }
    }
}

extension ck_attention_head {
    /// All queries, and no dropout.
    init(_ slices: (query: ck_matrix, key: ck_matrix, value: ck_matrix), scale: Float = 1) {
        self.init(
            query: slices.query, key: slices.key, value: slices.value, places: nil, scale: scale, dropout: 0, mask: 0)
    }
}
