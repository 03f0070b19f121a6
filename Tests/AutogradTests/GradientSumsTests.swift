import Foundation
import Tensors
import Testing

@testable import Autograd

/// Passes that run at the same time add to each parameter in their order.
@Suite struct GradientSumsTests {
    private let pool = StoragePool()
    private let layout = ParameterLayout()

    /// After pass k the value is the old one times ten plus k, so that it tells the order.
    private static func append(_ pass: Int, to sum: Tensor) {
        sum[0] = sum[0] * 10 + Float(pass)
    }

    @Test(arguments: [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]])
    func passesAddInTheirOrder(started: [Int]) {
        let parameters = (0..<3).map { layout.scope("test").vector("v\($0)", 1) }
        let sums = GradientSums(layout, from: pool)
        for _ in 0..<20 {
            sums.block.fill(0)
            sums.begin()
            nonisolated(unsafe) let passes = started.map { ($0, sums.pass($0)) }
            let group = DispatchGroup()
            for place in passes.indices {
                let thread = Thread {
                    let (pass, gradients) = passes[place]
                    // The second parameter is of no use to pass 2.
                    for (index, parameter) in parameters.enumerated() where (pass, index) != (2, 1) {
                        gradients.add(to: parameter) { Self.append(pass, to: $0) }
                    }
                    gradients.end()
                    group.leave()
                }
                group.enter()
                thread.start()
            }
            group.wait()
            #expect(parameters.map { sums.block.view(of: $0).scalar } == [123, 13, 123])
        }
    }

    @Test func whatIsUsedTwiceIsHeldForBothUses() {
        let twice = layout.scope("test").used(times: 2).vector("v", 1)
        let sums = GradientSums(layout, from: pool)
        sums.begin()
        let (first, second) = (sums.pass(0), sums.pass(1))
        var order: [String] = []
        func use(_ gradients: ParameterGradients, _ name: String) {
            gradients.add(to: twice, overlapping: { order.append("meanwhile \(name)") }, { _ in order.append(name) })
        }
        use(first, "a")
        use(first, "b")
        use(second, "c")
        #expect(order == ["a", "meanwhile a", "b", "meanwhile b", "c", "meanwhile c"])
    }

    /// What can be done while a pass waits is done then.
    @Test func waitingIsUsed() {
        let parameter = layout.scope("test").vector("v", 1)
        let sums = GradientSums(layout, from: pool)
        sums.begin()
        let (first, second) = (sums.pass(0), sums.pass(1))
        var order: [String] = []
        second.add(
            to: parameter,
            overlapping: {
                order.append("meanwhile")
                first.add(to: parameter) { _ in order.append("first") }
            },
            { _ in order.append("second") })
        #expect(order == ["meanwhile", "first", "second"])
    }

    @Test func lookupsOfATiedTableJoinItsHead() {
        let table = layout.scope("test").weight("table", 3, 2, .zeros)
        _ = layout.scope("test").tied(table)
        let sums = GradientSums(layout, from: pool)
        for _ in 0..<2 {
            sums.begin()
            let (first, second) = (sums.pass(0), sums.pass(1))
            // The head of the second pass does not wait for the lookup of the first.
            first.add(to: table) { $0.fill(1) }
            second.add(to: table) { $0[0] += 1 }
            first.addLookups(of: [2], to: table) { $0[4] += 3 }
            second.addLookups(of: [2, 1], to: table) { ($0[3], $0[4]) = (4, $0[4] * 2) }
            sums.finish { count, body in (0..<count).forEach(body) }
            #expect(sums.block.view(of: table).values == [2, 1, 1, 5, 7, 1])
        }
    }

    @Test func moreUsesThanTheScopeSaysTrap() async {
        await #expect(processExitsWith: .failure) {
            let layout = ParameterLayout()
            let parameter = layout.scope("test").vector("v", 1)
            let sums = GradientSums(layout, from: StoragePool())
            sums.begin()
            let pass = sums.pass(0)
            pass.add(to: parameter) { $0.fill(1) }
            pass.add(to: parameter) { $0.fill(1) }
        }
    }
}
