import CCrypto
import CKernels
import CLzma
import CPng
import CZip
import CZlib
import Console
import Cuda
import Foundation
import Tensors
import Training

/// What this machine has, for the eye.
public enum MachineFacts {
    /// A line for each fact, and what a user may want to change.
    public static var lines: [String] {
        rows.map { name, value in name.padding(toLength: 15, withPad: " ", startingAt: 0) + value }
            + (OpenBLASChoice.note.map { ["note: \($0)"] } ?? [])
    }

    /// The CPU, kernels, speeds and libraries; what is not known is left out.
    private static var rows: [(name: String, value: String)] {
        let workers = Workers()
        let rows: [(name: String, value: String)] =
            [
                ("CPU", cpuName),
                ("cores", cores),
                ("memory", Show.bytes(Int(ProcessInfo.processInfo.physicalMemory))),
                ("kernels", String(cString: ck_level())),
                ("bf16 kernel", bf16Kernel),
                ("OpenBLAS", "\(OpenBLASChoice.core), \(OpenBLAS.version)"),
                ("fp32 peak", peak(.fp32, workers)),
                ("bf16 peak", peak(.bf16, workers)),
            ] + CudaFacts.rows + [
                ("libraries", libraries),
                ("disk", freeDisk),
            ]
        return rows.filter { !$0.value.isEmpty }
    }

    /// The CPU and the core of OpenBLAS, which every figure names.
    public static var title: String { "\(cpuName), \(OpenBLASChoice.title)" }

    private static var bf16Kernel: String {
        guard Precision.bf16.isAvailable else { return "" }
        return String(cString: ck_bf16_kernel())
            + (ck_amx() < 0 ? "; the system refuses AMX" : "")
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
        let (available, all) = (Cores.available, Cores.count)
        let number = String(format: available == available.rounded() ? "%.0f" : "%.1f", available)
        return available < Double(all) ? "\(number) of \(all), by the limits of this process" : number
    }

    public static var cpuName: String {
        cpuName(of: (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "")
    }

    /// What `/proc/cpuinfo` calls the CPU: of Arm, which has no name there, its maker's number and the part's.
    static func cpuName(of info: String) -> String {
        func value(_ key: String) -> String? {
            let line = info.split(separator: "\n").first { $0.hasPrefix(key) }
            return line?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces)
        }
        if let name = value("model name") { return name }
        guard let maker = value("CPU implementer"), let part = value("CPU part") else { return "unknown" }
        return "Arm, implementer \(maker), part \(part)"
    }

    /// As the loaded libraries tell; SentencePiece tells no version.
    private static var libraries: String {
        let versions: KeyValuePairs = [
            "OpenSSL": OpenSSL_version(OPENSSL_VERSION_STRING), "zlib": zlibVersion(),
            "liblzma": lzma_version_string(), "libzip": zip_libzip_version(), "libpng": png_get_libpng_ver(nil),
        ]
        return
            (versions.map { name, version in "\(name) \(version.map { String(cString: $0) } ?? "unknown")" }
            + ["SentencePiece"]).joined(separator: ", ")
    }

    private static var freeDisk: String {
        DiskSpace.free(at: URL(fileURLWithPath: ".")).map { "\(Show.bytes($0)) free" } ?? "unknown"
    }
}
