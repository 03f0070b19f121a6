import Cuda

extension ModelWeights {
    /// Whether a GPU computes with them.
    public var isOnDevice: Bool { machine != nil }

    /// What computes, down to what the last bits of a result depend on: kernels, and behind them the program.
    var arithmetic: String {
        let kernels =
            machine.map { machine in
                machine.device.arithmetic + (machine.passTokens.map { ", \($0) deviceTokens" } ?? "")
            } ?? RunIdentity.arithmetic(precision)
        return ProgramBuild.computing(by: kernels)
    }

    /// What is said where another rank or the GPU is gone: from where the work goes on.
    func remember(_ wayOn: String) {
        ranks.remember(wayOn)
        machine?.device.wayOn = wayOn
    }

    /// What computes, at its best.
    public var measuredPeak: PeakSpeed {
        guard let machine else { return PeakSpeed.measure(workers, precision) }
        let peak = machine.measuredPeak()
        return PeakSpeed(operations: peak ?? 0, isBusy: peak == nil)
    }
}
