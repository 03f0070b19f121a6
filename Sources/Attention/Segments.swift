import CKernels
import Tensors

/// A sequence cut into segments of nearly equal length, and sums and means over them.
struct Segments {
    private let bounds: [Int64]

    /// `count` segments, or one a token where there are fewer.
    init(_ length: Int, _ count: Int) {
        let count = min(length, count)
        bounds = (0...count).map { Int64($0 * length / count) }
    }

    var count: Int { bounds.count - 1 }

    func rows(_ index: Int) -> Range<Int> { Int(bounds[index])..<Int(bounds[index + 1]) }

    func sums(of x: Matrix, _ pool: StoragePool) -> Tensor { gather(x, means: 0, pool) }

    func means(of x: Matrix, _ pool: StoragePool) -> Tensor { gather(x, means: 1, pool) }

    /// dx += the gradient of the sums, row by row
    func addSumGradient(_ d: Tensor, to dx: Matrix) { spread(d, means: 0, dx) }

    /// dx += the gradient of the means, row by row
    func addMeanGradient(_ d: Tensor, to dx: Matrix) { spread(d, means: 1, dx) }

    private func gather(_ x: Matrix, means: Int32, _ pool: StoragePool) -> Tensor {
        let result = pool.tensor(count, x.columns)
        withPointers(x, result) { ck_segment_sums(Int64(count), bounds, means, $0, $1) }
        return result
    }

    private func spread(_ d: Tensor, means: Int32, _ dx: Matrix) {
        withPointers(d, dx) { ck_segment_sums_gradient(Int64(count), bounds, means, $0, $1) }
    }
}
