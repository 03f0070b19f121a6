import CKernels
import Foundation

/// The instructions of the kernels. Built with `YOSO_KERNELS` as AVX2 or baseline, a program has no others; as it runs, AVX-512 keeps
/// it from AMX, AVX512-BF16 and AVX512-FMA say besides which of two multiplies bf16 numbers to the same bits, and EmulatedAMX gives
/// the bits of AMX by AVX-512.
public enum KernelLevel {
    /// - Throws: `Wrong` where the environment names others than this program has here.
    public static func check() throws {
        let (wanted, built) = (ProcessInfo.processInfo.environment["YOSO_KERNELS"] ?? "", String(cString: ck_level()))
        // Last, since which kernel multiplies bf16 numbers may have to be measured.
        guard wanted.isEmpty || wanted == built || wanted == String(cString: ck_bf16_kernel()) else {
            throw Wrong(wanted: wanted, built: built)
        }
    }

    public struct Wrong: Error, CustomStringConvertible {
        let wanted, built: String

        public var description: String {
            let reason =
                switch wanted {
                case "AMX": "this CPU has none, or its system does not let programs use it; unset it"
                case "EmulatedAMX", "AVX512-BF16", "AVX512-FMA": "this CPU or this program has no AVX512-BF16; unset it"
                default: "this program was built with kernels for \(built); unset it, or build again with it"
                }
            return "YOSO_KERNELS is '\(wanted)', but \(reason)"
        }
    }
}
