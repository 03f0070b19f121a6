import Testing

@testable import Console

@Suite struct VisibleTextTests {
    /// A message may quote a whole file.
    @Test func whatIsLongBeyondReadingIsCut() {
        let text = String(repeating: "a", count: 5 << 20) + "z"
        let cut = "bad: \(text)\nnext".shortened.split(separator: "\n")
        #expect(cut.count == 2 && cut[1] == "next")
        #expect(cut[0].count < 1000 && cut[0].hasPrefix("bad: aaa") && cut[0].hasSuffix("aaz (5242886 bytes)"))
        let whole = String(repeating: "b", count: 1000)
        #expect(whole.shortened == whole && "\n\n".shortened == "\n\n")
    }
}

@Suite struct StatusLineTests {
    private let text = "step 1,234/28,000  loss 3.210  masked 42.0%  left 1:04:09  14.1k tokens/s  74% of peak"

    @Test(arguments: [
        (200, "step 1,234/28,000  loss 3.210  masked 42.0%  left 1:04:09  14.1k tokens/s  74% of peak"),
        (80, "step 1,234/28,000  loss 3.210  masked 42.0%  left 1:04:09  14.1k tokens/s"),
        (31, "step 1,234/28,000  loss 3.210"), (30, "step 1,234/28,000  loss 3.210"), (29, "step 1,234/28,000"),
        (10, "step 1,23"), (1, ""), (0, ""),
    ]) func whatHasNoRoomIsLeftOut(columns: Int, fitted: String) {
        #expect(StatusLine.fitted(text, columns: columns) == fitted)
    }
}
