import Autograd
import CKernels
import Tensors
import Testing

@testable import Attention

/// No data makes a query meet more distinct keys, on average, than the budget says.
@Suite struct PairBudgetTests {
    private let pool = StoragePool()

    enum Data: String, CaseIterable, Sendable {
        case random, equal, twoClusters, hub, clusters
    }

    /// Queries, keys and values side by side, of 16 columns each.
    private func projections(_ data: Data, _ length: Int) -> Tensor {
        let rows = drawn(length, 48, "projections", pool)
        let centres = drawn(32, 16, "centres", pool).values
        for row in 0..<length {
            for part in 0..<2 {
                let target = rows.row(row, 16 * part..<16 * part + 16)
                for column in 0..<16 {
                    switch data {
                    case .random: break
                    case .equal: target[column] = centres[column]
                    case .twoClusters: target[column] = centres[row % 2 * 16 + column]
                    // Every query looks at one key, and all other keys away from them.
                    case .hub:
                        let sign: Float = part == 0 || row == 0 ? 1 : -1
                        target[column] = sign * centres[column] + 0.05 * target[column]
                    case .clusters: target[column] = centres[row % 32 * 16 + column] + 0.1 * target[column]
                    }
                }
            }
        }
        return rows
    }

    private func options(_ hashes: Int, kernelBits: Int = 16) -> YosoOptions {
        YosoOptions(
            hashes: hashes, bits: nil, estimator: .conditional, kernelBits: kernelBits, normalization: .mass,
            pairs: max(128, 4 * hashes))
    }

    private func sampled(_ projections: Tensor, _ options: YosoOptions) -> (head: SampledHead, mass: [Float]) {
        let slices = HeadShape(heads: 1, headWidth: 16).slices(projections, 0..<projections.rows, head: 0)
        let (sums, mass) = (pool.tensor(projections.rows, 16), pool.tensor(1, projections.rows))
        let head = SampledHead.sum(
            slices, options, hashes: options.hashes, RandomStream(seed: 5), .current, Products(.fp32, from: pool), pool,
            into: sums.matrix, mass: mass)
        return (head, mass.values)
    }

    /// How many pairs agree in a hash at least.
    private func distinct(_ head: HashedHead) -> Int {
        let law = PairLaw(
            kernelBits: 16, gradient: .exact, selection: PairSelection(hashes: head.hashes, hashBits: head.bits))
        let (rows, sums, mass) = (
            pool.zeros(head.length, 16), pool.tensor(head.length, 16), pool.tensor(1, head.length)
        )
        let packed = PackedRows(rows.matrix, pool)
        return head.sumSelected(
            PairRows(query: packed, key: packed, value: packed), law, into: sums.matrix, mass: mass,
            Products(.fp32, from: pool))
    }

    /// How deep codes agree, one by one; the longest is more than the lanes of one round of additions can count.
    @Test(arguments: [0, 1, 15, 16, 17, 100, 16 * 65_535 + 21])
    func depthsAreCounted(count: Int) {
        let stream = RandomStream(seed: 4)
        let nearest = (0..<UInt32(count)).map { UInt16(stream.word($0) >> (16 + stream.word(~$0) % 17)) }
        var (found, expected) = ([Int64](repeating: 1, count: 17), [Int64](repeating: 1, count: 17))
        for value in nearest { expected[UInt16.bitWidth - value.leadingZeroBitCount] += 1 }
        nearest.withUnsafeBufferPointer { codes in
            if let first = codes.baseAddress { ck_code_depths(Int64(count), first, &found) }
        }
        #expect(found == expected)
        #expect(count < 1000 || expected.allSatisfy { $0 > 1 })
    }

    @Test(arguments: Data.allCases, [1, 2, 7, 33, 128, 129, 200, 511, 513, 1025, 4097])
    func theBudgetIsKept(data: Data, length: Int) {
        for hashes in [4, 32] {
            let (head, _) = sampled(projections(data, length), options(hashes))
            guard let hashed = head.hashed else {
                #expect(length <= 128)
                continue
            }
            let met = distinct(hashed)
            #expect(length > 128 && met <= 128 * length, "\(Double(met) / Double(length)) pairs a query")
            #expect(met > 0)
        }
    }

    @Test(arguments: [Data.random, .equal, .hub]) func theBudgetIsKeptOf65536Tokens(data: Data) {
        let (head, mass) = sampled(projections(data, 65_536), options(32))
        let hashed = head.hashed
        #expect(hashed != nil && head.law?.selection != nil)
        guard let hashed else { return }
        let met = distinct(hashed)
        #expect(met <= 128 * 65_536, "\(met / 65_536) pairs a query")
        #expect(mass.contains { $0 > 0 })
    }

    /// As few bits as the budget allows: one less would break it.
    @Test(arguments: [Data.random, .clusters], [300, 700]) func noBitIsWasted(data: Data, length: Int) throws {
        let rows = projections(data, length)
        let (head, _) = sampled(rows, options(32))
        let selection = try #require(head.law?.selection)
        #expect(selection.drawnBits == 0 && selection.hashBits > 1)
        let slices = HeadShape(heads: 1, headWidth: 16).slices(rows, 0..<length, head: 0)
        let function = HashFunction(
            .hadamard, bits: PairBudget.bits(length: length), hashes: 32, width: 16, RandomStream(seed: 5), pool)
        let deepest = HashedHead(function, queries: slices.query, keys: slices.key)
        let nearest = deepest.nearest(queries: 0, length, step: 1, pool).values
        // Met by one bit less: codes differ below the highest hashBits - 1 bits.
        let fewer = nearest.count { $0 < 1 << (deepest.bits - selection.hashBits + 1) }
        #expect(fewer > 128 * length * 85 / 100)
    }

    /// A kernel of few bits bounds those of a hash; what more is needed is drawn.
    @Test func hashBitsStayBelowThoseOfTheKernel() throws {
        let (head, _) = sampled(projections(.clusters, 700), options(32, kernelBits: 3))
        let selection = try #require(head.law?.selection)
        #expect(selection.hashBits <= 3)
        #expect(distinct(try #require(head.hashed)) <= 128 * 700)
    }

    /// Beyond the last choice there is nothing: however many it meets are summed up.
    @Test func theLastChoiceHasNoLimit() {
        let slices = HeadShape(heads: 1, headWidth: 16).slices(projections(.equal, 64), 0..<64, head: 0)
        let function = HashFunction(
            .hadamard, bits: PairBudget.bits(length: 64), hashes: 32, width: 16, RandomStream(seed: 5), pool)
        let deepest = HashedHead(function, queries: slices.query, keys: slices.key)
        var budget = PairBudget(8, deepest, kernelBits: 16, random: RandomStream(seed: 6), pool)
        while budget.choices.count > 1 {
            #expect(budget.limit == 8 * 64)
            let isAccepted = budget.accepts(budget.limit + 1)
            #expect(!isAccepted)
        }
        let isAccepted = budget.accepts(.max)
        #expect(budget.limit == .max && isAccepted)
    }
}
