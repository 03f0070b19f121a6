import Autograd
import Cuda
import Foundation
import Synchronization
import Tensors
import Testing

/// Passes one after the other on one machine: those of one shape are graphs from the third on, whose numbers are each pass's own.
extension OnDevice.PassTests {
    private struct Model {
        let layout = ParameterLayout()
        let words, bias, weight, shift: Parameter
        let embeddings: EmbeddingSum
        let norm: LayerNorm

        init() {
            let scope = layout.scope("m")
            words = scope.tied(scope.weight("words", 203, 64, deviation: 0.3))
            embeddings = EmbeddingSum(
                words: words, positions: scope.weight("positions", 20, 64, deviation: 0.3),
                segments: scope.weight("segments", 2, 64, deviation: 0.3))
            weight = scope.multiplied(scope.weight("weight", 64, 64, deviation: 0.2))
            shift = scope.vector("shift", 64, .normal(0.3))
            norm = LayerNorm(scope["norm"], width: 64, epsilon: 1e-5, dropout: 0.2)
            bias = scope.vector("bias", 203, .normal(0.3))
        }
    }

    /// Lengths in turn, of as many tokens and of more.
    @Test(arguments: [[[5, 17, 3]], [[5, 17, 3], [9, 2, 14]], [[5, 17, 3], [20, 20, 20, 20, 20, 20, 20], [25]]])
    func everyPassHasItsOwnNumbers(lengths: [[Int]]) throws {
        let (model, host) = (Model(), StoragePool())
        let block = model.layout.initialBlock(seed: 5, from: host)
        let machine = CudaMachine(try #require(device), model.layout, .fp32)
        machine.load(block)
        let sums = (host: host.zeros(1, block.count), device: machine.zeros())
        // What kernels are told comes again, after something else.
        for (pass, turn) in [0, 1, 2, 1, 2, 0, 1, 0, 2].enumerated() {
            let lengths = lengths[pass % lengths.count]
            let keys = lengths.indices.map { UInt64($0 * 3 + pass) }
            let layout = BatchLayout(lengths: lengths, keys: keys)
            func loss(_ parameters: Tensor, _ sums: Tensor, _ pool: StoragePool, _ machine: CudaMachine?) -> Loss {
                let random = RandomStream(seed: UInt64(turn))
                let tape = Tape(
                    parameters: parameters, mode: .training(gradients: ParameterGradients(sums), random: random),
                    pool: pool, machine: machine)
                let ids = (0..<UInt32(layout.tokens)).map { Int32(random.word($0 &+ 977 * UInt32(pass)) % 203) }
                let x = model.embeddings(ids, ids.map { $0 % 20 }, ids.map { $0 % 2 }, tape)
                let y = model.norm(x, plus: x.linear(model.weight, model.shift).gelu(), layout)
                let loss = y.gatherRows(Array(0..<Int32(turn + 4))).tiedCrossEntropy(
                    model.words, model.bias, Array(ids.prefix(turn + 4)), weight: 1 / Float(turn + 1))
                tape.backward(from: loss.variable)
                return loss
            }
            let expected = loss(block, sums.host, host, nil)
            machine.begin()
            let found = loss(machine.parameters, sums.device, machine.pool, machine)
            // What is kept of a pass has the next one elsewhere, as another graph.
            #expect(abs(found.sum - expected.sum) < 1e-4 * expected.sum && found.correct == expected.correct)
        }
        #expect(sums.device.values.count == sums.host.values.count)
        let wrong = zip(sums.device.values, sums.host.values).filter { !(abs($0 - $1) <= 1e-4 * max(0.1, abs($1))) }
        #expect(wrong.isEmpty, "\(wrong.count) gradients, first \(wrong.first.map { "\($0)" } ?? "")")
    }

    /// A thread that has not computed yet is told it too.
    @Test func whatIsSpareIsToldOnAnyThread() throws {
        let device = try #require(device)
        let told = DispatchSemaphore(value: 0)
        let spare = Mutex(0)
        Thread.detachNewThread {
            spare.withLock { $0 = device.spareMemory }
            told.signal()
        }
        told.wait()
        #expect(spare.withLock { $0 } > 0)
    }

    /// Passes that grow leave slabs that are each too small for the next one, until these are joined.
    @Test func whatIsHeldIsWhatTheDriverGave() throws {
        let (device, model) = (try #require(device), Model())
        let before = device.spareMemory
        let machine = CudaMachine(device, model.layout, .fp32)
        for rows in [1 << 10, 20 << 10, 50 << 10, 1 << 10, 50 << 10] {
            machine.begin()
            withExtendedLifetime([machine.activation(rows, 64), machine.activation(rows / 2, 64)]) {}
            #expect(machine.heldBytes >= machine.allocatedBytes)
            // A real one's kernels and other users are there too.
            if device.name == "Emulated" { #expect(before - device.spareMemory == machine.heldBytes) }
        }
    }
}
