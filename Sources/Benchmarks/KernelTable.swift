import Cuda
import Foundation

/// A GPU's time of a step by kernel, those of the most time first.
struct KernelTable {
    private let rows: [KernelTimes.Row]
    private let steps: Int

    /// - Parameter steps: how many `rows` are of.
    init(_ rows: [KernelTimes.Row], ofSteps steps: Int) { (self.rows, self.steps) = (rows, steps) }

    var lines: [String] {
        rows.prefix(24).map { row in
            String(format: "%9.3f ms %5d x  ", row.seconds * 1000 / Double(steps), row.launches / steps) + row.name
        }
    }
}

extension CudaDevice {
    /// Before what is timed: launches are recorded in the first of them.
    static let warmUpSteps = 5

    /// Where the time of what `body` has launched goes.
    func kernelTimes(of body: () -> Void) -> [KernelTimes.Row] {
        timeKernels(true)
        defer { timeKernels(false) }
        body()
        return kernelTimes?.rows ?? []
    }
}
