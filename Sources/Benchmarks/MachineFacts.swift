import CKernels
import Console
import Foundation
import Tensors
import Training

/// What this machine has, for the eye.
public enum MachineFacts {
    /// The CPU, kernels, speeds and libraries; what is not known is left out.
    public static var rows: [(name: String, value: String)] {
        OpenBLAS.useOneThread()
        let workers = Workers()
        return [
            ("CPU", cpuName),
            ("cores", cores),
            ("memory", Show.bytes(Int(ProcessInfo.processInfo.physicalMemory))),
            ("kernels", String(cString: ck_level())),
            ("OpenBLAS", "\(OpenBLAS.coreName) core, \(OpenBLAS.version)"),
            ("fp32 peak", peak(.fp32, workers)),
            ("bf16 peak", peak(.bf16, workers)),
            ("libraries", libraries),
            ("disk", freeDisk),
        ].filter { !$0.1.isEmpty }
    }

    /// The CPU and the core of OpenBLAS, which every figure names.
    public static var title: String { "\(cpuName), OpenBLAS \(OpenBLAS.coreName) core" }

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

    public static var cpuName: String {
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
