import CCuda
import Tensors

/// The GPU's memory. What goes there is first copied to pinned memory of the host, from which it goes by itself.
final class CudaMemory: DeviceMemory {
    private let device: CudaDevice
    private var staging: UnsafeMutableRawPointer?
    private var staged = 0
    private static let stagingBytes = 64 << 20
    /// What to do where so many bytes more are not there.
    var advice: (_ bytes: Int) -> String = { _ in "use a smaller model" }

    init(_ device: CudaDevice) {
        self.device = device
        device.check(cc_cuMemHostAlloc(&staging, Self.stagingBytes, 0), "pinned memory")
    }

    deinit { _ = cc_cuMemFreeHost(staging) }

    func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
        var address: cc_address = 0
        let result = cc_cuMemAlloc_v2(&address, bytes)
        guard result == 0, let start = UnsafeMutableRawPointer(bitPattern: UInt(address)) else {
            let (spare, total) = (device.spareMemory >> 20, device.memory >> 20)
            device.fail(
                "\(device.name) cannot give \(bytes >> 20) MiB more (\(spare) of \(total) MiB are free); \(advice(bytes)); "
                    + device.wayOn)
        }
        return start
    }

    func free(_ start: UnsafeMutableRawPointer) {
        device.commands.commit()
        _ = cc_cuMemFree_v2(cc_address(UInt(bitPattern: start)))
    }

    /// The next bytes of pinned memory, which stay what they are until they have arrived.
    private func stage(_ bytes: Int) -> UnsafeMutableRawPointer? {
        if staged + bytes > Self.stagingBytes {
            device.finish()
            staged = 0
        }
        defer { staged += (bytes + 63) / 64 * 64 }
        return staging.map { $0 + staged }
    }

    func write(_ bytes: UnsafeRawBufferPointer, to address: UInt64) {
        device.commands.commit()
        for first in stride(from: 0, to: bytes.count, by: Self.stagingBytes / 2) {
            let part = UnsafeRawBufferPointer(rebasing: bytes[first..<min(bytes.count, first + Self.stagingBytes / 2)])
            guard let place = stage(part.count), let start = part.baseAddress else { continue }
            place.copyMemory(from: start, byteCount: part.count)
            device.check(
                cc_cuMemcpyHtoDAsync_v2(address + UInt64(first), place, part.count, device.stream), "writing")
        }
    }

    func read(_ bytes: UnsafeMutableRawBufferPointer, at address: UInt64) {
        // Without a wait nothing that is staged would be free.
        guard !bytes.isEmpty else { return }
        device.commands.commit()
        for first in stride(from: 0, to: bytes.count, by: Self.stagingBytes / 2) {
            let count = min(bytes.count - first, Self.stagingBytes / 2)
            guard let place = stage(count), let start = bytes.baseAddress else { continue }
            device.check(cc_cuMemcpyDtoHAsync_v2(place, address + UInt64(first), count, device.stream), "reading")
            device.finish()
            (start + first).copyMemory(from: place, byteCount: count)
        }
        staged = 0
    }

    func fill(_ value: Float, _ count: Int, at address: UInt64) {
        device.commands.add(.fill(value, count: count, address: address))
    }

    func clear(_ bytes: Int, at address: UInt64) {
        device.commands.add(.set(value: 0, bytes: bytes, address: address))
    }

    func poison(_ bytes: Int, at address: UInt64) {
        device.commands.add(.set(value: 0xFF, bytes: bytes, address: address))
    }

    func copy(_ bytes: Int, from: UInt64, to: UInt64) {
        device.commands.add(.copy(bytes: bytes, from: from, to: to))
    }
}
