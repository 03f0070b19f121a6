import Autograd
import Cuda
import Dispatch
import Foundation
import Tensors
import Testing

/// The GPU, or the emulator that YOSO_CUDA names; nil where there is none.
let device: CudaDevice? = try? CudaDevice()

/// A thread for a long suite of tests one after the other: where each waits behind those of all other suites, the end is one core's.
final class OwnThread: TaskExecutor, SuiteTrait, TestScoping {
    private let queue = DispatchQueue(label: "tests of a thread of their own")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(self) { try await function() }
    }
}

/// One after the other: a GPU belongs to one thread at a time.
@Suite(
    // Where somebody names an emulator, it has to be one.
    .enabled(
        if: device != nil || ProcessInfo.processInfo.environment["YOSO_CUDA"] != nil,
        "no GPU, and no emulator: Tests/Cuda/Emulator/build FOLDER, YOSO_CUDA=FOLDER"),
    .serialized, OwnThread())
enum OnDevice {
    @Suite struct MachineTests {}
    @Suite struct AttentionTests {}
    @Suite struct UpdateTests {}
    @Suite struct LossTests {}
    @Suite struct PassTests {}
}

/// Every operation of a tape on a machine: outputs and gradients are those of the CPU's kernels.
extension OnDevice.MachineTests {
    /// An operation on rows of inputs, with its own parameters.
    struct Operation: Sendable, CustomTestStringConvertible {
        let name: String
        var columns = 64
        let body: @Sendable (Variable, Model, BatchLayout) -> Variable
        var testDescription: String { name }
    }

    /// Parameters of all operations.
    struct Model {
        let layout: ParameterLayout
        let dense, narrow, single, wide, query, broad: Weights
        let norm: LayerNorm
        let residual: LayerNorm
        /// Of widths that kernels take in other ways.
        let norms: [LayerNorm]
        let embeddings: EmbeddingSum
        let words: Parameter
        let bias: Parameter

        struct Weights {
            let weight, bias: Parameter

            init(_ scope: ParameterScope, _ outputs: Int, _ inputs: Int) {
                weight = scope.multiplied(scope.weight("weight", outputs, inputs, deviation: 0.2))
                bias = scope.vector("bias", outputs, .normal(0.3))
            }
        }

        /// Either side of where a kernel keeps sums of three kinds, or whole rows.
        static let widths = [256, 264, 512, 768, 776, 1000, 1024, 1032, 1280, 1536, 1792, 2048]

        init() {
            layout = ParameterLayout()
            let scope = layout.scope("m")
            words = scope.tied(scope.weight("words", 203, 64, deviation: 0.3))
            embeddings = EmbeddingSum(
                words: words, positions: scope.weight("positions", 300, 64, deviation: 0.3),
                segments: scope.weight("segments", 2, 64, deviation: 0.3))
            dense = Weights(scope["dense"], 96, 64)
            narrow = Weights(scope["narrow"], 3, 64)
            single = Weights(scope["single"], 1, 64)
            wide = Weights(scope["wide"], 256, 64)
            query = Weights(scope["contract"], 64, 256)
            broad = Weights(scope["broad"], 3, 776)
            norm = LayerNorm(scope["norm"], width: 64, epsilon: 1e-12)
            residual = LayerNorm(scope["residual"], width: 64, epsilon: 1e-5, dropout: 0.2)
            bias = scope.vector("words.bias", 203, .normal(0.3))
            norms = Self.widths.map { LayerNorm(scope["norm\($0)"], width: $0, epsilon: 1e-5, dropout: 0.2) }
        }
    }

    static let operations: [Operation] = [
        Operation(name: "gelu") { x, _, _ in x.gelu() },
        Operation(name: "gelu by tanh") { x, _, _ in x.gelu(.tanh) },
        Operation(name: "tanh") { x, _, _ in x.tanh() },
        Operation(name: "dropout") { x, _, layout in x.dropout(0.3, layout) },
        Operation(name: "sum") { x, _, _ in x + x.gelu() },
        Operation(name: "linear") { x, m, _ in x.linear(m.dense.weight, m.dense.bias) },
        Operation(name: "linear twice") { x, m, _ in
            x.linear(m.wide.weight, m.wide.bias).linear(m.query.weight, m.query.bias) + x.tanh()
        },
        Operation(name: "linear to three columns") { x, m, _ in x.linear(m.narrow.weight, m.narrow.bias) },
        Operation(name: "feed-forward") { x, m, _ in
            x.feedForward((m.wide.weight, m.wide.bias), (m.query.weight, m.query.bias))
        },
        Operation(name: "norm") { x, m, _ in m.norm(x) },
        Operation(name: "residual norm") { x, m, layout in m.residual(x, plus: x.gelu(), layout) },
        Operation(name: "gathered rows") { x, _, layout in
            x.gatherRows(layout.firstRows) + x.gatherRows(layout.firstRows).gelu()
        },
        Operation(name: "mean rows") { x, _, layout in x.meanRows(layout) },
        // Products below read what lies behind the last row of a gradient.
        Operation(name: "mean rows of a layer") { x, m, layout in
            x.linear(m.dense.weight, m.dense.bias).meanRows(layout)
        },
        Operation(name: "pairs of rows of a layer") { x, m, _ in
            guard x.rows > 1 else { return x.tanh() }
            return x.gatherRows(Array(0..<Int32(x.rows / 2 * 2))).linear(m.dense.weight, m.dense.bias).pairFeatures()
        },
        Operation(name: "pairs of rows") { x, _, _ in
            // Of one row there are none.
            guard x.rows > 1 else { return x.tanh() }
            let rows = x.gatherRows(Array(0..<Int32(x.rows / 2 * 2)))
            return rows.pairFeatures() + rows.gelu().pairFeatures()
        },
        Operation(name: "embeddings") { x, m, layout in
            let ids = (0..<Int32(x.rows)).map { ($0 * 7) % 203 }
            let places = (0..<layout.count).flatMap { layout.rows($0).map { Int32($0 % 300) } }
            return x + m.embeddings(ids, places, ids.map { $0 % 2 }, x.tape)
        },
        Operation(name: "recomputed") { x, m, layout in
            x.recomputing {
                m.residual(
                    $0, plus: $0.linear(m.wide.weight, m.wide.bias).gelu().linear(m.query.weight, m.query.bias), layout)
            }
        },
    ]

    @Test(arguments: operations, [[1], [5, 17, 3], [128], [70, 63, 129, 1]])
    func operation(_ operation: Operation, lengths: [Int]) throws {
        try compare(lengths, columns: operation.columns) { x, model, layout in
            let y = operation.body(x, model, layout)
            // Every element of the gradient of y is another.
            let targets = (0..<y.rows).map { Int32($0 % y.columns) }
            return (y.value.values, y.crossEntropy(targets, weight: 0.5))
        }
    }

    @Test(arguments: Model.widths.indices, [false, true])
    func norm(_ index: Int, hasBranch: Bool) throws {
        try compare([5, 17, 3], columns: Model.widths[index]) { x, model, layout in
            let y = hasBranch ? model.norms[index](x, plus: x.gelu(), layout) : model.norms[index](x)
            return (y.value.values, y.crossEntropy((0..<y.rows).map { Int32($0 * 7 % y.columns) }, weight: 0.5))
        }
    }

    /// Rows whose sums are made in larger pieces, and pieces that a warp meets again.
    @Test func manyRows() throws {
        let names = ["linear", "feed-forward", "residual norm", "embeddings"]
        for operation in Self.operations where names.contains(operation.name) {
            try self.operation(operation, lengths: [100, 8100])
        }
    }

    /// The same of rows so wide that a norm reads them several times.
    @Test func manyWideRows() throws {
        let (layout, rows, columns) = (ParameterLayout(), 8200, 1032)
        let scale = layout.scope("m").vector("scale", columns, .normal(1))
        let machine = CudaMachine(try #require(device), layout, .fp32)
        machine.load(layout.initialBlock(seed: 5, from: StoragePool()))
        machine.begin()
        let (x, dy) = (machine.activation(rows, columns), machine.activation(rows, columns))
        let (dScale, dShift) = (machine.activation(1, columns), machine.activation(1, columns))
        for tensor in [x, dy, dScale, dShift] { machine.clear(tensor) }
        // Of the mean 0 and the variance 1.
        x.copy(from: (0..<rows * columns).map { $0 % 2 == 0 ? 1 : -1 })
        dy.copy(from: Array(repeating: 1, count: rows * columns))
        let kept = try #require(machine.residualNorm(x, nil, scale, scale, epsilon: 1, nil, keeping: true).kept)
        _ = machine.residualNormGradient(
            dy, kept, scale, nil, hasBranch: false, dScale: dScale, dShift: dShift)
        machine.settle()
        let wanted = [1, -1].map { $0 * Float(rows) * Float(0.5).squareRoot() }
        #expect(dScale.values.enumerated().allSatisfy { abs($1 - wanted[$0 % 2]) < 1e-5 * wanted[0] })
        #expect(dShift.values.allSatisfy { $0 == Float(rows) })
    }

    /// So large that a cube of them is infinite, and so near to each other that a norm's ε counts.
    @Test(arguments: [GeluForm.erf, .tanh]) func extremeNumbers(_ form: GeluForm) throws {
        for scale: Float in [6, 30, 1e13] {
            try compare([5, 17, 3], columns: 64, scale: scale) { x, model, layout in
                let y = x.gelu(form) + x.tanh()
                return (y.value.values, model.norm(y).crossEntropy((0..<25).map { $0 }, weight: 0.5))
            }
        }
        try compare([5, 17, 3], columns: 64, scale: 3e-3) { x, model, layout in
            let y = model.residual(x, plus: x.gelu(form), layout)
            return (y.value.values, y.crossEntropy((0..<25).map { $0 }, weight: 0.5))
        }
    }

    /// Of columns that no vector of a kernel divides, and inputs wider than a block.
    @Test func oddColumnsAndWideInputs() throws {
        try compare([5, 17, 3], columns: 64) { x, model, layout in
            let logits = x.linear(model.narrow.weight, model.narrow.bias)
            let y = logits.dropout(0.3, layout) + logits.tanh()
            let rows = y.gatherRows([2, 3, 5, 24]) + y.gatherRows([1, 3, 4, 7])
            return (y.value.values + rows.value.values, rows.crossEntropy([0, 1, 2, 1], weight: 0.5))
        }
        try compare([5, 17, 3], columns: 776) { x, model, _ in
            let y =
                x.linear(model.broad.weight, model.broad.bias) + x.gelu().linear(model.broad.weight, model.broad.bias)
            return (y.value.values, y.crossEntropy((0..<25).map { $0 % 3 }, weight: 0.5))
        }
    }

    @Test(arguments: [[1], [5, 17, 3], [128], [70, 63, 129, 1]])
    func losses(lengths: [Int]) throws {
        try compare(lengths, columns: 64) { x, model, _ in
            let labels = (0..<x.rows).map { Int32(($0 * 5) % 203) }
            return ([], x.tiedCrossEntropy(model.words, model.bias, labels, weight: 0.25))
        }
        try compare(lengths, columns: 64) { x, model, _ in
            let logits = x.linear(model.narrow.weight, model.narrow.bias)
            return (
                logits.value.values, logits.crossEntropy(Array(repeating: 2, count: x.rows), weight: 1, smoothing: 0.1)
            )
        }
        try compare(lengths, columns: 64) { x, model, _ in
            let logits = x.linear(model.narrow.weight, model.narrow.bias)
            return ([], logits.binaryCrossEntropy(Array(repeating: [0, 2], count: x.rows), weight: 1, smoothing: 0.1))
        }
        // Of one row it is as small as a loss.
        try compare(lengths, columns: 64) { x, model, _ in
            let value = x.linear(model.single.weight, model.single.bias)
            return (value.value.values, value.squaredError(Array(repeating: 0.5, count: x.rows), weight: 0.5))
        }
        try compare(lengths, columns: 64) { x, model, _ in
            let value = x.linear(model.single.weight, model.single.bias)
            return ([], (value + value.tanh()).squaredError(Array(repeating: 0.5, count: x.rows), weight: 0.5))
        }
    }

    /// Runs `body` on the CPU and on the machine, and compares values, counts, and the gradients of x and of all parameters.
    private func compare(
        _ lengths: [Int], columns: Int, tolerance: Float = 2e-5, scale: Float = 1,
        _ body: (Variable, Model, BatchLayout) -> (values: [Float], loss: Loss)
    ) throws {
        let device = try #require(device)
        let (model, layout) = (Model(), BatchLayout(lengths: lengths, keys: lengths.indices.map { UInt64($0) * 3 + 1 }))
        let (host, random) = (StoragePool(), RandomStream(seed: 3))
        let block = model.layout.initialBlock(seed: 5, from: host)
        let values = RandomStream(seed: 9)
        let x = (0..<UInt32(layout.tokens * columns)).map { scale * (Float(values.uniform($0)) * 2 - 1) }
        func run(_ parameters: Tensor, _ sums: Tensor, _ pool: StoragePool, _ machine: CudaMachine?) -> Outcome {
            let tape = Tape(
                parameters: parameters, mode: .training(gradients: ParameterGradients(sums), random: random),
                pool: pool,
                machine: machine)
            let input = machine?.activation(layout.tokens, columns) ?? pool.tensor(layout.tokens, columns)
            machine?.clear(input)
            input.copy(from: x)
            let variable = tape.variable(input)
            let (values, loss) = body(variable, model, layout)
            let gradient = tape.backward(from: loss.variable, gradientsOf: [variable])[0]
            return Outcome(
                values: values, sum: loss.sum, correct: loss.correct, gradient: gradient.values, parameters: sums.values
            )
        }
        let expected = run(block, host.zeros(1, block.count), host, nil)
        let machine = CudaMachine(device, model.layout, .fp32)
        machine.load(block)
        machine.begin()
        let found = run(machine.parameters, machine.zeros(), machine.pool, machine)
        expectNear(found.values, expected.values, tolerance, "values")
        #expect(abs(found.sum - expected.sum) <= 1e-4 * max(1, abs(expected.sum)))
        #expect(found.correct == expected.correct)
        expectNear(found.gradient, expected.gradient, tolerance, "gradient of x")
        expectNear(found.parameters, expected.parameters, tolerance * 4, "gradients of parameters")
    }

    private struct Outcome {
        let values: [Float]
        let sum: Double
        let correct: Int
        let gradient, parameters: [Float]
    }

    private func expectNear(_ found: [Float], _ expected: [Float], _ tolerance: Float, _ what: String) {
        #expect(found.count == expected.count, "\(what)")
        let largest = max(1, expected.map(abs).max() ?? 0)
        #expect(found.count == expected.count, "\(what)")
        let wrong = zip(found, expected).enumerated().filter { !(abs($1.0 - $1.1) <= tolerance * largest) }
        #expect(
            wrong.isEmpty, "\(what): \(wrong.count) of \(found.count), first at \(wrong.first.map { "\($0)" } ?? "")")
    }
}
