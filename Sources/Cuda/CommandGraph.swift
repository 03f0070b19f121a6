import CCuda
import Foundation

/// A batch of commands as a graph of CUDA: every command waits for the one before it.
final class CommandGraph {
    private unowned let device: CudaDevice
    private let execution: Handle
    /// Whose nodes name the kernels of the execution: they are gone with it.
    private let graph: Handle
    /// Of the kernels, in their order, with what they were launched with last.
    private var kernels: [(node: Handle, grid: Grid, shared: Int)] = []
    private let arguments: ArgumentBuffer
    /// By whose addresses batches are told apart.
    private let plans: [PlannedProduct]
    /// The queue's count, for the oldest to go.
    var lastLaunch = 0

    /// Whether no capture has failed yet. YOSO_CUDA_GRAPHS=0 is for tools that cannot look into graphs.
    nonisolated(unsafe) private(set) static var isPossible =
        ProcessInfo.processInfo.environment["YOSO_CUDA_GRAPHS"] != "0"

    /// What `body` asks of the stream for each of the commands; nil where that cannot be captured.
    init?(
        _ device: CudaDevice, _ commands: [Command], _ arguments: ArgumentBuffer, body: (Command) -> Void
    ) {
        let stream = device.stream
        // Relaxed: cublasLt may ask for what a stricter capture forbids.
        guard cc_cuStreamBeginCapture_v2(stream, 2) == 0 else {
            Self.isPossible = false
            return nil
        }
        var isWhole = true
        for command in commands {
            body(command)
            guard case .kernel(_, let grid, let shared, _) = command else { continue }
            var (status, id, graph, count) = (Int32(0), UInt64(0), Handle.none, 0)
            var last: UnsafePointer<Handle>?
            let result = cc_cuStreamGetCaptureInfo_v2(stream, &status, &id, &graph, &last, &count)
            guard result == 0, count == 1, let last else {
                isWhole = false
                continue
            }
            kernels.append((last[0], grid, shared))
        }
        var (graph, execution): (Handle, Handle) = (nil, nil)
        let captured = cc_cuStreamEndCapture(stream, &graph)
        guard isWhole, captured == 0, cc_cuGraphInstantiateWithFlags(&execution, graph, 0) == 0 else {
            Self.isPossible = false
            return nil
        }
        (self.device, self.execution, self.graph) = (device, execution, graph)
        self.arguments = ArgumentBuffer(copying: arguments)
        plans = commands.compactMap { if case .product(let plan, _) = $0 { plan } else { nil } }
    }

    deinit {
        _ = cc_cuGraphExecDestroy(execution)
        _ = cc_cuGraphDestroy(graph)
    }

    /// The same commands with these grids and arguments.
    func launch(_ commands: [Command], _ arguments: ArgumentBuffer) {
        var index = 0
        for command in commands {
            guard case .kernel(let function, let grid, let shared, let range) = command else { continue }
            defer { index += 1 }
            let kernel = kernels[index]
            guard grid != kernel.grid || shared != kernel.shared || !self.arguments.isSame(range, as: arguments) else {
                continue
            }
            var node = cc_kernel_node(
                function: function.handle, gx: UInt32(grid.x), gy: UInt32(grid.y), gz: UInt32(grid.z),
                bx: UInt32(grid.threads), by: 1, bz: 1, shared: UInt32(shared), arguments: arguments.pointers(range),
                extra: nil, kernel: nil, context: nil)
            device.check(cc_cuGraphExecKernelNodeSetParams_v2(execution, kernel.node, &node), function.name)
            kernels[index] = (kernel.node, grid, shared)
            self.arguments.copy(range, from: arguments)
        }
        device.check(cc_cuGraphLaunch(execution, device.stream), "a graph")
    }
}
