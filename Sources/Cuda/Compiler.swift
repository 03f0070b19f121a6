import CCuda
import Digests
import Foundation

/// A kernel, ready to be launched.
struct Function {
    let name: String
    let handle: Handle
}

/// Kernels of one text, for this GPU.
final class Program {
    private let module: Handle
    private unowned let device: CudaDevice

    init(_ image: Data, on device: CudaDevice) throws(CudaError) {
        var module: Handle = nil
        let result = image.withUnsafeBytes { bytes in
            bytes.baseAddress.map { cc_cuModuleLoadData(&module, $0) } ?? -1
        }
        guard result == 0 else { throw CudaError("\(device.name) takes no kernels: \(CudaDevice.errorName(result))") }
        (self.module, self.device) = (module, device)
    }

    /// - Parameter shared: bytes of shared memory that a block takes at the most, where that is more than 48 KB.
    func function(_ name: String, shared: Int = 0) -> Function {
        var function: Handle = nil
        device.check(cc_cuModuleGetFunction(&function, module, name), "kernel \(name)")
        // CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
        if shared > 48 << 10 {
            device.check(cc_cuFuncSetAttribute(function, 8, Int32(shared)), "shared memory of \(name)")
        }
        return Function(name: name, handle: function)
    }
}

/// Makes programs of text by NVRTC, and keeps them: a program that was made once loads in a millisecond.
final class Compiler {
    let version: String
    private let architecture: String
    private let driver: Int

    /// - Parameter number: of the driver, as of `CudaDriver`.
    init(_ capability: (Int, Int), driver number: Int) throws(CudaError) {
        try Library.compiler.open(driver: number)
        driver = number
        var (major, minor) = (Int32(0), Int32(0))
        _ = cc_nvrtcVersion(&major, &minor)
        version = "\(major).\(minor)"
        architecture = "sm_\(capability.0)\(capability.1)" + (capability.0 >= 9 ? "a" : "")
    }

    /// The image of `text`, kept under the digest of all that it depends on. A kept one that does not load is made anew.
    func program(_ text: String, _ definitions: [String], on device: CudaDevice) throws(CudaError) -> Program {
        let options = ["--gpu-architecture=\(architecture)", "--std=c++17"] + definitions.map { "-D\($0)" }
        let digest = SHA256.hexadecimal(of: Data((options + ["NVRTC \(version)", text]).joined(separator: "\n").utf8))
        let kept = Self.folder?.appendingPathComponent("\(digest).cubin")
        if let kept, let image = Self.image(at: kept, digest), let program = try? Program(image, on: device) {
            return program
        }
        let image = try compile(text, options)
        if let kept {
            // A home that cannot be written costs a second at every start, and nothing else.
            try? FileManager.default.createDirectory(
                at: kept.deletingLastPathComponent(), withIntermediateDirectories: true)
            try? (image + Self.checksum(image, digest)).write(to: kept, options: .atomic)
        }
        return try Program(image, on: device)
    }

    /// What was kept as `digest`; nil where it is damaged or another's, for the driver is told no length of what it reads.
    private static func image(at url: URL, _ digest: String) -> Data? {
        guard let data = try? Data(contentsOf: url), data.count > 64 else { return nil }
        let image = Data(data.dropLast(64))
        return data.suffix(64).elementsEqual(checksum(image, digest)) ? image : nil
    }

    private static func checksum(_ image: Data, _ digest: String) -> Data {
        Data(SHA256.hexadecimal(of: Data(digest.utf8) + image).utf8)
    }

    private static var folder: URL? {
        let environment = ProcessInfo.processInfo.environment
        if let folder = environment["XDG_CACHE_HOME"], folder.hasPrefix("/") {
            return URL(fileURLWithPath: folder).appendingPathComponent("yoso/kernels")
        }
        return environment["HOME"].map { URL(fileURLWithPath: $0).appendingPathComponent(".cache/yoso/kernels") }
    }

    private func compile(_ text: String, _ options: [String]) throws(CudaError) -> Data {
        var program: Handle = nil
        guard cc_nvrtcCreateProgram(&program, text, "yoso.cu", 0, nil, nil) == 0 else {
            throw CudaError("NVRTC \(version) takes no program")
        }
        defer { _ = cc_nvrtcDestroyProgram(&program) }
        let strings = options.map { strdup($0) }
        defer { for string in strings { free(string) } }
        let result = strings.map { UnsafePointer<CChar>($0) }.withUnsafeBufferPointer {
            cc_nvrtcCompileProgram(program, Int32($0.count), $0.baseAddress)
        }
        guard result == 0 else {
            var size = 0
            _ = cc_nvrtcGetProgramLogSize(program, &size)
            var log = [CChar](repeating: 0, count: size + 1)
            _ = cc_nvrtcGetProgramLog(program, &log)
            let text = String(decoding: log.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            let lines = text.split(separator: "\n").filter { $0.contains("error") } + ["status \(result)"]
            // NVRTC_ERROR_BUILTIN_OPERATION_FAILURE, or a file that it did not find.
            guard result != 7, !text.contains("nvrtc-builtins") else {
                throw CudaError(
                    "NVRTC \(version), \(Library.compiler.path), finds no libnvrtc-builtins.so beside it; "
                        + Library.compiler.remedy(driver))
            }
            throw CudaError("NVRTC \(version) cannot compile for \(architecture): \(lines[0])")
        }
        var size = 0
        _ = cc_nvrtcGetCUBINSize(program, &size)
        var image = [CChar](repeating: 0, count: size)
        _ = cc_nvrtcGetCUBIN(program, &image)
        return image.withUnsafeBytes { Data($0) }
    }
}
