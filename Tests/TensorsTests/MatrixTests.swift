import Tensors
import Testing

/// What is done to a part of a block leaves the rest as it was.
struct MatrixTests {
    private let pool = StoragePool()
    private var block: Tensor { pool.tensor(4, 5, (0..<20).map(Float.init)) }

    @Test func fillsAPart() {
        let block = block
        block.matrix.rows(1, 2).columns(3, 2).fill(-1)
        #expect(block.values == [0, 1, 2, 3, 4, 5, 6, 7, -1, -1, 10, 11, 12, -1, -1, 15, 16, 17, 18, 19])
    }

    @Test func addsToADiagonalAndToAColumn() {
        let block = block
        block.matrix.rows(1, 3).columns(0, 3).diagonal.add(100)
        block.matrix.columns(4, 1).add(-4)
        #expect(block.values == [0, 1, 2, 3, 0, 105, 6, 7, 8, 5, 10, 111, 12, 13, 10, 15, 16, 117, 18, 15])
    }

    @Test func copiesAndTransposes() {
        let (part, straight, turned) = (block.matrix.rows(1, 2).columns(1, 3), pool.zeros(2, 3), pool.zeros(3, 4))
        copyRows(part, into: straight.matrix)
        copyRows(part.transposed, into: turned.matrix.columns(1, 2))
        #expect(straight.values == [6, 7, 8, 11, 12, 13])
        #expect(turned.values == [0, 6, 11, 0, 0, 7, 12, 0, 0, 8, 13, 0])
        copyRows(turned.matrix.columns(1, 2).transposed, into: straight.matrix)
        #expect(straight.values == [6, 7, 8, 11, 12, 13])
    }

    @Test func elementsOfATransposeAreSwapped() {
        let part = block.matrix.rows(2, 2).columns(1, 3)
        #expect(part[1, 0] == 16 && part.transposed[0, 1] == 16)
    }

    @Test func anElementOutsideTraps() async {
        await #expect(processExitsWith: .failure) { _ = StoragePool().zeros(2, 2).matrix.columns(0, 1)[0, 1] }
        await #expect(processExitsWith: .failure) { _ = StoragePool().zeros(2, 2)[4] }
    }
}
