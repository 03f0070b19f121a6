import ArgumentParser
import CKernels
import Console
import Foundation
import Tensors
import Training

/// `yoso doctor`: what this machine has.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the CPU, the BLAS, the precision available, and library versions.")

    func run() throws {
        OpenBLAS.useOneThread()
        let workers = Workers()
        let rows: [(String, String)] = [
            ("CPU", Self.cpuName),
            ("cores", Self.cores),
            ("memory", Show.bytes(Int(ProcessInfo.processInfo.physicalMemory))),
            ("kernels", String(cString: ck_level())),
            ("OpenBLAS", "\(OpenBLAS.coreName) core, \(OpenBLAS.version)"),
            ("fp32 peak", Self.peak(.fp32, workers)),
            ("bf16 peak", Self.peak(.bf16, workers)),
            ("libraries", Self.libraries),
            ("disk", Self.freeDisk),
        ]
        for (name, value) in rows where !value.isEmpty {
            Terminal.line(name.padding(toLength: 15, withPad: " ", startingAt: 0) + value)
        }
        if let pin = OpenBLASPin.current { Terminal.line("note: \(pin)") }
        Terminal.next("yoso demo")
    }

    private static func peak(_ precision: Precision, _ workers: Workers) -> String {
        guard precision.isAvailable else { return "the CPU has no AVX512-BF16" }
        let peak = PeakSpeed.measure(workers, precision)
        return String(
            format: peak.isBusy
                ? "unknown, at least %.0f GFLOP/s on %d threads while others use them" : "%.0f GFLOP/s on %d threads",
            peak.operations * 1e-9, workers.threads)
    }

    /// Those that this process may use, of how many.
    private static var cores: String {
        let (available, all) = (Cores.available, ProcessInfo.processInfo.processorCount)
        let number = String(format: available == available.rounded() ? "%.0f" : "%.1f", available)
        return available < Double(all) ? "\(number) of \(all), by the limits of this process" : number
    }

    static var cpuName: String {
        let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = info.split(separator: "\n").first { $0.hasPrefix("model name") }
        let name = line?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces)
        return name ?? "unknown"
    }

    /// SentencePiece cannot be asked for its version, so pkg-config, which building needs anyway, tells all of them; nothing
    /// where it is not there.
    private static var libraries: String {
        let libraries: KeyValuePairs = [
            "SentencePiece": "sentencepiece", "OpenSSL": "libcrypto", "zlib": "zlib", "liblzma": "liblzma",
            "libzip": "libzip",
        ]
        return libraries.compactMap { name, package in
            let tool = Process()
            let output = Pipe()
            tool.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            tool.arguments = ["pkg-config", "--modversion", package]
            (tool.standardOutput, tool.standardError) = (output, FileHandle.nullDevice)
            guard (try? tool.run()) != nil else { return nil }
            let version = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            tool.waitUntilExit()
            return version.isEmpty ? nil : "\(name) \(version.trimmingCharacters(in: .newlines))"
        }.joined(separator: ", ")
    }

    private static var freeDisk: String {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: ".")
        let free = (attributes?[.systemFreeSize] as? NSNumber)?.intValue
        return free.map { "\(Show.bytes($0)) free" } ?? "unknown"
    }
}

/// A user's choice of OpenBLAS kernels by environment: respected, and said once.
enum OpenBLASPin {
    static var current: String? {
        let environment = ProcessInfo.processInfo.environment
        let pins = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"].compactMap { name in
            environment[name].map { "\(name)=\($0)" }
        }
        guard !pins.isEmpty else { return nil }
        return "OpenBLAS is pinned by \(pins.joined(separator: " ")); unset it to let OpenBLAS choose for this CPU"
    }
}
