#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Recycles 64-byte-aligned blocks of floats, so that a repeated step allocates nothing: a fresh 32 MB block costs
/// sixteen times a reused one, most of it page faults.
///
/// A pool belongs to one thread at a time. Blocks go back to the pool, not to the system. When nothing is in use any more, as
/// between two passes, all memory is whole again and cut anew, and what has come in pieces that waste a fourth of it becomes one
/// piece: passes of other shapes then share it, and it holds the largest pass, not the sum over all shapes.
///
/// A debug build fills what goes back with NaN, and fresh memory too: what reads it before it writes it gives itself away.
public final class StoragePool {
    private var spare: [Int: [UnsafeMutablePointer<Float>]] = [:]
    private var slabs: [Slab] = []
    /// Blocks and bytes that were cut since the pool was last empty.
    private var cut = (blocks: 0, bytes: 0)

    /// Blocks cut at once, at the most; constant once every shape of a step has been seen.
    public private(set) var allocatedBlocks = 0
    /// Their bytes.
    public private(set) var allocatedBytes = 0
    /// Bytes that the pool has from the system.
    public var heldBytes: Int { slabs.reduce(0) { $0 + $1.size } }
    /// Bytes in use by living tensors.
    public private(set) var bytesInUse = 0

    /// Where the memory is; nil for the host's.
    public let memory: (any DeviceMemory)?
    /// What has the memory that was given; nil where it is the pool's own.
    private let owner: AnyObject?

    public init(_ memory: (any DeviceMemory)? = nil) { (self.memory, owner) = (memory, nil) }

    /// Cuts blocks from given memory alone, and changes nothing there itself, a debug build neither: others may have it too.
    ///
    /// - Parameters:
    ///   - bytes: aligned to 64, and as many as `bytes(of:)` says of all blocks that are cut while any is in use.
    ///   - owner: has them as long as it lives.
    public init(in bytes: UnsafeMutableRawBufferPointer, of owner: AnyObject) {
        (memory, self.owner) = (nil, owner)
        if let start = bytes.baseAddress { slabs = [Slab(start: start, size: bytes.count)] }
    }

    /// What a block of so many floats takes.
    public static func bytes(of floats: Int) -> Int {
        aligned(capacity(for: floats, steps: hostSteps) * MemoryLayout<Float>.stride)
    }

    deinit {
        if owner == nil { freeSlabs() }
    }

    /// A [rows, columns] tensor with arbitrary contents.
    public func tensor(_ rows: Int, _ columns: Int, _ element: Element = .float32) -> Tensor {
        precondition(element == .float32 || memory != nil, "\(element) on the host")
        let floats = (rows * columns * element.bytes + 3) / 4
        return Tensor(storage: take(floats), offset: 0, rows: rows, columns: columns, element: element)
    }

    /// A [rows, columns] tensor of zeros.
    public func zeros(_ rows: Int, _ columns: Int) -> Tensor {
        let tensor = tensor(rows, columns)
        tensor.fill(0)
        return tensor
    }

    /// A copy of `values` as [rows, columns].
    public func tensor(_ rows: Int, _ columns: Int, _ values: [Float]) -> Tensor {
        let tensor = tensor(rows, columns)
        tensor.copy(from: values)
        return tensor
    }

    /// A copy of `other`.
    public func copy(_ other: Tensor) -> Tensor {
        let tensor = tensor(other.rows, other.columns)
        withPointers(other, tensor) { $1.update(from: $0, count: other.count) }
        return tensor
    }

    private func take(_ count: Int) -> Storage {
        let capacity = Self.capacity(for: count, steps: memory == nil ? Self.hostSteps : Self.deviceSteps)
        let bytes = capacity * MemoryLayout<Float>.stride
        if bytesInUse == 0 { makeWhole() }
        bytesInUse += bytes
        if let start = spare[capacity]?.popLast() { return Storage(start, capacity, from: self) }
        cut = (cut.blocks + 1, cut.bytes + bytes)
        allocatedBlocks = max(allocatedBlocks, cut.blocks)
        allocatedBytes = max(allocatedBytes, cut.bytes)
        let start = carve(bytes).bindMemory(to: Float.self, capacity: capacity)
        poison(start, bytes)
        return Storage(start, capacity, from: self)
    }

    /// Forgets how the memory was cut.
    ///
    /// Passes that grow have left slabs that are each too small for the next one's blocks: these become one, of the largest pass.
    private func makeWhole() {
        cut = (0, 0)
        for index in spare.values.indices { spare.values[index].removeAll(keepingCapacity: true) }
        for index in slabs.indices { slabs[index].used = 0 }
        guard owner == nil, slabs.count > 1, heldBytes > allocatedBytes / 4 * 5 else { return }
        freeSlabs()
        slabs.removeAll(keepingCapacity: true)
        spare.removeAll(keepingCapacity: true)
        // Every block begins at a multiple of 64.
        _ = addSlab(allocatedBytes + 64 * allocatedBlocks)
    }

    private func freeSlabs() {
        for slab in slabs {
            if let memory { memory.free(slab.start) } else { free(slab.start) }
        }
    }

    /// Memory on huge pages, cut from its start on: rows of a wide matrix lie on a small page each, and their translations
    /// would be missed all the time.
    private struct Slab {
        let start: UnsafeMutableRawPointer
        let size: Int
        var used = 0
    }

    /// Memory of the first slab that still has it; so a pass that comes again finds the same places, whatever came between.
    private func carve(_ count: Int) -> UnsafeMutableRawPointer {
        let bytes = Self.aligned(count)
        let index = slabs.firstIndex { $0.size - $0.used >= bytes } ?? addSlab(max(bytes, Self.leastSlab))
        defer { slabs[index].used += bytes }
        return slabs[index].start + slabs[index].used
    }

    private func addSlab(_ bytes: Int) -> Int {
        precondition(owner == nil, "\(bytes) bytes more than were given")
        let size = (bytes + Self.hugePageBytes - 1) / Self.hugePageBytes * Self.hugePageBytes
        if let memory {
            slabs.append(Slab(start: memory.allocate(size), size: size))
            return slabs.count - 1
        }
        var raw: UnsafeMutableRawPointer?
        guard posix_memalign(&raw, Self.hugePageBytes, size) == 0, let raw else {
            endProgram("out of memory: \(bytes) bytes for a tensor; use a smaller model, batch or microBatchTokens")
        }
        #if canImport(Glibc)
            madvise(raw, size, Int32(MADV_HUGEPAGE))
        #endif
        slabs.append(Slab(start: raw, size: size))
        return slabs.count - 1
    }

    private static func aligned(_ bytes: Int) -> Int { (bytes + 63) / 64 * 64 }

    /// Sizes of blocks between two powers of two.
    private static let (hostSteps, deviceSteps) = (4, 16)
    private static var hugePageBytes: Int { 2 << 20 }
    /// One request of the system for many small blocks.
    private static var leastSlab: Int { 8 << 20 }

    fileprivate func give(_ start: UnsafeMutablePointer<Float>, _ capacity: Int) {
        let bytes = capacity * MemoryLayout<Float>.stride
        bytesInUse -= bytes
        poison(start, bytes)
        spare[capacity, default: []].append(start)
    }

    /// All bits set are NaN as a float, and an index far outside as an integer.
    private func poison(_ start: UnsafeMutablePointer<Float>, _ bytes: Int) {
        #if DEBUG
            guard owner == nil else { return }
            if let memory {
                memory.poison(bytes, at: UInt64(UInt(bitPattern: start)))
            } else {
                memset(start, 0xFF, bytes)
            }
        #endif
    }

    /// The next of {1, 1¼, 1½, 1¾} · 2^k, at least 16: few enough classes that slightly different shapes share blocks. On a
    /// device, whose memory is dearer, in sixteenths.
    private static func capacity(for count: Int, steps: Int) -> Int {
        guard count > 16 else { return 16 }
        let step = max(4, (1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)) / steps)
        return (count + step - 1) / step * step
    }
}

/// Owns one block and returns it to its pool when the last tensor on it is gone.
@usableFromInline final class Storage {
    @usableFromInline let start: UnsafeMutablePointer<Float>
    /// Nil for the host's.
    @usableFromInline let memory: (any DeviceMemory)?
    /// In floats.
    private let capacity: Int
    private let pool: StoragePool

    init(_ start: UnsafeMutablePointer<Float>, _ capacity: Int, from pool: StoragePool) {
        (self.start, self.capacity, self.pool) = (start, capacity, pool)
        memory = pool.memory
    }

    deinit { pool.give(start, capacity) }
}

extension Tensor {
    /// Lets the system have the memory of what nobody reads again before it is written: numbers of whole pages are lost.
    public func giveBack() {
        let page = Int(getpagesize())
        withBuffer { numbers in
            let start = Int(bitPattern: numbers.baseAddress)
            let (first, end) = ((start + page - 1) / page * page, start + numbers.count * MemoryLayout<Float>.stride)
            guard first + page <= end else { return }
            madvise(UnsafeMutableRawPointer(bitPattern: first), (end - first) / page * page, MADV_DONTNEED)
        }
    }
}
