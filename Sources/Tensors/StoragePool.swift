#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Recycles 64-byte-aligned blocks of floats, so that a repeated step allocates nothing: a fresh 32 MB block costs
/// sixteen times a reused one, most of it page faults.
///
/// A pool belongs to one thread at a time. Blocks go back to the pool, never to the system, while the pool lives; so
/// a pointer into a tensor that was just released still points at mapped memory.
public final class StoragePool {
    private var spare: [Int: [UnsafeMutablePointer<Float>]] = [:]
    private var slabs: [UnsafeMutableRawPointer] = []
    /// What the last slab still has.
    private var rest = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    /// Blocks asked of the system so far; constant once every shape of a step has been seen.
    public private(set) var allocatedBlocks = 0
    /// Bytes held from the system.
    public private(set) var allocatedBytes = 0
    /// Bytes in use by living tensors.
    public private(set) var bytesInUse = 0

    public init() {}

    deinit {
        for slab in slabs { free(slab) }
    }

    /// A [rows, columns] tensor with arbitrary contents.
    public func tensor(_ rows: Int, _ columns: Int) -> Tensor {
        Tensor(storage: Storage(take(rows * columns), from: self), offset: 0, rows: rows, columns: columns)
    }

    /// A [rows, columns] tensor of zeros.
    public func zeros(_ rows: Int, _ columns: Int) -> Tensor {
        let tensor = tensor(rows, columns)
        tensor.fill(0)
        return tensor
    }

    /// A copy of `values` as [rows, columns].
    public func tensor(_ rows: Int, _ columns: Int, _ values: [Float]) -> Tensor {
        precondition(values.count == rows * columns, "\(values.count) values for [\(rows), \(columns)]")
        let tensor = tensor(rows, columns)
        values.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress else { return }
            tensor.pointer.update(from: base, count: source.count)
        }
        return tensor
    }

    /// A copy of `other`.
    public func copy(_ other: Tensor) -> Tensor {
        let tensor = tensor(other.rows, other.columns)
        tensor.pointer.update(from: other.pointer, count: other.count)
        return tensor
    }

    private func take(_ count: Int) -> Block {
        let capacity = Self.capacity(for: count)
        bytesInUse += capacity * MemoryLayout<Float>.stride
        if let pointer = spare[capacity]?.popLast() { return Block(pointer: pointer, capacity: capacity) }
        let bytes = capacity * MemoryLayout<Float>.stride
        allocatedBlocks += 1
        allocatedBytes += bytes
        return Block(pointer: carve(bytes).bindMemory(to: Float.self, capacity: capacity), capacity: capacity)
    }

    /// Fresh memory, cut from slabs on huge pages: rows of a wide matrix lie on a small page each, and their translations
    /// would be missed all the time.
    private func carve(_ count: Int) -> UnsafeMutableRawPointer {
        let bytes = (count + 63) / 64 * 64
        // Its own slab, so that what is left of the last one still serves.
        guard bytes < Self.slabBytes else { return slab(bytes) }
        if rest.count < bytes {
            rest = UnsafeMutableRawBufferPointer(start: slab(Self.slabBytes), count: Self.slabBytes)
        }
        guard let start = rest.baseAddress else { preconditionFailure("a slab without memory") }
        rest = UnsafeMutableRawBufferPointer(rebasing: rest[bytes...])
        return start
    }

    private func slab(_ bytes: Int) -> UnsafeMutableRawPointer {
        let size = (bytes + Self.hugePageBytes - 1) / Self.hugePageBytes * Self.hugePageBytes
        var raw: UnsafeMutableRawPointer?
        guard posix_memalign(&raw, Self.hugePageBytes, size) == 0, let raw else {
            fatalError("out of memory: \(bytes) bytes for a tensor; use a smaller batch or microBatchTokens")
        }
        #if canImport(Glibc)
            madvise(raw, size, Int32(MADV_HUGEPAGE))
        #endif
        slabs.append(raw)
        return raw
    }

    private static var hugePageBytes: Int { 2 << 20 }
    /// One request of the system for many small blocks.
    private static var slabBytes: Int { 8 << 20 }

    fileprivate func give(_ block: Block) {
        bytesInUse -= block.capacity * MemoryLayout<Float>.stride
        spare[block.capacity, default: []].append(block.pointer)
    }

    /// The next of {1, 1¼, 1½, 1¾} · 2^k, at least 16: few enough classes that slightly different shapes share blocks.
    private static func capacity(for count: Int) -> Int {
        guard count > 16 else { return 16 }
        let quarter = max(4, (1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)) / 4)
        return (count + quarter - 1) / quarter * quarter
    }
}

/// An aligned block and its size in floats.
struct Block {
    let pointer: UnsafeMutablePointer<Float>
    let capacity: Int
}

/// Owns one block and returns it to its pool when the last tensor on it is gone.
final class Storage {
    let block: Block
    private let pool: StoragePool

    init(_ block: Block, from pool: StoragePool) {
        self.block = block
        self.pool = pool
    }

    deinit { pool.give(block) }
}
