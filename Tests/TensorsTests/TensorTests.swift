import Tensors
import Testing

struct TensorTests {
    let pool = StoragePool()

    @Test func copiesOfTheStructShareNumbersAndCopiesFromThePoolDoNot() {
        let tensor = pool.tensor(1, 3, [1, 2, 3])
        let (same, other) = (tensor, pool.copy(tensor))
        tensor.scale(by: 2)
        #expect(same.values == [2, 4, 6])
        #expect(other.values == [1, 2, 3])
    }

    @Test func addsAndFills() {
        let tensor = pool.tensor(2, 2, [1, 2, 3, 4])
        tensor.add(pool.tensor(2, 2, [10, 20, 30, 40]))
        #expect(tensor.values == [11, 22, 33, 44])
        tensor.fill(7)
        #expect(tensor.values == [7, 7, 7, 7])
    }

    /// Of every length, since they are made some at a time in their own memory.
    @Test func bFloat16IsTheNearestAndTheEvenOfTwo() {
        let halves: [(UInt32, UInt32)] = [
            (0x3f80_0000, 0x3f80), (0x3f80_7fff, 0x3f80), (0x3f80_8000, 0x3f80), (0x3f80_8001, 0x3f81),
            (0x3f81_8000, 0x3f82), (0xbf81_8000, 0xbf82), (0x0000_8001, 0x0001), (0x807f_ffff, 0x8080),
            (0x7f7f_ffff, 0x7f80), (0xff80_0000, 0xff80), (0x7f80_0001, 0x7fc0), (0xffff_ffff, 0xffff), (0, 0),
        ]
        for count in [1, 2, 13, 63, 64, 65, 127, 200, 1000] {
            let some = (0..<count).map { halves[$0 * 7 % halves.count] }
            let expected = some.map { $0.1 << 16 }
            let rounded = pool.tensor(1, count, some.map { Float(bitPattern: $0.0) })
            let narrow = pool.copy(rounded)
            rounded.roundToBFloat16()
            #expect(rounded.values.map(\.bitPattern) == expected)
            narrow.narrowToBFloat16()
            let wide = pool.tensor(1, count)
            withPointers(narrow, wide) {
                (UnsafeMutableRawPointer($1) + 2 * count).copyMemory(from: $0, byteCount: 2 * count)
            }
            wide.widenFromBFloat16()
            #expect(wide.values.map(\.bitPattern) == expected)
        }
    }

    @Test func viewsOfViewsAddTheirOffsets() {
        let tensor = pool.tensor(4, 5, (0..<20).map(Float.init))
        let inner = tensor.view(at: 5, rows: 3, columns: 5).view(at: 6, rows: 2, columns: 2)
        #expect(inner.values == [11, 12, 13, 14])
        inner.fill(0)
        #expect(tensor.values[10...15] == [10, 0, 0, 0, 0, 15])
    }

    @Test func aViewReachesTheLastElement() {
        let tensor = pool.tensor(4, 5, (0..<20).map(Float.init))
        #expect(tensor.view(at: 19, rows: 1, columns: 1).scalar == 19)
        #expect(tensor.view(at: 20, rows: 0, columns: 5).values.isEmpty)
    }

    @Test func aViewPastTheEndTraps() async {
        await #expect(processExitsWith: .failure) {
            _ = StoragePool().zeros(4, 5).view(at: 16, rows: 1, columns: 5)
        }
    }

    @Test func aViewBeforeTheStartTraps() async {
        await #expect(processExitsWith: .failure) {
            let tensor = StoragePool().zeros(4, 5)
            _ = tensor.view(at: 10, rows: 1, columns: 5).view(at: -1, rows: 1, columns: 5)
        }
    }
}
