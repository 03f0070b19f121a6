import CKernels
import Tensors

/// The hash codes of one sequence's queries and keys in one head, and what the collisions that they mean are used for.
///
/// B_ij is the share of hashes in which query i and key j collide: an estimate of E_ij. Every sum over it has several
/// routes, with the same numbers up to rounding, and `YosoRoute` says which is fastest.
struct HashedHead: KernelOperand {
    let length: Int
    let bits: Int
    let hashes: Int
    let queries: IntegerVector<UInt16>
    let keys: IntegerVector<UInt16>
    /// What its routes are chosen by.
    let costs: RouteCosts

    func withPointer<Result>(_ body: (ck_codes) throws -> Result) rethrows -> Result {
        try withPointers(queries, keys) {
            try body(ck_codes(n: Int64(length), bits: Int32(bits), hashes: Int32(hashes), queries: $0, keys: $1))
        }
    }

    init(
        length: Int, bits: Int, hashes: Int, queries: IntegerVector<UInt16>, keys: IntegerVector<UInt16>,
        costs: RouteCosts = .current
    ) {
        self.costs = costs
        (self.length, self.bits, self.hashes) = (length, bits, hashes)
        (self.queries, self.keys) = (queries, keys)
    }

    init(_ function: HashFunction, queries: Matrix, keys: Matrix, costs: RouteCosts = .current) {
        self.init(
            length: queries.rows, bits: function.bits, hashes: function.hashes, queries: function.codes(of: queries),
            keys: function.codes(of: keys), costs: costs)
    }

    /// About the pairs that collide, summed over all hashes, from the first few.
    func estimatedCollisions(_ pool: StoragePool) -> Int {
        let few = min(hashes, 4)
        return collisions(ofHashes: few, pool) * hashes / few
    }

    /// The pairs that collide, summed over the first `count` hashes.
    func collisions(ofHashes count: Int, _ pool: StoragePool) -> Int {
        let some = HashedHead(length: length, bits: bits, hashes: count, queries: queries, keys: keys, costs: costs)
        return Int(withPointers(some, histogram(pool)) { ck_collisions($0, $1) })
    }

    /// mass = Σ_j B_ij of every query.
    func writeMass(_ mass: Tensor, _ pool: StoragePool) {
        withPointers(self, histogram(pool), mass) { ck_collision_mass($0, $1, $2) }
    }

    private func histogram(_ pool: StoragePool) -> IntegerVector<UInt32> { IntegerVector(1 << bits, from: pool) }

    /// B of the queries `first ..< first + count` and all keys.
    func shares(_ first: Int, _ count: Int, _ pool: StoragePool) -> Tensor {
        let shares = pool.tensor(count, length)
        withPointers(self, shares) { ck_collision_shares($0, Int64(first), Int64(count), $1) }
        return shares
    }
}

/// Keys in the order of their codes, hash by hash: where the collisions of a query lie.
struct SortedKeys: KernelOperand {
    private let starts: IntegerVector<UInt32>
    private let order: IntegerVector<UInt32>
    private let places: IntegerVector<UInt32>
    /// Where kernels write the collisions of a few queries out.
    private let scratch: IntegerVector<UInt8>

    init(_ head: HashedHead, _ pool: StoragePool) {
        precondition(head.length <= CK_MOST_PLACES, "\(head.length) tokens")
        starts = IntegerVector(head.hashes * ((1 << head.bits) + 1), from: pool)
        order = IntegerVector(head.hashes * head.length + Int(CK_ORDER_PADDING), from: pool)
        places = IntegerVector(head.hashes * head.length, from: pool)
        scratch = IntegerVector(Int(ck_collision_scratch(Int64(head.length), Int32(head.hashes))), from: pool)
        withPointers(head, self) { ck_bucket_sort($0, $1) }
    }

    func withPointer<Result>(_ body: (ck_sorted_keys) throws -> Result) rethrows -> Result {
        try withPointers(starts, order, places, scratch) {
            try body(ck_sorted_keys(starts: $0, order: $1, places: $2, scratch: $3))
        }
    }
}
