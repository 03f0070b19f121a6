import CCuda

/// A stretch of the stream, timed by an event at either end.
final class TimedSpan {
    private unowned let device: CudaDevice
    private var (begin, end): (Handle, Handle) = (nil, nil)

    /// Of what `body` asks the stream for.
    init(_ device: CudaDevice, _ body: () -> Void) {
        self.device = device
        device.check(cc_cuEventCreate(&begin, 0), "an event")
        device.check(cc_cuEventCreate(&end, 0), "an event")
        device.check(cc_cuEventRecord(begin, device.stream), "an event")
        body()
        device.check(cc_cuEventRecord(end, device.stream), "an event")
    }

    deinit {
        _ = cc_cuEventDestroy_v2(begin)
        _ = cc_cuEventDestroy_v2(end)
    }

    /// Once the GPU is through with it.
    var seconds: Double {
        var milliseconds: Float = 0
        device.check(cc_cuEventSynchronize(end), "waiting")
        device.check(cc_cuEventElapsedTime(&milliseconds, begin, end), "an event")
        return Double(milliseconds) / 1000
    }
}

/// Where the GPU's time goes, by kernel: an event before and behind every launch, read when asked.
public final class KernelTimes {
    /// What a kernel took in all.
    public struct Row: Sendable {
        public let name: String
        public let seconds: Double
        public let launches: Int
    }

    private unowned let device: CudaDevice
    private var spans: [(name: String, span: TimedSpan)] = []

    init(_ device: CudaDevice) { self.device = device }

    func time(_ name: @autoclosure () -> String, _ launch: () -> Void) {
        spans.append((name(), TimedSpan(device, launch)))
    }

    /// Of all launches so far, the longest first.
    public var rows: [Row] {
        device.finish()
        var sums: [String: (seconds: Double, launches: Int)] = [:]
        for (name, span) in spans {
            sums[name, default: (0, 0)].seconds += span.seconds
            sums[name, default: (0, 0)].launches += 1
        }
        return sums.map { Row(name: $0.key, seconds: $0.value.seconds, launches: $0.value.launches) }
            .sorted { ($0.seconds, $1.name) > ($1.seconds, $0.name) }
    }
}
