import Foundation
import Options
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

@Suite struct ShellCommandTests {
    /// Whatever a folder is called, the shell reads the word that it was.
    @Test(arguments: [
        "Checkpoints/a-b_1.5", "two words", "it's", "", "a\nb\t'\\", "$HOME `x` \"y\"", "\u{202E}rtl é", "größe/*",
        "a'\u{301} ; echo x; '",
    ])
    func wordsAreWhatTheShellReads(word: String) throws {
        let (shell, output) = (Process(), Pipe())
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        let command: ShellCommand = "printf %s. \(word)"
        shell.arguments = ["-c", command.description]
        shell.standardOutput = output
        try shell.run()
        let read = try output.fileHandleForReading.readToEnd() ?? Data()
        shell.waitUntilExit()
        #expect(String(decoding: read, as: UTF8.self).utf8.elementsEqual("\(word).".utf8), "\(command)")
        #expect(command.description.visible == command.description)
        #expect(!command.description.contains("\n"))
    }

    @Test func plainWordsStandAsTheyAre() {
        let part: ShellCommand = " --data \("text/a.txt")"
        let command: ShellCommand = "yoso pretrain mini --vocabulary \("Vocab/ü 1")\(part)"
        #expect(command.description == "yoso pretrain mini --vocabulary 'Vocab/ü 1' --data text/a.txt")
    }
}

@Suite struct TerminalColumnsTests {
    @Test func wideLettersTakeTwoColumns() {
        #expect("abc".terminalColumns == 3 && "größe".terminalColumns == 5 && "言葉".terminalColumns == 4)
        #expect("e\u{301}".terminalColumns == 1 && "한글 x".terminalColumns == 6 && "🙂".terminalColumns == 2)
        #expect("言葉x".prefix(columns: 3) == "言" && "言葉x".prefix(columns: 5) == "言葉x" && "言".prefix(columns: 1) == "")
        #expect("a\n\tb\u{202E}".onOneLine == "a<U+000A><U+0009>b<U+202E>")
        #expect(StatusLine.fitted("言葉言葉  x", columns: 9) == "言葉言葉" && StatusLine.fitted("言葉", columns: 4) == "言")
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
