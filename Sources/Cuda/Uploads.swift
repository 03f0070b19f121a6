import CCuda
import Tensors

/// Numbers of the host for the kernels of one pass, which go over together when the first of these begin.
///
/// Every pass has the same memory for them, from the start on, so that passes of one shape find theirs in the same places.
final class Uploads {
    private unowned let device: CudaDevice
    private let memory: Tensor
    private var pinned: UnsafeMutableRawPointer?
    /// Where the pass begins in pinned memory, and how much of it is there and sent.
    private var (first, used, sent) = (0, 0, 0)

    private static let (passBytes, pinnedBytes) = (8 << 20, 64 << 20)
    /// A pass whose arrays are a little longer has the next ones in the same place.
    private static let step = 2048

    init(_ device: CudaDevice, from pool: StoragePool) {
        self.device = device
        memory = pool.tensor(1, Self.passBytes / 4)
        device.check(cc_cuMemHostAlloc(&pinned, Self.pinnedBytes, 0), "pinned memory")
    }

    deinit { _ = cc_cuMemFreeHost(pinned) }

    /// Before the first of a pass.
    func begin() {
        device.commands.commit()
        device.commands.uploads = self
        first += used
        // What lies there may be on its way.
        if first + Self.passBytes > Self.pinnedBytes {
            device.finish()
            first = 0
        }
        (used, sent) = (0, 0)
    }

    /// Where they will be; nil where the pass has no place for so many.
    func add(_ bytes: UnsafeRawBufferPointer) -> Tensor? {
        guard let pinned, used + bytes.count <= Self.passBytes else { return nil }
        if let start = bytes.baseAddress { (pinned + first + used).copyMemory(from: start, byteCount: bytes.count) }
        defer { used = min(Self.passBytes, used + (bytes.count + Self.step - 1) / Self.step * Self.step) }
        return memory.row(0, used / 4..<(used + bytes.count + 3) / 4)
    }

    func send() {
        guard used > sent, let pinned else { return }
        device.check(
            cc_cuMemcpyHtoDAsync_v2(memory.address + UInt64(sent), pinned + first + sent, used - sent, device.stream),
            "writing")
        sent = used
    }
}
