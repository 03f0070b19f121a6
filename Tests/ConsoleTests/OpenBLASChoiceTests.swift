import Testing

@testable import Console

@Suite struct OpenBLASChoiceTests {
    @Test(arguments: [
        ("Prescott", "AVX-512", "SkylakeX"), ("Nehalem", "AVX-512", "SkylakeX"), ("Haswell", "AVX-512", "SkylakeX"),
        ("Zen", "AVX-512", "SkylakeX"), ("Prescott", "AVX2", "Haswell"), ("Sandybridge", "AVX2", "Haswell"),
        ("SkylakeX", "AVX-512", nil), ("Cooperlake", "AVX-512", nil), ("SapphireRapids", "AVX-512", nil),
        ("Haswell", "AVX2", nil), ("Zen", "AVX2", nil), ("Cooperlake", "AVX2", nil),
        ("Prescott", "baseline", nil), ("NEOVERSEN1", "baseline", nil), ("of the future", "AVX-512", nil),
    ])
    func coresOlderThanTheCPUAreReplaced(core: String, level: String, better: String?) {
        func replacement(pin: String?, isReplaced: Bool) -> String? {
            OpenBLASChoice.replacement(of: core, level: level, pin: pin, isReplaced: isReplaced)
        }
        #expect(replacement(pin: nil, isReplaced: false) == better)
        #expect(replacement(pin: core, isReplaced: false) == nil)
        #expect(replacement(pin: nil, isReplaced: true) == nil)
        func note(pin: String?, isReplaced: Bool) -> String? {
            OpenBLASChoice.note(core: core, level: level, pin: pin, cachePin: nil, isReplaced: isReplaced)
        }
        #expect(note(pin: nil, isReplaced: false) == nil)
        // A pin is respected; whether it is advised against depends on what it gives.
        #expect(
            note(pin: core, isReplaced: false)?.hasSuffix("unset it to let OpenBLAS choose for this CPU")
                == (better != nil))
        // Where OpenBLAS did not take what it was told to.
        #expect((note(pin: nil, isReplaced: true) != nil) == (better != nil))
    }

    @Test func onlyWhatSlowsThisCPUIsAdvisedAgainst() {
        func note(_ core: String, pin: String?, cachePin: String?) -> String? {
            OpenBLASChoice.note(core: core, level: "AVX-512", pin: pin, cachePin: cachePin, isReplaced: false)
        }
        let advice = "; unset it to let OpenBLAS choose for this CPU"
        #expect(note("SkylakeX", pin: "SkylakeX", cachePin: nil) == "OpenBLAS is pinned by OPENBLAS_CORETYPE=SkylakeX")
        #expect(
            note("SkylakeX", pin: "SkylakeX", cachePin: "512")
                == "OpenBLAS is pinned by OPENBLAS_L2_SIZE=512" + advice)
        #expect(
            note("Haswell", pin: "Haswell", cachePin: "512")
                == "OpenBLAS is pinned by OPENBLAS_CORETYPE=Haswell OPENBLAS_L2_SIZE=512" + advice)
    }

    /// An empty name, and one that OpenBLAS does not know, leave the choice to it.
    @Test func aCoreThatOpenBLASDoesNotTakeIsNoPin() {
        #expect(OpenBLASChoice.pin("skylakex", core: "SkylakeX") == "skylakex")
        #expect(OpenBLASChoice.pin("", core: "Prescott") == nil && OpenBLASChoice.pin(nil, core: "Prescott") == nil)
        #expect(OpenBLASChoice.pin("Nonsense", core: "Prescott") == nil)
        #expect(OpenBLASChoice.pin("Banias", core: "Prescott") == "Banias")
    }
}
