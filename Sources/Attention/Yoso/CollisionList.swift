import CKernels
import Tensors

/// All collisions of a head written out, query by query: the route of sequences whose rows no cache near a core holds.
struct CollisionList {
    let ends: IntegerVector<UInt32>
    let list: IntegerVector<UInt32>

    init(_ head: HashedHead, _ pool: StoragePool) {
        let sorted = SortedKeys(head, pool)
        ends = IntegerVector(head.length, from: pool)
        list = IntegerVector(head.collisions(pool) + Int(CK_LIST_PADDING), from: pool)
        ck_collision_list(
            Int64(head.length), Int32(head.bits), Int32(head.hashes), head.queries.pointer, sorted.starts.pointer,
            sorted.order.pointer, ends.pointer, list.pointer)
    }

    /// Collisions in all.
    var count: Int { list.count - Int(CK_LIST_PADDING) }
}
