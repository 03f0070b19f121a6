import CKernels
import Foundation
import Testing

@Suite struct KernelLevelTests {
    private static let chosen = ProcessInfo.processInfo.environment["YOSO_KERNELS"]

    /// Or a run of the tests that asks for a level would test AVX-512 once more.
    @Test(.enabled(if: ["AVX2", "baseline"].contains(chosen), "not built with YOSO_KERNELS=AVX2 or baseline"))
    func aBuildForALevelHasNoneAboveIt() {
        #expect(String(cString: ck_level()) == Self.chosen)
        #expect(ck_has_bf16() == 0)
    }

    @Test(
        .enabled(
            if: ["EmulatedAMX", "AVX512-BF16", "AVX512-FMA"].contains(chosen), "YOSO_KERNELS names no kernel of bf16"))
    func theKernelOfBf16IsTheOneAskedFor() {
        #expect(String(cString: ck_bf16_kernel()) == (ck_has_bf16() == 1 ? Self.chosen : "none"))
    }
}
