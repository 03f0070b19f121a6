import CKernels

/// What a pair of a query and a key weighs by its cosine x, with s = 1 - arccos(x) / π: E = s^T where every pair is met, and
/// W = E / P where pairs are met with probability P = 1 - (1 - 2^-a s^t)^m.
///
/// W has mean E, and variance E² (1 - P) / P. It is at most 1 where a is 0, since s^T <= s^t <= P. A gradient takes P as
/// a constant: which pairs are met depends on x too, and makes up for it.
struct PairLaw {
    /// T
    let kernelBits: Int
    let gradient: CollisionGradient
    var selection: PairSelection?

    var c: ck_pair_law {
        ck_pair_law(
            kernel_bits: Int32(kernelBits), exact: gradient == .exact ? 1 : 0, hashes: Int32(selection?.hashes ?? 0),
            hash_bits: Int32(selection?.hashBits ?? 0), drawn: selection.map { 1 / Float(1 << $0.drawnBits) } ?? 1)
    }
}

/// Which pairs are met: those whose codes agree in one of m hashes at least.
struct PairSelection: Equatable {
    /// m
    let hashes: Int
    /// t, bits of a code that are signs of projections.
    let hashBits: Int
    /// a, bits behind them that are drawn for every query and every key: they keep 2^-a of what would collide in a hash.
    var drawnBits = 0
}
