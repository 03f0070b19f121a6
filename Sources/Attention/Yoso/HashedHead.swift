import CKernels
import Tensors

/// The hash codes of one sequence's queries and keys in one head, and what the collisions that they mean are used for.
///
/// B_ij is the share of hashes in which query i and key j collide: an estimate of E_ij. Every sum over it has several
/// routes, with the same numbers up to rounding, and `YosoRoute` says which is fastest.
struct HashedHead {
    let length: Int
    let bits: Int
    let hashes: Int
    let queries: IntegerVector<UInt16>
    let keys: IntegerVector<UInt16>

    init(length: Int, bits: Int, hashes: Int, queries: IntegerVector<UInt16>, keys: IntegerVector<UInt16>) {
        (self.length, self.bits, self.hashes) = (length, bits, hashes)
        (self.queries, self.keys) = (queries, keys)
    }

    init(_ function: HashFunction, queries: Matrix, keys: Matrix) {
        self.init(
            length: queries.rows, bits: function.bits, hashes: function.hashes, queries: function.codes(of: queries),
            keys: function.codes(of: keys))
    }

    /// About the pairs that collide, summed over all hashes, from the first few.
    func estimatedCollisions(_ pool: StoragePool) -> Int {
        let few = min(hashes, 4)
        return collisions(ofHashes: few, pool) * hashes / few
    }

    /// The pairs that collide, summed over the first `count` hashes.
    func collisions(ofHashes count: Int, _ pool: StoragePool) -> Int {
        let histogram = IntegerVector<UInt32>(1 << bits, from: pool)
        return Int(
            ck_collisions(Int64(length), Int32(bits), Int32(count), keys.pointer, queries.pointer, histogram.pointer))
    }

    /// mass = Σ_j B_ij of every query.
    func writeMass(_ mass: UnsafeMutablePointer<Float>, _ pool: StoragePool) {
        let histogram = IntegerVector<UInt32>(1 << bits, from: pool)
        ck_collision_mass(
            Int64(length), Int32(bits), Int32(hashes), keys.pointer, queries.pointer, histogram.pointer, mass)
    }

    /// B of the queries `first ..< first + count` and all keys.
    func shares(_ first: Int, _ count: Int, _ pool: StoragePool) -> Tensor {
        let shares = pool.tensor(count, length)
        ck_collision_shares(
            Int64(count), Int64(length), Int64(length), Int32(hashes), queries.pointer + first, keys.pointer,
            shares.pointer)
        return shares
    }

    /// Visits tiles of queries whose B stays in the second-level cache.
    func eachTile(_ body: (_ first: Int, _ count: Int) -> Void) { QueryTile.each(length: length, body) }
}

/// Keys in the order of their codes, hash by hash: where the collisions of a query lie.
struct SortedKeys {
    let starts: IntegerVector<UInt32>
    let order: IntegerVector<UInt32>

    init(_ head: HashedHead, _ pool: StoragePool) {
        starts = IntegerVector(head.hashes * ((1 << head.bits) + 1), from: pool)
        order = IntegerVector(head.hashes * head.length + Int(CK_ORDER_PADDING), from: pool)
        ck_bucket_sort(
            Int64(head.length), Int32(head.bits), Int32(head.hashes), head.keys.pointer, starts.pointer, order.pointer)
    }
}
