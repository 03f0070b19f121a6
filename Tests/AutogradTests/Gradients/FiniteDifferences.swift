import Autograd
import Tensors

/// Compares the gradients of Σ R ∘ y, for the output y of a case and a fixed random R, with central differences.
struct FiniteDifferences {
    /// How far apart two gradients of one tensor are: |g - g'| / (|g| + |g'|).
    struct Discrepancy {
        let tensor: String
        let value: Double

        init(_ tensor: String, _ a: [Double], _ b: [Double]) {
            func size(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
            self.tensor = tensor
            let difference = size(zip(a, b).map { $0 - $1 })
            value = difference == 0 ? 0 : difference / (size(a) + size(b))
        }
    }

    private let check: GradientCase
    private let pool = StoragePool()
    private let layout = ParameterLayout()
    private let operation: GradientCase.Operation
    private let parameters: Tensor
    private let inputs: [Tensor]
    /// What the gradients of parameters start at, since an operation must add to them.
    private let start: Float = 0.5

    init(_ check: GradientCase) {
        self.check = check
        operation = check.make(layout)
        let random = RandomStream(seed: 1)
        parameters = layout.initialBlock(seed: 2, from: pool)
        parameters.add(pool.tensor(1, parameters.count, random.stream("parameters").symmetric(parameters.count, 0.5)))
        let pool = pool
        inputs = check.inputs.enumerated().map { index, shape in
            let stream = random.stream("inputs").stream(UInt64(index))
            return pool.tensor(shape.rows, shape.columns, stream.symmetric(shape.rows * shape.columns, check.spread))
        }
    }

    /// One for every input and every parameter.
    func discrepancies() -> [Discrepancy] {
        gradients().map { gradient in
            let sample = sample(of: gradient.tensor.count)
            return Discrepancy(
                gradient.name, sample.map { Double(gradient.values[$0]) }, sample.map { slope(gradient.tensor, $0) })
        }
    }

    /// Of the gradients of a pass that multiplies bf16 numbers from those of one that multiplies float32.
    func discrepanciesOfBf16() -> [Discrepancy] {
        let panels = WeightPanels(layout, .bf16, from: pool)
        for part in layout.parts { panels.pack(part, from: parameters) }
        return zip(gradients(), gradients(panels)).map { exact, rounded in
            Discrepancy(exact.name, exact.values.map(Double.init), rounded.values.map(Double.init))
        }
    }

    /// By backward, of every input and every parameter.
    private func gradients(
        _ panels: WeightPanels? = nil
    ) -> [(name: String, tensor: Tensor, values: [Float])] {
        let block = pool.tensor(1, parameters.count)
        block.fill(start)
        let tape = tape(block, panels)
        let variables = inputs.map(tape.variable)
        let output = operation(variables)
        let loss = output.value.count == 1 ? output : output.weighted(by: weights(output.value.count))
        let gradients = tape.backward(from: loss, gradientsOf: variables)
        let ofInputs = inputs.indices.map { ("input \($0)", inputs[$0], gradients[$0].values) }
        let ofParameters = layout.parameters.map { parameter in
            (parameter.name, parameters.view(of: parameter), block.values[parameter.range].map { $0 - start })
        }
        return ofInputs + ofParameters
    }

    /// All elements, or one drawn from each of 96 equal stretches.
    private func sample(of count: Int) -> [Int] {
        let stretches = 96
        guard count > stretches else { return Array(0..<count) }
        let stream = RandomStream(seed: 3)
        return (0..<stretches).map { stretch in
            let (first, end) = (stretch * count / stretches, (stretch + 1) * count / stretches)
            return first + Int(Double(end - first) * stream.uniform(UInt32(stretch)))
        }
    }

    /// The derivative by one element, by central differences.
    private func slope(_ tensor: Tensor, _ index: Int) -> Double {
        let value = tensor[index]
        defer { tensor[index] = value }
        let (above, below) = (value + check.step, value - check.step)
        tensor[index] = above
        let lossAbove = loss()
        tensor[index] = below
        return (lossAbove - loss()) / Double(above - below)
    }

    /// Σ R ∘ y in double, of a pass with the same random numbers.
    private func loss() -> Double {
        let tape = tape(pool.tensor(1, parameters.count))
        let output = operation(inputs.map(tape.variable)).value.values
        guard output.count > 1 else { return Double(output[0]) }
        return zip(output, weights(output.count)).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    private func tape(_ gradients: Tensor, _ panels: WeightPanels? = nil) -> Tape {
        Tape(
            parameters: parameters,
            mode: .training(gradients: ParameterGradients(gradients), random: RandomStream(seed: 4)), pool: pool,
            panels: panels)
    }

    private func weights(_ count: Int) -> [Float] { RandomStream(seed: 5).symmetric(count, 1) }
}

extension RandomStream {
    /// `count` numbers, uniform in ±limit.
    func symmetric(_ count: Int, _ limit: Double) -> [Float] {
        (0..<count).map { Float(limit * (2 * uniform(UInt32($0)) - 1)) }
    }
}
