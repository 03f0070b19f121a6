import CCuda

/// One thing that is asked of the GPU.
enum Command {
    /// A kernel, with the place of its arguments.
    case kernel(Function, Grid, shared: Int, arguments: Range<Int>)
    case product(PlannedProduct, ProductOperands)
    case set(value: UInt8, bytes: Int, address: UInt64)
    case fill(Float, count: Int, address: UInt64)
    case copy(bytes: Int, from: UInt64, to: UInt64)

    /// What batches of commands have in common that are one graph: all but the grids and arguments of kernels.
    func describe(to words: inout [UInt64]) {
        switch self {
        case .kernel(let function, _, _, _):
            words.append(UInt64(UInt(bitPattern: function.handle)))
        case .product(let plan, let operands):
            words.append(UInt64(UInt(bitPattern: ObjectIdentifier(plan))))
            words += [operands.a, operands.b, operands.c, operands.bias]
        case .set(let value, let bytes, let address): words += [1, UInt64(value), UInt64(bytes), address]
        case .fill(let value, let count, let address):
            words += [2, UInt64(value.bitPattern), UInt64(count), address]
        case .copy(let bytes, let from, let to): words += [3, UInt64(bytes), from, to]
        }
    }
}

/// What was asked of the GPU and has not gone there yet.
///
/// It goes in batches, and batches that come again are graphs: kernels of a graph begin 1.2 µs one after the other, launched one by
/// one 3.5 µs (measured on an H100), which is more than most of a small step's kernels take. Steps of one shape ask for the same
/// kernels and the same products at the same addresses; what else differs is written into the graph before it is launched.
final class CommandQueue {
    private unowned let device: CudaDevice
    private var commands: [Command] = []
    private var signature: [UInt64] = []
    private let arguments = ArgumentBuffer(commands: batch)
    private var graphs: [[UInt64]: CommandGraph] = [:]
    /// Batches that came once: one that never comes again is not worth a graph.
    private var seen: Set<[UInt64]> = []
    private var launches = 0
    /// Of all commands so far.
    private(set) var count = 0
    /// What the host has for these commands.
    weak var uploads: Uploads?

    /// So many, that the GPU has something to do while the next ones are asked for.
    private static let batch = 40
    /// Graphs that are kept: those of about 16 shapes of steps.
    private static let most = 64

    init(_ device: CudaDevice) { self.device = device }

    func launch(_ function: Function, _ grid: Grid, shared: Int, _ values: [Argument]) {
        add(.kernel(function, grid, shared: shared, arguments: arguments.append(values)))
    }

    func add(_ command: Command) {
        commands.append(command)
        command.describe(to: &signature)
        count += 1
        // Times of kernels are those of each alone.
        if commands.count == Self.batch || device.kernelTimes != nil { commit() }
    }

    /// Lets the GPU begin with what was asked for.
    func commit() {
        guard !commands.isEmpty else { return }
        uploads?.send()
        defer {
            commands.removeAll(keepingCapacity: true)
            signature.removeAll(keepingCapacity: true)
            arguments.removeAll()
        }
        if commands.count < 4 || device.kernelTimes != nil || !CommandGraph.isPossible { return run() }
        launches += 1
        if let graph = graphs[signature] {
            graph.lastLaunch = launches
            return graph.launch(commands, arguments)
        }
        if seen.count > 4096 { seen.removeAll() }
        guard !seen.insert(signature).inserted else { return run() }
        guard let graph = CommandGraph(device, commands, arguments, body: { run($0) }) else { return run() }
        graph.lastLaunch = launches
        graph.launch(commands, arguments)
        if graphs.count == Self.most, let oldest = graphs.min(by: { $0.value.lastLaunch < $1.value.lastLaunch }) {
            graphs[oldest.key] = nil
        }
        graphs[signature] = graph
    }

    private func run() { for command in commands { run(command) } }

    private func run(_ command: Command) {
        let stream = device.stream
        switch command {
        case .kernel(let function, let grid, let shared, let range):
            device.timed(function.name) {
                device.check(
                    cc_cuLaunchKernel(
                        function.handle, UInt32(grid.x), UInt32(grid.y), UInt32(grid.z), UInt32(grid.threads), 1, 1,
                        UInt32(shared), stream, arguments.pointers(range), nil), function.name)
            }
        case .product(let plan, let operands): device.timed(plan.shape.name) { plan.run(operands) }
        case .set(let value, let bytes, let address):
            device.check(cc_cuMemsetD8Async(address, value, bytes, stream), "clearing")
        case .fill(let value, let count, let address):
            device.check(cc_cuMemsetD32Async(address, value.bitPattern, count, stream), "filling")
        case .copy(let bytes, let from, let to):
            device.check(cc_cuMemcpyDtoDAsync_v2(to, from, bytes, stream), "copying")
        }
    }
}
