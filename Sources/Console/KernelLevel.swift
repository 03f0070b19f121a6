import CKernels
import Foundation

/// The instructions of the kernels; `YOSO_KERNELS` chooses them when the program is built. When it runs, AVX-512 holds it to
/// that where it would use AMX.
public enum KernelLevel {
    /// - Throws: `Wrong` where the environment names others than this program has.
    public static func check() throws {
        let (wanted, built) = (ProcessInfo.processInfo.environment["YOSO_KERNELS"] ?? "", String(cString: ck_level()))
        guard ["", built, String(cString: ck_bf16_kernel())].contains(wanted) else {
            throw Wrong(wanted: wanted, built: built)
        }
    }

    public struct Wrong: Error, CustomStringConvertible {
        let wanted, built: String

        public var description: String {
            wanted == "AMX"
                ? "YOSO_KERNELS is 'AMX', but this CPU has none, or its system does not let programs use it; unset it"
                : "YOSO_KERNELS is '\(wanted)', but this program was built with kernels for \(built); unset it, or build again with it"
        }
    }
}
