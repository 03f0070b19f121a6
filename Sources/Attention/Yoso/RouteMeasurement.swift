import CKernels
import Tensors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension RouteCosts {
    /// Times the kernels of all routes on this core, in a second or two: parts that grow with the pairs of short sequences at 512
    /// tokens, the others at 512 and 4,096.
    public static func measured() -> RouteCosts {
        let (short, long) = (RouteMeasurement(length: 512).costs(), RouteMeasurement(length: 4096).costs())
        let ofShort: Set<Part> = [.compare, .product, .nearest, .weight]
        return RouteCosts(
            Dictionary(
                uniqueKeysWithValues: Part.allCases.map { part in
                    let (a, b) = (short[part] ?? 1, long[part] ?? 1)
                    return (part, max(1e-3, ofShort.contains(part) ? a : (a + b) / 2))
                }))
    }
}

/// Timings of one head of `length` tokens, 64 columns and 32 hashes, the best of several, each on codes of its own: from the same
/// ones a core learns where buckets end.
private struct RouteMeasurement {
    let length: Int
    private let hashes = 32
    private let width = 64
    private let pool = StoragePool()

    private enum Codes {
        /// Of which chance lets some agree; the same for every hash, or not.
        case random, repeated
        /// Of which none agree.
        case apart
    }

    init(length: Int) { self.length = length }

    private var bits: Int { floorOfLog2(length) }

    func costs() -> [RouteCosts.Part: Double] {
        let (n, m, lines) = (Double(length), Double(hashes), Double(width / 16))
        let rows = (0..<4).map { _ in PackedRows(pool.tensor(length, width, values()).matrix, pool) }
        let outputs = (0..<3).map { _ in PackedRows(like: rows[0].matrix, pool) }
        let (inputs, gradient) = (
            PairRows(query: rows[0], key: rows[1], value: rows[2]),
            PairRows(query: outputs[0], key: outputs[1], value: outputs[2])
        )
        let (vector, sums) = (pool.zeros(1, length), outputs[0].matrix)
        let products = Products(.fp32, from: pool)
        let law = PairLaw(
            kernelBits: bits, gradient: .lowerBound, selection: PairSelection(hashes: hashes, hashBits: bits))
        func sampled(_ head: HashedHead) -> SampledHead { SampledHead(hashed: head, law: law) }
        var (met, collisions) = (0.0, 0.0)
        func select(_ head: HashedHead) {
            met = Double(sampled(head).sum(inputs, into: sums, mass: vector, by: .collisions, products, pool))
        }

        let sorting = time(.apart) { $0.sums(of: rows[2].matrix, into: sums, by: .collisions, products) } / (n * m)
        let queries = min(length, QueryTile.scores / length)
        let pairs = n * Double(queries)
        let compare = time(.random) { _ = $0.shares(0, queries, pool) } / (pairs * m)
        let nearest = time(.random) { _ = $0.nearest(queries: 0, queries, step: 1, pool) } / (pairs * m)
        let weights = pool.tensor(queries, length)
        let product =
            time(.random) { _ in
                multiply(rows[0].matrix.rows(0, queries), rows[1].matrix.transposed, into: weights.matrix)
            } / (pairs * lines)
        let weight =
            time(.random) { _ in
                withPointers(weights, vector) { ck_pair_weights(Int64(queries), Int64(length), law.c, nil, $0, $1) }
            } / pairs
        let tables = time(.random) { $0.sums(of: rows[2].matrix, into: sums, by: .tables, products) } / (n * m * lines)
        let added = time(.random) {
            collisions = Double($0.collisions(ofHashes: hashes, pool))
            $0.sums(of: rows[2].matrix, into: sums, by: .collisions, products)
        }
        let gradients = time(.random) {
            $0.writeGradients(inputs, .lowerBound, rows[3], vector, into: gradient, by: .collisions, products)
        }
        // What is found is met once a hash, or once in all.
        let once = time(.random, select) - n * m * sorting - met * weight
        let (metOnce, foundOnce) = (met, collisions)
        var repeatedCollisions = 0.0
        let repeated =
            time(.repeated) {
                repeatedCollisions = Double($0.collisions(ofHashes: 1, pool)) * m
                select($0)
            } - n * m * sorting - met * weight
        let determinant = foundOnce * met - repeatedCollisions * metOnce
        let found = (once * met - repeated * metOnce) / determinant
        let pair = (foundOnce * repeated - repeatedCollisions * once) / determinant
        let selectedGradients = time(.random) {
            sampled($0).writeGradients(
                inputs, rows[3], vector, YosoOptions(), into: gradient, by: .collisions, products, pool)
        }
        return [
            .compare: compare, .product: product, .tableLine: tables, .sorting: sorting,
            .addedLine: (added - n * m * sorting) / (collisions * lines),
            .gradientLine: (gradients - n * m * sorting) / (collisions * lines), .nearest: nearest, .weight: weight,
            .found: found, .selectedLine: pair / lines,
            .selectedGradientLine: (selectedGradients - n * m * sorting - foundOnce * found - metOnce * weight)
                / (metOnce * lines),
        ]
    }

    /// Nanoseconds of the fastest of nine calls, while this thread had a core.
    private func time(_ codes: Codes, _ body: (HashedHead) -> Void) -> Double {
        (0..<9).map { round in
            let head = head(codes, RandomStream(seed: UInt64(round)))
            let start = threadNanoseconds()
            body(head)
            return threadNanoseconds() - start
        }.min() ?? 0
    }

    private func threadNanoseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }

    private func head(_ codes: Codes, _ random: RandomStream) -> HashedHead {
        let bits = codes == .apart ? bits + 1 : bits
        func vector(_ name: String, _ top: UInt16) -> IntegerVector<UInt16> {
            let (random, result) = (random.stream(name), IntegerVector<UInt16>(hashes * length, from: pool))
            result.withPointer { values in
                for index in 0..<result.count {
                    let word = random.word(UInt32(codes == .repeated ? index % length : index))
                    values[index] = UInt16(truncatingIfNeeded: word & UInt32((1 << self.bits) - 1)) | top
                }
            }
            return result
        }
        return HashedHead(
            length: length, bits: bits, hashes: hashes, queries: vector("queries", 0),
            keys: vector("keys", codes == .apart ? 1 << UInt16(self.bits) : 0))
    }

    /// Cosines of all kinds.
    private func values() -> [Float] {
        let random = RandomStream(seed: 1)
        return (0..<length * width).map { Float(random.uniform(UInt32($0)) - 0.5) / 4 }
    }
}
