import Tensors

/// A sequence cut into segments of nearly equal length, and sums and means over them.
struct Segments {
    private let bounds: [Int]

    /// `count` segments, or one a token where there are fewer.
    init(_ length: Int, _ count: Int) {
        let count = min(length, count)
        bounds = (0...count).map { $0 * length / count }
    }

    var count: Int { bounds.count - 1 }

    func rows(_ index: Int) -> Range<Int> { bounds[index]..<bounds[index + 1] }

    func sums(of x: Matrix, _ pool: StoragePool) -> Tensor {
        gather(x, pool) { _ in 1 }
    }

    func means(of x: Matrix, _ pool: StoragePool) -> Tensor {
        gather(x, pool) { 1 / Float($0.count) }
    }

    /// dx += the gradient of the sums, row by row
    func addSumGradient(_ d: Tensor, to dx: Matrix) { spread(d, dx) { _ in 1 } }

    /// dx += the gradient of the means, row by row
    func addMeanGradient(_ d: Tensor, to dx: Matrix) { spread(d, dx) { 1 / Float($0.count) } }

    private func gather(_ x: Matrix, _ pool: StoragePool, _ factor: (Range<Int>) -> Float) -> Tensor {
        let result = pool.zeros(count, x.columns)
        for index in 0..<count {
            let (rows, target) = (rows(index), result.pointer + index * x.columns)
            let factor = factor(rows)
            for row in rows {
                let source = x.pointer + row * x.stride
                for column in 0..<x.columns { target[column] += factor * source[column] }
            }
        }
        return result
    }

    private func spread(_ d: Tensor, _ dx: Matrix, _ factor: (Range<Int>) -> Float) {
        for index in 0..<count {
            let (rows, source) = (rows(index), d.pointer + index * dx.columns)
            let factor = factor(rows)
            for row in rows {
                let target = dx.pointer + row * dx.stride
                for column in 0..<dx.columns { target[column] += factor * source[column] }
            }
        }
    }
}
