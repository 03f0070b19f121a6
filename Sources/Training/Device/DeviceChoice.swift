import Cuda

/// What computes: the CPU, the first GPU, or that where there is one that can be used.
public enum DeviceChoice: String, Sendable, Codable, CaseIterable {
    case cpu, cuda, auto

    /// The GPU that is meant; nil for the CPU.
    ///
    /// - Throws: `CudaError` where it is asked for and cannot be used.
    public func open() throws(CudaError) -> CudaDevice? {
        switch self {
        case .cpu: nil
        case .cuda: try Self.shared.get()
        case .auto: try? Self.shared.get()
        }
    }

    /// Why a GPU that seems to be there cannot be used; nil where there is none, or it can.
    static var hindrance: CudaError? {
        guard case .failure(let error) = shared, !error.isAbsence else { return nil }
        return error
    }

    /// This process's, opened once.
    private static let shared: Result<CudaDevice, CudaError> = {
        do throws(CudaError) { return .success(try CudaDevice()) } catch { return .failure(error) }
    }()
}
