import Cuda

extension ModelWeights {
    /// What computes, down to what the last bits of a result depend on.
    var arithmetic: String { machine?.device.arithmetic ?? RunIdentity.arithmetic }

    /// What computes, at its best.
    public var measuredPeak: PeakSpeed {
        machine.map { PeakSpeed(operations: $0.measuredPeak()) } ?? PeakSpeed.measure(workers, precision)
    }
}
