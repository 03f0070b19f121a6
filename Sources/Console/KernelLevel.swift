import CKernels
import Foundation

/// The instructions that the kernels were built for; `YOSO_KERNELS` chooses them when the program is built, not when it runs.
public enum KernelLevel {
    /// - Throws: `Wrong` where the environment names others than this program has.
    public static func check() throws {
        let (wanted, built) = (ProcessInfo.processInfo.environment["YOSO_KERNELS"] ?? "", String(cString: ck_level()))
        guard wanted.isEmpty || wanted == built else { throw Wrong(wanted: wanted, built: built) }
    }

    public struct Wrong: Error, CustomStringConvertible {
        let wanted, built: String

        public var description: String {
            "YOSO_KERNELS is '\(wanted)', but this program was built with kernels for \(built); unset it, or build again with it"
        }
    }
}
