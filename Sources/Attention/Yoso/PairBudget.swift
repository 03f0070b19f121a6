import CKernels
import Tensors

/// Bits of the hash codes of one sequence and head, chosen such that a query meets at most `pairs` distinct keys on average.
///
/// Codes are made once, with more bits than are needed, and nested: the highest t bits are a code of t bits. From how deep
/// the codes of every pair agree follows how many pairs each t would select. Rows that no hash tells apart, such as equal
/// keys, would collide at any t; so behind the choices of t come those whose lowest bits are drawn at random. All of it is a
/// function of the rows and the random stream.
struct PairBudget {
    let pairs: Int
    /// Of as many bits as any choice has.
    let deepest: HashedHead
    let random: RandomStream
    private(set) var choices: ArraySlice<PairSelection>

    /// - Parameter kernelBits: T, which bits that hash may not exceed.
    /// - Precondition: `pairs` is at least four times as many as hashes, so that the last of the choices keeps within it, up to
    ///   some 262,144 tokens: codes have no more than 16 bits.
    init(
        _ pairs: Int, _ deepest: HashedHead, kernelBits: Int, random: RandomStream, _ pool: StoragePool
    ) {
        self.pairs = pairs
        self.deepest = deepest
        self.random = random
        let (bits, m) = (deepest.bits, deepest.hashes)
        let most = min(bits, kernelBits)
        let hashed = (1...most).map { PairSelection(hashes: m, hashBits: $0) }
        let deeper = (most..<bits).map { PairSelection(hashes: m, hashBits: most, drawnBits: $0 + 1 - most) }
        let drawn = (0..<most).reversed().map { PairSelection(hashes: m, hashBits: $0, drawnBits: bits - $0) }
        choices = (hashed + deeper + drawn)[...]
        choices = choices.dropFirst(hashedBeyondBudget(most, pool))
        while choices.count > 1, selection.drawnBits > 0, exceeds(head(pool), pool) { choices = choices.dropFirst() }
    }

    /// The most bits of a code of a sequence of `length` tokens: with so many, chance alone lets a query meet at most one key a hash,
    /// where they are not the 16 that a code can have.
    static func bits(length: Int) -> Int { min(16, floorOfLog2(length) + 1) }

    /// Codes of the best choice that is left.
    func head(_ pool: StoragePool) -> HashedHead { deepest.cut(to: selection, random, pool) }

    var selection: PairSelection { choices[choices.startIndex] }

    /// The most pairs of the sequence; no limit for the last choice, which there is nothing beyond.
    var limit: Int { choices.count == 1 ? .max : pairs * deepest.length }

    /// Whether `met` pairs, by the choice that is the best now, are within the budget; if not, the next choice is the best.
    mutating func accepts(_ met: Int) -> Bool {
        if met <= limit { return true }
        choices = choices.dropFirst()
        return false
    }

    /// How many of the first `most` choices, of one bit, two bits and so on, select more than the budget.
    private func hashedBeyondBudget(_ most: Int, _ pool: StoragePool) -> Int {
        var counts = [Int64](repeating: 0, count: 17)
        let limit = eachOfSome(deepest, pool) { codes in
            codes.withPointer { ck_code_depths(Int64(codes.count), $0, &counts) }
        }
        // A pair is selected by t bits where its codes differ below the highest t of some hash.
        return (1...most).first { t in
            Double(counts[...(deepest.bits - t)].reduce(0, +)) <= limit
        }.map { $0 - 1 } ?? most
    }

    private func exceeds(_ head: HashedHead, _ pool: StoragePool) -> Bool {
        var met = 0
        let limit = eachOfSome(head, pool) { met += Attention.met(in: $0) }
        return Double(met) > limit
    }

    /// Visits how near the codes of some queries are to those of all keys; returns how many pairs those queries may meet, with a
    /// margin where they are not all.
    private func eachOfSome(
        _ head: HashedHead, _ pool: StoragePool, _ body: (IntegerVector<UInt16>) -> Void
    ) -> Double {
        let step = max(1, head.length / 256)
        let queries = (head.length + step - 1) / step
        for first in stride(from: 0, to: queries, by: 64) {
            body(head.nearest(queries: first * step, min(64, queries - first), step: step, pool))
        }
        return Double(queries * pairs) * (step == 1 ? 1 : 0.9)
    }
}

extension HashedHead {
    /// These codes cut to their highest `hashBits`, with drawn bits behind them.
    fileprivate func cut(to selection: PairSelection, _ random: RandomStream, _ pool: StoragePool) -> HashedHead {
        func cut(_ codes: IntegerVector<UInt16>, _ name: String) -> IntegerVector<UInt16> {
            let result = IntegerVector<UInt16>(selection.hashes * length, from: pool)
            withPointers(codes, result) {
                ck_cut_codes(
                    Int64(result.count), Int32(bits - selection.hashBits), Int32(selection.drawnBits),
                    random.stream(name).key, $0, $1)
            }
            return result
        }
        return HashedHead(
            length: length, bits: selection.hashBits + selection.drawnBits, hashes: selection.hashes,
            queries: cut(queries, "queries"), keys: cut(keys, "keys"), costs: costs)
    }
}
