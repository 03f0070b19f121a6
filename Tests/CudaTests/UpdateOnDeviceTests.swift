import Autograd
import CKernels
import Cuda
import Foundation
import Tensors
import Testing

/// Updates by a GPU, which itself decides how much of the gradients counts.
extension OnDevice.UpdateTests {
    /// As of a server, whose models are opened by one thread and asked by others.
    @Test func parametersAreLoadedByAnyThread() throws {
        let (layout, host) = (ParameterLayout(), StoragePool())
        _ = layout.scope("m").weight("weight", 70, 64, deviation: 1)
        nonisolated(unsafe) let block = layout.initialBlock(seed: 5, from: host)
        nonisolated(unsafe) let machine = CudaMachine(try #require(device), layout, .fp32)
        let queue = DispatchQueue(label: "another thread")
        queue.async {
            machine.load(block)
            machine.begin()
            machine.finish()
        }
        // Not before what was done there is let go of too: a machine that ended there would do so beside the next test, and the
        // GPU belongs to one thread at a time.
        queue.sync {}
        machine.begin()
        #expect(machine.parameters.values == block.values)
    }

    @Test(arguments: [CudaUpdate.Rule.adamw, .lamb], [Float.infinity, .nan])
    func gradientsThatAreNotFiniteChangeNothing(_ rule: CudaUpdate.Rule, number: Float) throws {
        let (layout, host) = (ParameterLayout(), StoragePool())
        _ = layout.scope("m").weight("weight", 70, 64, deviation: 1)
        let block = layout.initialBlock(seed: 5, from: host)
        let machine = CudaMachine(try #require(device), layout, .fp32)
        machine.load(block)
        let moments = [machine.zeros(), machine.zeros()]
        let update = CudaUpdate(
            machine, rule, moments: moments, [UpdatedRange(0..<block.count, decay: 0.01, decays: true, rate: 1)])
        let step = ck_adamw_step(
            rate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-6, correction1: 0.1, correction2: 0.01, clip: 0.5)
        let gradients = machine.zeros()
        var values = (0..<block.count).map { Float($0 % 7) - 3 }
        let length = Double(values.reduce(0) { $0 + $1 * $1 }).squareRoot()
        let third = values[3]
        values[3] = number
        gradients.copy(from: values)
        #expect(!update(gradients, step).isFinite)
        #expect(machine.parameters.values == block.values)
        #expect(zip(gradients.values, values).allSatisfy { $0.bitPattern == $1.bitPattern })
        for moment in moments { #expect(moment.values.allSatisfy { $0 == 0 }) }

        values[3] = third
        gradients.copy(from: values)
        #expect(abs(update(gradients, step) - length) < 1e-9 * length)
        #expect(machine.parameters.values != block.values)
        #expect(gradients.values.allSatisfy { $0 == 0 })
        let share = Float(0.5 / (length + 1e-6))
        for (mean, gradient) in zip(moments[0].values, values) {
            #expect(abs(mean - 0.1 * share * gradient) <= 1e-6 * abs(mean))
        }
    }
}
