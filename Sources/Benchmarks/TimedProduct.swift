import Tensors
import Training

/// A product of a dense layer with W [outputs, inputs] over `rows` tokens, on every thread at once.
public final class TimedProduct {
    /// Which of a layer's three products.
    public enum Form: String, Sendable, Codable, CaseIterable {
        /// y = x Wᵀ
        case forward
        /// dx = dy W
        case inputGradient
        /// dW += dyᵀ x
        case weightGradient
    }

    private struct Operands {
        let pool: StoragePool
        let x: Tensor
        let y: Tensor
        let weight: Tensor
        /// As the products read it, made ready before, as it is once a step.
        let factor: RightFactor
        let products: Products
    }

    private let form: Form
    private let workers: Workers
    private let operands: [Operands]
    /// Operations on all threads.
    public let work: Double

    public init(rows: Int, outputs: Int, inputs: Int, _ form: Form, _ precision: Precision, _ workers: Workers) {
        (self.form, self.workers) = (form, workers)
        work = 2 * Double(rows * outputs * inputs) * Double(workers.threads)
        operands = (0..<workers.threads).map { thread in
            let pool = StoragePool()
            func random(_ rows: Int, _ columns: Int, _ name: String) -> Tensor {
                let stream = RandomStream(seed: UInt64(thread)).stream(name)
                return pool.tensor(rows, columns, (0..<rows * columns).map { Float(stream.uniform(UInt32($0)) - 0.5) })
            }
            let (products, weight) = (Products(precision, from: pool), random(outputs, inputs, "weight"))
            return Operands(
                pool: pool, x: random(rows, inputs, "x"), y: random(rows, outputs, "y"), weight: weight,
                factor: products.right(form == .forward ? weight.matrix.transposed : weight.matrix), products: products)
        }
        _ = seconds()
    }

    /// Seconds of a product, with all that its operands need each time: the mean of so many that waking the threads counts for
    /// nothing, since a step wakes them once for all of its products.
    public func seconds() -> Double {
        let repeats = max(1, Int(min(10_000, 4e9 * Double(workers.threads) / work)))
        return elapsed {
            workers.each(workers.threads) { thread in
                for _ in 0..<repeats { run(operands[thread]) }
            }
        } / Double(repeats)
    }

    private func run(_ all: Operands) {
        let products = all.products
        switch form {
        case .forward: products.multiply(products.left(all.x.matrix), all.factor, into: all.y.matrix)
        case .inputGradient: products.multiply(products.left(all.y.matrix), all.factor, into: all.x.matrix)
        case .weightGradient:
            products.multiply(
                products.left(all.y.matrix.transposed), products.right(all.x.matrix), into: all.weight.matrix,
                accumulate: true)
        }
    }
}
