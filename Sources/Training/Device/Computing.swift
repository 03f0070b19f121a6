import Bert
import Communication
import Cuda
import Tensors

/// What computes: a GPU, or the CPU.
public struct Computing {
    /// Nil for the CPU.
    public let device: CudaDevice?
    /// Why the GPU that is there does not, where it would have been chosen.
    public let note: String?

    /// - Parameter problem: what no GPU computes of what is to be done.
    /// - Throws: `TrainingError.device` where a GPU is asked for and cannot be used, or not for that, and `.mismatch` where the CPU
    ///   that is left has no such `precision`.
    public init(
        _ choice: DeviceChoice?, _ precision: Precision, unless problem: DeviceProblem?,
        ranks: any Communicator = Ranks.all
    ) throws {
        let choice = choice ?? .cpu
        let problem = ranks.size > 1 ? "a GPU takes one process, and these are \(ranks.size)" : problem?.text
        if choice == .cuda, let problem { throw TrainingError.device(problem) }
        let found: CudaDevice?
        do throws(CudaError) { found = try ranks.isFirst ? choice.open() : nil } catch {
            throw TrainingError.device("no GPU can be used: \(error)")
        }
        device = problem == nil ? found : nil
        let hindrance = choice == .auto && problem == nil && ranks.isFirst ? DeviceChoice.hindrance : nil
        note =
            hindrance.map { "the CPU computes: \($0)" }
            ?? problem.flatMap { problem in found.map { "the CPU computes, not \($0.name): \(problem)" } }
        guard device != nil || precision.isAvailable else {
            throw TrainingError.mismatch(
                "precision is \(precision.rawValue), but this CPU has no AVX512-BF16; wanted fp32")
        }
    }

    /// Of a run.
    public init(_ options: some TrainingOptions, _ encoder: EncoderOptions, _ objective: DeviceProblem? = nil) throws {
        try self.init(
            options.device, options.precision, unless: options.problemsOnDevice(encoder, objective).first)
    }

    /// How what it computes is cut.
    public func cut(_ options: some TrainingOptions) -> BatchCut { device == nil ? options.cut : options.deviceCut }
}
