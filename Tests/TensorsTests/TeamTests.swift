import Synchronization
import Testing

@testable import Tensors

@Suite struct TeamTests {
    static let sizes = [1, 2, 3, 7]

    @Test(arguments: sizes)
    func everyIndexComesOnce(size: Int) {
        let team = Team(size, staysAwake: false)
        for count in [0, 1, 2, 5, 100] {
            let counts = (0..<count).map { _ in Counter() }
            team.each(count) { index, lane in
                counts[index].add()
                #expect((0..<size).contains(lane) && (count < size || index % size == lane))
            }
            #expect(counts.allSatisfy { $0.value == 1 })
            #expect(team.map(count) { index, _ in index * index } == (0..<count).map { $0 * $0 })
        }
    }

    @Test(arguments: sizes)
    func rangesBeginAtMultiplesAndMakeUpTheWhole(size: Int) {
        let team = Team(size, staysAwake: true)
        for (count, weight, unit) in [(0, 1, 1), (1, 1 << 20, 12), (100, 1 << 20, 12), (101, 1 << 14, 1), (7, 1, 1)] {
            let ranges = team.ranges(count, weighing: weight, at: unit)
            #expect(ranges.flatMap { Array($0) } == Array(0..<count))
            #expect(ranges.allSatisfy { $0.lowerBound % unit == 0 } && ranges.count <= size)
        }
        #expect(team.ranges(101, weighing: 1 << 14, at: 1).count == size)
        #expect(team.ranges(7, weighing: 1, at: 1).count == 1)
    }

    /// What a part asks of its own team is done, not waited for.
    @Test func aTeamMayAskItself() {
        let team = Team(3, staysAwake: false)
        let counter = Counter()
        team.each(3) { _, _ in team.each(5) { _, _ in counter.add() } }
        #expect(counter.value == 15)
    }

    @Test(arguments: [(1, 1), (2, 2), (7, 3), (5, 4)])
    func partsWorkAtTheSameTime(size: Int, count: Int) {
        let team = Team(size, staysAwake: false)
        for _ in 0..<20 {
            let (begun, threads) = (Counter(), Counter())
            team.inParts(count) { _, part in
                begun.add()
                // None would come further if they were one after another.
                while begun.value < count {}
                threads.add(part.size)
                part.each(4) { _, _ in begun.add() }
            }
            #expect(begun.value == 5 * count && threads.value == size)
        }
    }

    private final class Counter: Sendable {
        private let count = Atomic(0)
        func add(_ number: Int = 1) { count.add(number, ordering: .sequentiallyConsistent) }
        var value: Int { count.load(ordering: .sequentiallyConsistent) }
    }
}

extension Team {
    fileprivate func ranges(_ count: Int, weighing weight: Int, at unit: Int) -> [Range<Int>] {
        var ranges = [[Range<Int>]](repeating: [], count: size)
        ranges.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let places = buffer
            cut(count, weighing: weight, at: unit) { range, lane in places[lane].append(range) }
        }
        return ranges.flatMap { $0 }
    }
}
