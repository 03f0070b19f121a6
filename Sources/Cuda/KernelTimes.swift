import CCuda

/// Where the GPU's time goes, by kernel: an event before and behind every launch, read when asked.
public final class KernelTimes {
    /// What a kernel took in all.
    public struct Row: Sendable {
        public let name: String
        public let seconds: Double
        public let launches: Int
    }

    private unowned let device: CudaDevice
    private var spans: [(name: String, begin: Handle, end: Handle)] = []

    init(_ device: CudaDevice) { self.device = device }

    func time(_ name: @autoclosure () -> String, _ launch: () -> Void) {
        var (begin, end): (Handle, Handle) = (nil, nil)
        device.check(cc_cuEventCreate(&begin, 0), "an event")
        device.check(cc_cuEventCreate(&end, 0), "an event")
        device.check(cc_cuEventRecord(begin, device.stream), "an event")
        launch()
        device.check(cc_cuEventRecord(end, device.stream), "an event")
        spans.append((name(), begin, end))
    }

    /// Of all launches so far, the longest first.
    public var rows: [Row] {
        device.finish()
        var sums: [String: (seconds: Double, launches: Int)] = [:]
        for span in spans {
            var milliseconds: Float = 0
            device.check(cc_cuEventElapsedTime(&milliseconds, span.begin, span.end), "an event")
            sums[span.name, default: (0, 0)].seconds += Double(milliseconds) / 1000
            sums[span.name, default: (0, 0)].launches += 1
        }
        return sums.map { Row(name: $0.key, seconds: $0.value.seconds, launches: $0.value.launches) }
            .sorted { ($0.seconds, $1.name) > ($1.seconds, $0.name) }
    }
}
