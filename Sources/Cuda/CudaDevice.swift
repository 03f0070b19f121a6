import CCuda
import Foundation

/// The first GPU, as this process holds it: one stream, in whose order everything happens.
///
/// It belongs to one thread at a time.
public final class CudaDevice: @unchecked Sendable {
    public let name: String
    /// Major and minor number, for example (9, 0).
    public let capability: (Int, Int)
    public let multiprocessors: Int
    /// Bytes of shared memory that a block may have.
    let sharedMemory: Int
    /// Bytes in all.
    public let memory: Int
    /// The CUDA that the driver has, for example "13.0".
    public let driver: String
    let stream: Handle
    let compiler: Compiler
    let products: ProductLibrary
    /// Where the time goes, while somebody wants to know.
    public private(set) var kernelTimes: KernelTimes?
    /// Those that are loaded, by text and definitions.
    var programs: [String: Program] = [:]
    private let context: Handle
    /// What goes to the stream.
    private(set) lazy var commands = CommandQueue(self)

    /// Opens the libraries and the GPU.
    ///
    /// - Throws: what is missing, and what brings it.
    public init() throws(CudaError) {
        try Library.driver.open()
        // Of the machine's GPUs that others use too, each process would take all memory for itself in 64 MB steps otherwise.
        let started = cc_cuInit(0)
        guard started == 0 else {
            throw CudaError(
                "no GPU: NVIDIA's driver says \(Self.errorName(started)); is one there, and may this user have it?")
        }
        var (version, device, count) = (Int32(0), Int32(0), Int32(0))
        _ = cc_cuDriverGetVersion(&version)
        driver = "\(version / 1000).\(version % 1000 / 10)"
        guard version >= 12000 else {
            throw CudaError("NVIDIA's driver is of CUDA \(driver); wanted 12.0 or newer")
        }
        guard cc_cuDeviceGetCount(&count) == 0, count > 0, cc_cuDeviceGet(&device, 0) == 0 else {
            throw CudaError("NVIDIA's driver finds no GPU")
        }
        var characters = [CChar](repeating: 0, count: 256)
        _ = cc_cuDeviceGetName(&characters, 256, device)
        name = String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        capability = (Int(Self.attribute(75, device)), Int(Self.attribute(76, device)))
        multiprocessors = Int(Self.attribute(16, device))
        sharedMemory = max(48 << 10, Int(Self.attribute(97, device)))
        guard capability.0 >= 8 else {
            throw CudaError(
                "\(name) has compute capability \(capability.0).\(capability.1); wanted 8.0 (Ampere) or newer")
        }
        var (context, stream, spare, total): (Handle, Handle, Int, Int) = (nil, nil, 0, 0)
        let held = cc_cuDevicePrimaryCtxRetain(&context, device)
        guard held == 0, cc_cuCtxSetCurrent(context) == 0 else {
            throw CudaError("\(name) cannot be used: \(Self.errorName(held)); does another process hold it?")
        }
        guard cc_cuMemGetInfo_v2(&spare, &total) == 0, cc_cuStreamCreate(&stream, 1) == 0 else {
            throw CudaError("\(name) gives no stream")
        }
        (memory, self.context, self.stream) = (total, context, stream)
        compiler = try Compiler(capability)
        products = try ProductLibrary()
    }

    /// Bytes that nobody has.
    public var spareMemory: Int {
        var (spare, total) = (0, 0)
        _ = cc_cuMemGetInfo_v2(&spare, &total)
        return spare
    }

    /// What computes here, down to what its last bits depend on.
    public var arithmetic: String {
        "\(name), cublasLt \(products.version), NVRTC \(compiler.version)"
    }

    /// Waits until all that was asked for is done.
    func finish() {
        commands.commit()
        check(cc_cuStreamSynchronize(stream), "waiting")
    }

    /// Lets this thread ask for things.
    public func enter() { check(cc_cuCtxSetCurrent(context), "entering") }

    func launch(_ function: Function, _ grid: Grid, shared: Int = 0, _ arguments: [Argument]) {
        guard grid.x > 0, grid.y > 0, grid.z > 0 else { return }
        commands.launch(function, grid, shared: shared, arguments)
    }

    func timed(_ name: @autoclosure () -> String, _ launch: () -> Void) {
        if let kernelTimes { kernelTimes.time(name(), launch) } else { launch() }
    }

    /// From here on kernels are timed, or are not.
    public func timeKernels(_ isWanted: Bool) {
        commands.commit()
        kernelTimes = isWanted ? KernelTimes(self) : nil
    }

    /// Ends the process where a call failed: a GPU that failed once gives nothing any more, and nobody could do more than say so.
    func check(_ result: Int32, _ what: @autoclosure () -> String) {
        guard result != 0 else { return }
        fail("\(name): \(what()) failed with \(Self.errorName(result)); what was saved before stays")
    }

    func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data("Error: \(message)\n".utf8))
        exit(1)
    }

    static func errorName(_ error: Int32) -> String {
        var name: UnsafePointer<CChar>?
        guard cc_cuGetErrorName(error, &name) == 0, let name else { return "error \(error)" }
        return String(cString: name)
    }

    private static func attribute(_ attribute: Int32, _ device: Int32) -> Int32 {
        var value: Int32 = 0
        return cc_cuDeviceGetAttribute(&value, attribute, device) == 0 ? value : 0
    }
}

/// Blocks, and the threads of each.
struct Grid: Equatable {
    let x, y, z, threads: Int

    init(_ x: Int, _ y: Int = 1, _ z: Int = 1, threads: Int = 256) {
        (self.x, self.y, self.z, self.threads) = (x, y, z, threads)
    }

    /// Enough blocks for `count` things, of which each thread takes one.
    static func covering(_ count: Int, threads: Int = 256) -> Grid {
        Grid((count + threads - 1) / threads, threads: threads)
    }
}
