import CCuda
import Tensors

/// What this machine has for a GPU to compute, for the eye.
public enum CudaFacts {
    /// A line for each fact, or for what is missing and what brings it; one where there is no GPU.
    public static var rows: [(name: String, value: String)] {
        let driver: CudaDriver
        do throws(CudaError) { driver = try CudaDriver() } catch {
            return [("GPU", error.isAbsence ? "none; the CPU computes" : "\(error)")]
        }
        let card =
            "\(driver.name), compute capability \(driver.capability.0).\(driver.capability.1), "
            + "\(driver.multiprocessors) multiprocessors"
        // One library's absence does not hide the other's.
        let compiler = Result<Compiler, CudaError> { () throws(CudaError) in
            try Compiler(driver.capability, driver: driver.number)
        }
        let products = Result<Int, CudaError> { () throws(CudaError) in
            try Library.products.open(driver: driver.number)
            return cc_cublasLtGetVersion()
        }
        let rows = [
            ("CUDA", "\(driver.version), \(Library.driver.path)"),
            ("NVRTC", text(compiler) { "\($0.version), \(Library.compiler.path)" }),
            ("cublasLt", text(products) { "\($0 / 10000).\($0 / 100 % 100).\($0 % 100), \(Library.products.path)" }),
        ]
        guard case .success = compiler, case .success = products else { return [("GPU", card)] + rows }
        do throws(CudaError) {
            let device = try CudaDevice()
            let memory = "\(device.spareMemory >> 20) of \(device.memory >> 20) MiB free"
            return [("GPU", "\(card), \(memory)")] + rows
                + [("GPU peak", peak(device))]
        } catch { return [("GPU", "\(card); \(error)")] + rows }
    }

    private static func text<Value>(_ result: Result<Value, CudaError>, _ text: (Value) -> String) -> String {
        switch result {
        case .success(let value): text(value)
        case .failure(let error): "\(error)"
        }
    }

    private static func peak(_ device: CudaDevice) -> String {
        let peaks = [("fp32", Element.float32), ("bf16", .bfloat16)].map { ($0, device.measuredPeak($1)) }
        let measured = peaks.compactMap { name, peak in
            peak.map { peak -> String in
                let tenths = Int((peak * 1e-11).rounded())
                return "\(name) " + (tenths < 1000 ? "\(tenths / 10).\(tenths % 10)" : "\(tenths / 10)")
            }
        }
        let known = measured.isEmpty ? "" : measured.joined(separator: ", ") + " TFLOP/s"
        return measured.count == peaks.count
            ? known : (known.isEmpty ? "" : known + "; the other ") + "unknown, for its memory is taken"
    }
}
