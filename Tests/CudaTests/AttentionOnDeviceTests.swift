import Attention
import Autograd
import Cuda
import Tensors
import Testing

/// Attentions on a machine: outputs and gradients are the CPU's, in float32 to rounding, in bf16 to that of bf16.
extension OnDevice.AttentionTests {
    struct Kind: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let choice: AttentionChoice
        var dropout: Float = 0
        /// Pairs that two codes decide are there or not.
        var isSampled = false
        var rows = Rows.random
    }

    enum Rows {
        case random
        /// Queries and keys are all one row, which no hash tells apart.
        case equal
        /// The same, but every other query looks the other way.
        case alternating
        /// Queries and keys of every third token are zeros.
        case withZeros
        /// Keys from the 65th on are much longer than those before.
        case steep
        /// All queries are one row, and keys look the other way and are much longer.
        case opposite
    }

    static let kinds: [Kind] =
        [
            Kind(testDescription: "softmax", choice: .softmax),
            Kind(testDescription: "softmax with dropout", choice: .softmax, dropout: 0.2),
            Kind(testDescription: "softmax of unit queries and keys", choice: .normalizedSoftmax, dropout: 0.2),
            Kind(testDescription: "local, window 1", choice: AttentionChoice(LocalOptions(window: 1))),
            Kind(testDescription: "local, window 30", choice: AttentionChoice(LocalOptions(window: 30))),
            Kind(testDescription: "linear", choice: AttentionChoice(LinearOptions())),
            Kind(testDescription: "Nyström", choice: AttentionChoice(NystromOptions(landmarks: 16))),
            Kind(testDescription: "YOSO-E", choice: .yosoExpectation(.init(bits: 9))),
            Kind(
                testDescription: "YOSO-E, exact, by mass",
                choice: .yosoExpectation(.init(bits: 12, gradient: .exact, normalization: .mass))),
        ]
        + [YosoOptions.Estimator.counts, .conditional].flatMap { (estimator: YosoOptions.Estimator) -> [Kind] in
            [CollisionGradient.lowerBound, .exact].flatMap { (gradient: CollisionGradient) -> [Kind] in
                [YosoNormalization.l2, .mass].map { (normalization: YosoNormalization) -> Kind in
                    Kind(
                        testDescription: "YOSO \(estimator) \(gradient) \(normalization)",
                        choice: .yoso(
                            .init(
                                hashes: 12, bits: 5, gradient: gradient, estimator: estimator,
                                kernelBits: estimator == .conditional ? 9 : nil, normalization: normalization)),
                        isSampled: true)
                }
            }
        }
        + [
            // So many codes that pairs are listed in bf16 too; as the others few, that tiles hold all.
            Kind(
                testDescription: "YOSO counts, listed", choice: .yoso(.init(hashes: 4, bits: 8)), isSampled: true),
            Kind(
                testDescription: "YOSO conditional, listed",
                choice: .yoso(
                    .init(hashes: 4, bits: 8, estimator: .conditional, kernelBits: 11, normalization: .mass)),
                isSampled: true),
            Kind(
                testDescription: "YOSO counts, many hashes",
                choice: .yoso(.init(hashes: 70, bits: 9, normalization: .mass)), isSampled: true),
            Kind(
                testDescription: "YOSO conditional, many hashes",
                choice: .yoso(.init(hashes: 70, bits: 9, estimator: .conditional, normalization: .mass)),
                isSampled: true),
            Kind(
                testDescription: "YOSO, bits by length", choice: .yoso(.init(hashes: 9, bits: nil)), isSampled: true),
            Kind(
                testDescription: "YOSO by hyperplanes",
                choice: .yoso(.init(hashes: 12, bits: 5, hash: .gaussian)), isSampled: true),
            Kind(
                testDescription: "YOSO conditional, by hyperplanes, listed",
                choice: .yoso(
                    .init(hashes: 5, bits: 9, hash: .gaussian, estimator: .conditional, normalization: .mass)),
                isSampled: true),
            // Of lengths that meet all, that hashes are enough for, and that have drawn bits.
            Kind(
                testDescription: "YOSO by a budget",
                choice: .yoso(.init(hashes: 4, bits: nil, estimator: .conditional, kernelBits: 9, pairs: 16)),
                isSampled: true),
            Kind(
                testDescription: "YOSO by a budget, few bits of the kernel",
                choice: .yoso(.init(hashes: 5, bits: nil, estimator: .conditional, kernelBits: 2, pairs: 20)),
                isSampled: true),
            Kind(
                testDescription: "YOSO by a budget, of equal rows",
                choice: .yoso(.init(hashes: 4, bits: nil, estimator: .conditional, kernelBits: 9, pairs: 16)),
                isSampled: true, rows: .equal),
            Kind(
                testDescription: "YOSO with a convolution",
                choice: with(.yoso(.init(hashes: 8, bits: 4))) { $0.convolution = 7 }, isSampled: true),
        ]

    private static func with(_ choice: AttentionChoice, _ change: (inout AttentionChoice) -> Void) -> AttentionChoice {
        var choice = choice
        change(&choice)
        return choice
    }

    @Test(arguments: kinds, [[1], [5, 17, 3], [128], [70, 63, 129, 1], [200, 31]])
    func training(_ kind: Kind, lengths: [Int]) throws {
        for headWidth in [32, 64] { try compare(kind, lengths, headWidth, .fp32) }
        try compare(kind, lengths, 64, .bf16)
    }

    /// Buckets that a warp ranks, and that it finds anew.
    @Test(arguments: [3, 1]) func fullBuckets(bits: Int) throws {
        let kind = Kind(testDescription: "", choice: .yoso(.init(hashes: 2, bits: bits)), isSampled: true)
        try compare(kind, [600], 32, .fp32)
    }

    /// Of long sequences a part of the queries is looked at first; here those that meet nothing.
    @Test func queriesThatAreNotLookedAtCountToo() throws {
        let kind = Kind(
            testDescription: "",
            choice: .yoso(.init(hashes: 4, bits: nil, estimator: .conditional, kernelBits: 9, pairs: 16)),
            isSampled: true, rows: .alternating)
        try compare(kind, [600, 520], 32, .fp32)
        try compare(kind, [600, 520], 64, .bf16)
        let random = Kind(testDescription: "", choice: kind.choice, isSampled: true)
        try compare(random, [1100], 32, .fp32)
    }

    func compare(_ kind: Kind, _ lengths: [Int], _ headWidth: Int, _ precision: Precision) throws {
        let device = try #require(device)
        let (heads, layout) = (2, ParameterLayout())
        let attention = kind.choice.attention(
            heads: heads, headWidth: headWidth, dropout: kind.dropout, layout.scope("attention"))
        // A machine has parameters.
        _ = layout.scope("m").weight("weight", 64, 64, deviation: 1)
        let batch = BatchLayout(lengths: lengths, keys: lengths.indices.map { UInt64($0) * 5 + 2 })
        let (width, random) = (heads * headWidth, RandomStream(seed: 11))
        let (host, stream) = (StoragePool(), RandomStream(seed: 4))
        let block = layout.initialBlock(seed: 5, from: host)
        func numbers(_ count: Int, _ name: String) -> [Float] {
            let own = stream.stream(name)
            // Exact in bf16, so that codes are those of the CPU's in either precision.
            return (0..<UInt32(count)).map { Float(Int(own.word($0) >> 24) - 128) / 64 }
        }
        var projections = numbers(batch.tokens * 3 * width, "projections")
        if kind.rows == .withZeros || kind.rows == .steep {
            for index in projections.indices where index % (3 * width) < 2 * width {
                let (token, isKey) = (index / (3 * width), index % (3 * width) >= width)
                if kind.rows == .withZeros { projections[index] *= token % 3 == 1 ? 0 : 1 }
                if kind.rows == .steep, isKey { projections[index] *= token < 64 ? 0.25 : 8 }
            }
        } else if kind.rows != .random {
            let row = Array(projections[..<width])
            for token in 0..<batch.tokens {
                let query = kind.rows == .alternating && token % 2 == 0 ? row.map(-) : row
                let key = kind.rows == .opposite ? row.map { -16 * $0 } : row
                projections.replaceSubrange(3 * width * token..<3 * width * token + 2 * width, with: query + key)
            }
        }
        let weights = numbers(batch.tokens * width, "weights")
        func run(_ parameters: Tensor, _ sums: Tensor, _ pool: StoragePool, _ machine: CudaMachine?) -> [[Float]] {
            let tape = Tape(
                parameters: parameters, mode: .training(gradients: ParameterGradients(sums), random: random),
                pool: pool,
                machine: machine)
            func rows(_ values: [Float], _ columns: Int) -> Tensor {
                let rows = machine?.activation(batch.tokens, columns) ?? pool.tensor(batch.tokens, columns)
                machine?.clear(rows)
                if let machine { machine.write(values, to: rows) } else { rows.copy(from: values) }
                return rows
            }
            let input = tape.variable(rows(projections, 3 * width))
            let output = attention(input, batch)
            let gradient = tape.gradient(of: output, rows(weights, width), by: input)
            return [output.value.values, gradient.values, sums.values]
        }
        let expected = run(block, host.zeros(1, block.count), host, nil)
        let machine = CudaMachine(device, layout, precision)
        machine.load(block)
        machine.begin()
        let found = run(machine.parameters, machine.zeros(), machine.pool, machine)
        for (name, (found, expected)) in zip(["values", "gradient", "kernels"], zip(found, expected)) {
            // What is nearly zero is a difference of larger numbers.
            let floor: Float = precision == .fp32 ? 1e-3 : 3e-2
            #expect(found.count == expected.count, "\(name)")
            let scale = max(floor, (expected.reduce(0) { $0 + $1 * $1 } / Float(max(1, expected.count))).squareRoot())
            let error =
                (zip(found, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Float(max(1, expected.count)))
                .squareRoot() / scale
            #expect(error < (precision == .fp32 ? 2e-4 : 3e-2), "\(name) of \(headWidth) columns in \(precision)")
        }
    }
}
