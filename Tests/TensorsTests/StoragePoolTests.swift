import Foundation
import Tensors
import Testing

struct StoragePoolTests {
    let pool = StoragePool()

    @Test(arguments: [1, 15, 16, 17, 100, 1000, 4097, 100_000])
    func alignsEveryBlockTo64Bytes(count: Int) {
        let tensors = (0..<3).map { _ in pool.tensor(1, count) }
        for tensor in tensors { #expect(address(of: tensor) % 64 == 0) }
    }

    @Test func reusesTheBlockOfAReleasedTensor() {
        let first = address(of: pool.tensor(10, 10))
        let second = address(of: pool.tensor(10, 10))
        #expect(first == second)
        #expect(pool.allocatedBlocks == 1)
    }

    @Test func keepsLivingTensorsApart() {
        let a = pool.tensor(4, 4)
        let b = pool.tensor(4, 4)
        a.fill(1)
        b.fill(2)
        #expect(a.values == Array(repeating: 1, count: 16))
        #expect(pool.allocatedBlocks == 2)
    }

    @Test func countsBytesInUse() {
        #expect(pool.bytesInUse == 0)
        do {
            let tensor = pool.tensor(3, 16)
            #expect(pool.bytesInUse >= tensor.count * 4)
            let view = tensor.view(at: 16, rows: 1, columns: 16)
            #expect(pool.bytesInUse == pool.allocatedBytes, "a view of \(view.count) costs nothing")
        }
        #expect(pool.bytesInUse == 0)
        #expect(pool.allocatedBytes > 0)
    }

    @Test func aViewKeepsItsStorage() {
        let view = pool.tensor(2, 16, (0..<32).map(Float.init)).view(at: 20, rows: 1, columns: 4)
        let other = pool.tensor(2, 16)
        other.fill(-1)
        #expect(view.values == [20, 21, 22, 23])
    }

    @Test func aMatrixKeepsItsStorage() {
        let matrix = pool.tensor(4, 4, (0..<16).map(Float.init)).matrix.rows(1, 3).columns(1, 2).transposed
        pool.tensor(4, 4).fill(-1)
        #expect(matrix[0, 0] == 5 && matrix[1, 2] == 14)
    }

    /// No memory is taken while a kernel has its pointer, even of a tensor that has no other user.
    @Test func operandsAreHeldForTheCall() {
        let taken = withPointers(pool.tensor(1, 8, [Float](repeating: 3, count: 8)), pool.zeros(1, 8)) { x, y in
            let other = pool.tensor(1, 8)
            other.fill(-1)
            y.update(from: x, count: 8)
            return other.withPointer { [$0 == x, $0 == y] } + [y[7] == 3]
        }
        #expect(taken == [false, false, true])
    }

    #if DEBUG
        @Test func memoryThatWentBackIsPoisoned() {
            let kept = pool.zeros(1, 16)
            // What a kernel would do that kept a pointer beyond its call.
            let stale = withPointers(pool.tensor(1, 16, [Float](repeating: 1, count: 16))) { $0 }
            let codes = withPointers(IntegerVector<UInt32>(100, from: pool)) { $0 }
            #expect((0..<16).allSatisfy { stale[$0].isNaN } && (0..<100).allSatisfy { codes[$0] == .max })
            #expect(pool.tensor(1, 16).values.allSatisfy { $0.isNaN }, "neither does fresh memory hold numbers")
            #expect(pool.tensor(1, 5000).values.allSatisfy { $0.isNaN })
            #expect(kept.values.allSatisfy { $0 == 0 })
        }
    #endif

    @Test func servesCountsOfOneClassFromOneBlock() {
        let held = pool.tensor(1, 1)
        for count in [1025, 1100, 1280] { pool.tensor(1, count).fill(0) }
        #expect(pool.allocatedBlocks == 2)
        pool.tensor(1, 1281).fill(Float(held.count))
        #expect(pool.allocatedBlocks == 3)
    }

    @Test func passesOfOtherShapesShareTheMemory() {
        // Small blocks, some that fill slabs, and some that have their own.
        let shapes = [5, 3_000, 200_000, 1_000_000, 3_000_000, 40, 1_000_000, 20]
        func pass(_ scale: Int) -> (places: [UInt], bytes: Int) {
            let tensors = shapes.map { pool.tensor(scale, $0) }
            for (index, tensor) in tensors.enumerated() { tensor.fill(Float(index)) }
            for (index, tensor) in tensors.enumerated() { #expect(tensor.values.allSatisfy { $0 == Float(index) }) }
            return (tensors.map(address), pool.bytesInUse)
        }
        _ = pass(3)
        let first = pass(1)
        let largest = pass(3)
        _ = pass(2)
        #expect(pool.allocatedBytes == largest.bytes && pool.allocatedBlocks == shapes.count)
        #expect(pass(1).places == first.places && pass(3).places == largest.places)
        #expect(pool.bytesInUse == 0)
    }

    /// As of a server whose requests grow, or of batches that are longer and longer.
    @Test func passesThatGrowLeaveNoPiecesBehind() {
        for scale in 1...40 {
            let tensors = (1...6).map { pool.tensor(scale, 100_000 * $0) }
            let lastRows = tensors.map { $0.rows(scale - 1..<scale) }
            for (index, row) in lastRows.enumerated() { row.fill(Float(index)) }
            for (index, row) in lastRows.enumerated() { #expect(row.values[0] == Float(index)) }
        }
        _ = pool.tensor(1, 1)
        #expect(pool.heldBytes <= pool.allocatedBytes / 4 * 5 + (2 << 20))
        let held = pool.heldBytes
        for scale in 1...40 { _ = (1...6).map { pool.tensor(scale, 100_000 * $0) } }
        #expect(pool.heldBytes == held)
    }

    @Test func wastesAtMostAQuarterOfABlock() {
        for count in 16...5000 {
            let capacity = blockFloats(of: count)
            #expect(capacity >= count)
            #expect(Double(capacity) <= 1.25 * Double(count) + 1, "\(count) floats take \(capacity)")
        }
    }

    @Test func servesAnEmptyTensor() {
        let empty = pool.zeros(0, 7)
        #expect(empty.count == 0)
        #expect(empty.values.isEmpty)
        #expect(pool.tensor(0, 7, []).values.isEmpty)
    }

    private func address(of tensor: Tensor) -> UInt { tensor.withPointer { UInt(bitPattern: $0) } }

    private func blockFloats(of count: Int) -> Int {
        let before = pool.bytesInUse
        let tensor = pool.tensor(1, count)
        return withExtendedLifetime(tensor) { (pool.bytesInUse - before) / 4 }
    }

    /// Whole pages alone: what shares one with others stays.
    @Test func whatIsGivenBackIsNobodyElses() {
        let page = Int(getpagesize()) / MemoryLayout<Float>.stride
        let tensor = StoragePool().tensor(1, 4 * page)
        tensor.fill(1)
        tensor.row(0, 3..<5).giveBack()
        #expect(tensor.values.allSatisfy { $0 == 1 })
        tensor.row(0, page / 2..<3 * page).giveBack()
        let values = tensor.values
        #expect(values[..<(page / 2)].allSatisfy { $0 == 1 } && values[(3 * page)...].allSatisfy { $0 == 1 })
        #expect(values.count { $0 == 0 } >= page)
        tensor.fill(2)
        #expect(tensor.values.allSatisfy { $0 == 2 })
    }
}
