import Foundation
import Testing

/// The program where OpenBLAS takes the CPU for an old one, as it does with those that are younger than itself.
@Suite struct OpenBLASChoiceTests {
    /// A tool, and the beginning of a line of the shell in which OpenBLAS chooses Prescott unless it is told otherwise.
    private func onUnknownCPU() throws -> (tool: CommandLineTool, prefix: String) {
        let tool = try CommandLineTool()
        try tool.write(
            """
            #include <stdlib.h>
            static const char *core;
            __attribute__((constructor)) static void look(void) {
                core = getenv("OPENBLAS_CORETYPE");
                core = core ? core : "Prescott";
            }
            const char *openblas_get_corename(void) { return core; }
            """, to: "unknown.c")
        let built = try tool.shell("clang -shared -fPIC -o unknown.so unknown.c")
        try #require(built.code == 0, "\(built.error)")
        return (tool, "unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE; export LD_PRELOAD=$PWD/unknown.so; ")
    }

    @Test func theProcessBeginsAgainWithABetterCore() throws {
        let (tool, prefix) = try onUnknownCPU()
        let doctor = try tool.shell(prefix + "yoso doctor")
        let level = doctor.output.split(separator: "\n").first { $0.hasPrefix("kernels") }?.split(separator: " ").last
        #expect(doctor.code == 0, "\(doctor.error)")
        guard let core = ["AVX-512": "SkylakeX", "AVX2": "Haswell"][try #require(level, "\(doctor.output)")] else {
            return #expect(level == "baseline")
        }
        #expect(doctor.output.contains("\nOpenBLAS       \(core) core in the place of Prescott, "), "\(doctor.output)")
        #expect(!doctor.output.contains("note: "), "\(doctor.output)")
        // The first line of a run, and what verify-resume runs, which choose for themselves.
        try tool.writeText()
        let run = try tool.shell(prefix + "yoso " + tool.pretraining(steps: 2).map { "'\($0)'" }.joined(separator: " "))
        #expect(
            run.code == 0 && run.output.contains("run: OpenBLAS \(core) core in the place of Prescott\n"),
            "\(run.error)")
    }

    @Test func exitCodesAndSignalsAreAsEver() throws {
        let (tool, prefix) = try onUnknownCPU()
        let wrong = try tool.shell(prefix + "yoso pretain")
        #expect(wrong.code == 64 && wrong.error.hasPrefix("Error: unknown command 'pretain'"))
        #expect(try tool.shell(prefix + "yoso explain nothing").code == 1)
        try tool.writeText()
        let arguments = [
            "-u", "OPENBLAS_CORETYPE", "-u", "OPENBLAS_L2_SIZE", "LD_PRELOAD=\(tool.file("unknown.so").path)",
            try CommandLineTool.executable().path,
        ]
        let (process, output, _) = try tool.start(
            arguments + tool.pretraining(steps: 100_000), executable: URL(fileURLWithPath: "/usr/bin/env"))
        while process.isRunning, !tool.exists("run/step-000005") { usleep(5000) }
        kill(process.processIdentifier, SIGTERM)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 130)
        #expect(try String(contentsOf: output, encoding: .utf8).contains("in the place of Prescott"))
    }

    @Test func aPinIsRespected() throws {
        let (tool, prefix) = try onUnknownCPU()
        let pinned = try tool.shell(prefix + "OPENBLAS_CORETYPE=Nehalem yoso doctor")
        #expect(pinned.output.contains("\nOpenBLAS       Nehalem core, "), "\(pinned.output)")
        #expect(pinned.output.contains("note: OpenBLAS is pinned by OPENBLAS_CORETYPE=Nehalem; unset it"))
    }

    /// As Debian's 0.3.34 has it for a CPU of Arm with SME: nothing is computed.
    @Test func aLibraryThatMultipliesWronglyIsRefused() throws {
        let tool = try CommandLineTool()
        try tool.write("void cblas_sgemm(void) {}", to: "wrong.c")
        let built = try tool.shell("clang -shared -fPIC -Wno-incompatible-library-redeclaration -o wrong.so wrong.c")
        try #require(built.code == 0, "\(built.error)")
        try tool.writeText()
        // An optimised program multiplies by its own kernels where the CPU has AVX-512, but for the small products of such an attention.
        let words = tool.pretraining(steps: 1) + ["--set", "model.attention=linear"]
        let run = try tool.shell(
            "export LD_PRELOAD=$PWD/wrong.so; yoso \(words.map { "'\($0)'" }.joined(separator: " "))")
        #expect(run.code == 1)
        let doctor = try tool.shell("export LD_PRELOAD=$PWD/wrong.so; yoso doctor")
        #expect((doctor.output + doctor.error).contains(" multiplies wrongly with its "), "\(doctor.output)")
        let line = run.error.split(separator: "\n").last ?? ""
        #expect(line.hasPrefix("Error: OpenBLAS ") && line.contains(" multiplies wrongly with its "), "\(run.error)")
        #expect(line.hasSuffix(" core; name another by OPENBLAS_CORETYPE, or install another version"), "\(run.error)")
    }
}
