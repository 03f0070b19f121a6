import Autograd
import Foundation
import Tensors
import Testing

struct ParameterLayoutTests {
    private let pool = StoragePool()

    @Test func namesComeFromWhereALayerStands() {
        let layout = ParameterLayout()
        let block = layout.scope("bert")["encoder"]["layer"][3]
        _ = block["output"]["dense"].weight("weight", 2, 3, deviation: 1)
        _ = block["output"].vector("bias", 2)
        _ = layout.scope("").vector("temperature", 1)
        #expect(
            layout.parameters.map(\.name) == [
                "bert.encoder.layer.3.output.dense.weight", "bert.encoder.layer.3.output.bias", "temperature",
            ])
        #expect(layout.parameters.map(\.shape) == [[2, 3], [2], [1]])
        #expect(layout.parameterCount == 9)
    }

    @Test func weightsDecayAndVectorsDoNot() {
        let scope = ParameterLayout().scope("a")
        #expect(scope.weight("weight", 2, 3, deviation: 1).decays)
        #expect(!scope.vector("bias", 2).decays)
        #expect(scope.stackedWeights(["q.weight": .normal(1), "k.weight": .normal(1)], 2, 3).decays)
        #expect(!scope.stackedVectors(["q.bias", "k.bias"], 2).decays)
    }

    @Test func rangesAreAlignedAndDoNotOverlap() {
        let layout = ParameterLayout()
        for index in 1...5 { _ = layout.scope("layer")[index].weight("weight", index, 7, deviation: 1) }
        var end = 0
        for parameter in layout.parameters {
            #expect(parameter.offset % 16 == 0)
            #expect(parameter.offset >= end)
            end = parameter.range.upperBound
        }
        #expect(layout.blockCount >= end)
    }

    @Test func stackedParametersAreOneRangeAndSeveralNames() {
        let layout = ParameterLayout()
        let scope = layout.scope("self")
        let weights = scope.stackedWeights(
            ["query.weight": .normal(1), "key.weight": .normal(1), "value.weight": .normal(1)], 3, 5)
        let biases = scope.stackedVectors(["query.bias", "key.bias"], 3)
        #expect(weights.shape == [9, 5])
        #expect(biases.shape == [6])
        #expect(
            layout.parameters.map(\.name) == [
                "self.query.weight", "self.key.weight", "self.value.weight", "self.query.bias", "self.key.bias",
            ])
        #expect(layout.parameters[..<3].map(\.offset) == [0, 15, 30].map { weights.offset + $0 })
        #expect(layout.parameters[3...].map(\.offset) == [0, 3].map { biases.offset + $0 })
        #expect(layout.parameters.map(\.shape) == [[3, 5], [3, 5], [3, 5], [3], [3]])
    }

    @Test func twoParametersOfOneNameTrap() async {
        await #expect(processExitsWith: .failure) {
            let scope = ParameterLayout().scope("a")
            _ = scope.vector("bias", 2)
            _ = scope.vector("bias", 2)
        }
    }

    @Test func initialNumbersDependOnTheNameAloneNotOnTheOrder() {
        let first = initialValues(["a", "b", "c"], seed: 1)
        let second = initialValues(["c", "d", "a"], seed: 1)
        #expect(first["a"] == second["a"])
        #expect(first["c"] == second["c"])
        #expect(first["a"] != first["b"])
        #expect(initialValues(["a"], seed: 2)["a"] != first["a"])
    }

    @Test func positionCodesAreSinusoidsInTheFirstHalf() {
        let layout = ParameterLayout()
        let positions = layout.scope("").weight("positions", 9, 8, .sinusoids(0.1))
        let codes = Array(layout.initialBlock(seed: 1, from: pool).values[positions.range])

        for (pair, frequency) in [3 * pow(0.5, 1.5), 3].enumerated() {
            let angle = 5 * frequency
            #expect(abs(codes[40 + 2 * pair] - Float(0.1 * 2.squareRoot() * sin(angle))) < 1e-7)
            #expect(abs(codes[41 + 2 * pair] - Float(0.1 * 2.squareRoot() * cos(angle))) < 1e-7)
        }
        for row in 0..<9 { #expect(codes[8 * row + 4..<8 * row + 8] == [0, 0, 0, 0]) }
        let squares = codes.reduce(0) { $0 + $1 * $1 } / Float(codes.count / 2)
        #expect(abs(squares.squareRoot() - 0.1) < 1e-6)
    }

    @Test func aNormalWeightMayKeepToAHalfOfTheColumns() {
        let layout = ParameterLayout()
        let scope = layout.scope("")
        let halves = [
            scope.weight("a", 3, 7, .normal(1)), scope.weight("b", 3, 7, .normal(1, within: .first)),
            scope.weight("c", 3, 7, .normal(1, within: .second)),
        ]
        let values = layout.initialBlock(seed: 1, from: pool).values
        for (index, weight) in halves.enumerated() {
            for (place, value) in values[weight.range].enumerated() {
                let isFirst = place % 7 < 3
                #expect((value == 0) == (index == 1 && !isFirst || index == 2 && isFirst))
            }
        }
    }

    /// Of halves with an even or odd number of columns, rows in two groups.
    @Test(arguments: [12, 15]) func queriesMayBeginAsKeysOfAnotherPosition(columns: Int) {
        let layout = ParameterLayout()
        let scope = layout.scope("")
        let codes = scope.weight("positions", 12, columns, .sinusoids(1))
        let key = scope.weight("key", 4, columns, .normal(0.5, within: .first))
        let query = scope.weight(
            "query", 4, columns, .normalLike(name: "key", 0.5, offsets: [-1, 2]))
        let values = layout.initialBlock(seed: 1, from: pool).values
        func product(_ weight: Parameter, _ row: Int, _ position: Int) -> Float {
            (0..<columns).reduce(0) {
                $0 + values[weight.offset + row * columns + $1] * values[codes.offset + position * columns + $1]
            }
        }
        for row in 0..<4 {
            let offset = row < 2 ? -1 : 2
            for position in 1..<10 {
                let (actual, expected) = (product(query, row, position), product(key, row, position + offset))
                #expect(abs(actual - expected) < 1e-5)
            }
        }
    }

    @Test func vectorsStartAsZerosOrOnes() {
        let layout = ParameterLayout()
        let shift = layout.scope("norm").vector("bias", 5)
        let scale = layout.scope("norm").vector("weight", 5, .ones)
        let values = layout.initialBlock(seed: 1, from: pool).values
        #expect(values[shift.range] == [0, 0, 0, 0, 0])
        #expect(values[scale.range] == [1, 1, 1, 1, 1])
    }

    @Test func normalInitialisationHasItsMoments() {
        let layout = ParameterLayout()
        let weight = layout.scope("dense").weight("weight", 200, 100, deviation: 0.02)
        let values = layout.initialBlock(seed: 1, from: pool).values[weight.range].map { Double($0) / 0.02 }
        let moments = (1...4).map { order in
            values.reduce(0) { $0 + power($1, order) } / 20_000
        }
        // Four standard errors: the variances of z, z², z³, z⁴ are 1, 2, 15 and 96.
        for (moment, (wanted, variance)) in zip(moments, [(0.0, 1.0), (1, 2), (0, 15), (3, 96)]) {
            #expect(abs(moment - wanted) < 4 * (variance / 20_000).squareRoot())
        }
    }

    private func power(_ x: Double, _ order: Int) -> Double { (0..<order).reduce(1) { product, _ in product * x } }

    private func initialValues(_ names: [String], seed: UInt64) -> [String: [Float]] {
        let layout = ParameterLayout()
        for name in names { _ = layout.scope("model").weight(name, 4, 5, deviation: 1) }
        let block = layout.initialBlock(seed: seed, from: pool).values
        return Dictionary(
            uniqueKeysWithValues: zip(names, layout.parameters.map { Array(block[$0.range]) }))
    }
}
