import CCuda
import Foundation

/// The three libraries of CUDA that this room calls, wherever this machine has them.
public enum Library: Int32, CaseIterable, Sendable {
    case driver, compiler, products

    /// As the loader knows it, newest first, of what a driver of that `number` runs.
    private func names(_ number: Int) -> [String] {
        let name = self == .compiler ? "libnvrtc" : "libcublasLt"
        return self == .driver ? ["libcuda.so.1"] : [13, 12].filter { $0 * 1000 <= number }.map { "\(name).so.\($0)" }
    }

    /// What brings it.
    func remedy(_ number: Int) -> String {
        let suffix = number < 13000 ? "-cu12" : ""
        return switch self {
        case .driver: "install NVIDIA's driver, 525 or newer"
        case .compiler: "pip install nvidia-cuda-nvrtc\(suffix), or install CUDA's toolkit"
        case .products: "pip install nvidia-cublas\(suffix), or install CUDA's toolkit"
        }
    }

    /// The file that was opened; empty before.
    public var path: String { String(cString: cc_path(rawValue)) }

    /// Opens it: in the folder that YOSO_CUDA names and nowhere else, or by the loader, in CUDA's own folders and where pip puts it.
    ///
    /// - Parameter number: of the driver, as of `CudaDriver`.
    func open(driver number: Int = 0) throws(CudaError) {
        let names = names(number)
        let places = Self.folders.flatMap { folder in names.map { folder.isEmpty ? $0 : "\(folder)/\($0)" } }
        var reasons: [String] = []
        for place in places where !place.hasPrefix("/") || FileManager.default.fileExists(atPath: place) {
            // NVRTC looks for its other half by name alone, in vain where pip has put both.
            if self == .compiler, place.hasPrefix("/") { Self.openBuiltins(beside: place) }
            guard let reason = cc_open(rawValue, place) else { return }
            reasons.append(String(cString: reason))
        }
        // Of the loader's reasons all but the last may be that a file is not there.
        let reason = reasons.last { !$0.contains("No such file") } ?? "no such file"
        let place = Self.named.map { " in YOSO_CUDA=\($0)" } ?? ""
        throw CudaError(
            "no \(names[0])\(place) (\(reason)); \(remedy(number))",
            isAbsence: self == .driver && Self.named == nil && reason == "no such file")
    }

    /// An empty name is none, and not the folder that the process is in.
    private static var named: String? {
        ProcessInfo.processInfo.environment["YOSO_CUDA"].flatMap { $0.isEmpty ? nil : $0 }
    }

    private static var folders: [String] {
        // Absolute: NVRTC's other half is looked for beside it.
        if let named { return [URL(fileURLWithPath: named).path] }
        let environment = ProcessInfo.processInfo.environment
        var folders = ["", "/usr/local/nvidia/lib64"]
        folders += ["/usr/local"].flatMap { root in
            children(of: root).filter { $0.hasPrefix("cuda") }.sorted(by: >)
                .flatMap { ["\(root)/\($0)/lib64", "\(root)/\($0)/targets/x86_64-linux/lib"] }
        }
        let roots =
            [
                environment["VIRTUAL_ENV"], environment["CONDA_PREFIX"], environment["HOME"].map { "\($0)/.local" },
                "/usr/local", "/usr",
            ]
            .compactMap { $0 }
        for root in roots {
            for python in children(of: "\(root)/lib").filter({ $0.hasPrefix("python3") }) {
                for packages in ["site-packages", "dist-packages"] {
                    let nvidia = "\(root)/lib/\(python)/\(packages)/nvidia"
                    folders += children(of: nvidia).map { "\(nvidia)/\($0)/lib" }
                }
            }
        }
        return folders
    }

    private static func children(of folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted(by: >)
    }

    private static func openBuiltins(beside path: String) {
        let folder = (path as NSString).deletingLastPathComponent
        for name in children(of: folder) where name.hasPrefix("libnvrtc-builtins.so") {
            _ = cc_open_beside("\(folder)/\(name)")
        }
    }
}
