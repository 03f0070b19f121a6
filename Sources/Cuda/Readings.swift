import CCuda
import Tensors

/// Two numbers that the GPU has found, read once it has: what is asked of it later is not waited for.
final class Readings {
    private unowned let device: CudaDevice
    private var pinned: UnsafeMutableRawPointer?
    private var events: [Handle] = []
    private var next = 0

    /// So many may be waited for at once.
    private static let most = 256
    private static let bytes = 16

    init(_ device: CudaDevice) {
        self.device = device
        device.check(cc_cuMemHostAlloc(&pinned, Self.most * Self.bytes, 0), "pinned memory")
        events = (0..<Self.most).map { _ in
            var event: Handle = nil
            // CU_EVENT_DISABLE_TIMING
            device.check(cc_cuEventCreate(&event, 2), "an event")
            return event
        }
    }

    deinit {
        for event in events { _ = cc_cuEventDestroy_v2(event) }
        _ = cc_cuMemFreeHost(pinned)
    }

    /// Those at `address`, as they are when all that was asked for so far is done.
    func read(at address: UInt64) -> () -> (Double, Double) {
        guard let place = pinned.map({ $0 + next * Self.bytes }) else { return { (0, 0) } }
        let event = events[next]
        next = (next + 1) % Self.most
        device.commands.commit()
        device.check(cc_cuMemcpyDtoHAsync_v2(place, address, Self.bytes, device.stream), "reading")
        device.check(cc_cuEventRecord(event, device.stream), "an event")
        return { [device] in
            device.check(cc_cuEventSynchronize(event), "waiting")
            return (place.load(as: Double.self), place.load(fromByteOffset: 8, as: Double.self))
        }
    }
}
