import CCuda
import Foundation
import Tensors

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
    /// Of square products, once they were measured.
    var peaks: [Element: Double] = [:]
    /// Those that are loaded, by text and definitions.
    var programs: [String: Program] = [:]
    private let context: Handle
    /// What goes to the stream.
    private(set) lazy var commands = CommandQueue(self)

    /// Opens the libraries and the GPU.
    ///
    /// - Throws: what is missing, and what brings it.
    public init() throws(CudaError) {
        let found = try CudaDriver()
        (name, capability, driver) = (found.name, found.capability, found.version)
        multiprocessors = found.multiprocessors
        sharedMemory = found.sharedMemory
        compiler = try Compiler(capability, driver: found.number)
        var (context, stream, spare, total): (Handle, Handle, Int, Int) = (nil, nil, 0, 0)
        let held = cc_cuDevicePrimaryCtxRetain(&context, found.device)
        guard held == 0, cc_cuCtxSetCurrent(context) == 0 else {
            throw CudaError("\(name) cannot be used: \(Self.errorName(held)); does another process hold it?")
        }
        guard cc_cuMemGetInfo_v2(&spare, &total) == 0, cc_cuStreamCreate(&stream, 1) == 0 else {
            throw CudaError("\(name) gives no stream")
        }
        (memory, self.context, self.stream) = (total, context, stream)
        products = try ProductLibrary(driver: found.number)
        // Whether what NVRTC makes runs here is known before anybody counts on it.
        _ = try compiler.program("extern \"C\" __global__ void probe() {}", [], on: self)
    }

    /// Bytes that nobody has, on whatever thread it is asked.
    public var spareMemory: Int {
        _ = cc_cuCtxSetCurrent(context)
        var (spare, total) = (0, 0)
        _ = cc_cuMemGetInfo_v2(&spare, &total)
        return spare
    }

    /// What computes, for the eye.
    public var title: String { "\(name), CUDA \(driver)" }

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
        fail("\(name): \(what()) failed with \(Self.errorName(result)); \(wayOn)")
    }

    /// What is said where the GPU fails: from where the work goes on.
    public var wayOn = "what was saved before stays"

    func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data("Error: \(message)\n".utf8))
        // Nothing waits to be written, and what libraries do at an exit may wait for a GPU that is gone.
        _exit(1)
    }

    static func errorName(_ error: Int32) -> String {
        var name: UnsafePointer<CChar>?
        guard cc_cuGetErrorName(error, &name) == 0, let name else { return "error \(error)" }
        return String(cString: name)
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
