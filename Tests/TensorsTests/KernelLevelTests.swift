import CKernels
import Foundation
import Testing

@Suite struct KernelLevelTests {
    /// Or a run of the tests that asks for AVX2 would test AVX-512 once more.
    @Test func aBuildForAVX2HasNoAVX512() {
        guard ProcessInfo.processInfo.environment["YOSO_KERNELS"] == "AVX2" else { return }
        #expect(String(cString: ck_level()) == "AVX2")
        #expect(ck_has_bf16() == 0)
    }

    @Test func aBuildWithEmulatedTilesUsesThem() {
        guard ProcessInfo.processInfo.environment["YOSO_KERNELS"] == "EmulatedAMX" else { return }
        #expect(String(cString: ck_bf16_kernel()) == (ck_has_bf16() == 1 ? "EmulatedAMX" : "none"))
    }
}
