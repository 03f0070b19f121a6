import Autograd
import CCuda
import Tensors

/// A model on a GPU: its parameters there, and the operations of its passes.
///
/// One pass after the other, in the stream's order. No sum depends on how blocks are scheduled: the same bits on every run on
/// one kind of GPU with the same libraries.
public final class CudaMachine: Machine {
    public let device: CudaDevice
    public let pool: StoragePool
    public let precision: Precision
    /// The parameters, [1, `blockCount`] of their layout.
    public let parameters: Tensor
    let kernels: Kernels
    let products: Products
    let memory: CudaMemory
    /// What stays from pass to pass.
    let blocks: StoragePool
    /// In bf16 for products, where the layout has them.
    let shadow: Tensor?
    /// Beyond a block: a product with a table reads whole tiles of its rows.
    private let slack: Int
    private let narrowShadow: Function
    /// Of the pass at hand.
    var layouts: [(layout: BatchLayout, view: LayoutView)] = []
    var attentions: [Int: SoftmaxKernels] = [:]
    var yosos: [Int: YosoKernels] = [:]
    /// Sums of columns that settle together.
    var pending = PendingSums()
    /// Of what a norm gave last.
    var branchSums: BranchSums?
    /// How often lookups have met each row of a table; zeros between.
    var lookupCounts: [Int32] = []
    let lossCounts: Tensor
    let readings: Readings
    private let uploads: Uploads
    /// About the tokens of a training pass, by the key deviceTokens of a recipe; nil where nothing is trained.
    public var passTokens: Int?
    let multiplied: [Parameter]
    /// Where the weight ends that the pass at hand came to.
    var reached = 0

    /// Memory for the parameters of `layout`, whose numbers are to be written. Ends the process with a line where the kernels
    /// cannot be compiled.
    public init(_ device: CudaDevice, _ layout: ParameterLayout, _ precision: Precision) {
        (self.device, self.precision) = (device, precision)
        device.enter()
        memory = CudaMemory(device)
        (pool, blocks) = (StoragePool(memory), StoragePool(memory))
        kernels = Kernels(precision, on: device)
        products = Products(device, from: blocks)
        slack = 64 * (layout.multiplied.map(\.columns).max() ?? 0)
        let count = layout.blockCount + slack
        parameters = blocks.zeros(1, count).row(0, 0..<layout.blockCount)
        shadow = precision == .bf16 ? blocks.tensor(1, count, .bfloat16) : nil
        narrowShadow = device.program(.optimizer, precision).function("narrow_shadow")
        lossCounts = blocks.tensor(1, 4)
        readings = Readings(device)
        uploads = Uploads(device, from: blocks)
        multiplied = layout.multiplied
        if let shadow { memory.clear(count * 2, at: shadow.address) }
        memory.advice = { [unowned self] in advice($0) }
    }

    /// What was asked for still reads the memory that goes.
    deinit { device.commands.commit() }

    /// Bytes of all tensors at once, at the most.
    public var allocatedBytes: Int { pool.allocatedBytes + blocks.allocatedBytes }

    /// Bytes of the GPU's memory that this machine has, those between its tensors too; the driver's own are not among them.
    public var heldBytes: Int { pool.heldBytes + blocks.heldBytes }

    /// A block like the parameters', of zeros.
    public func zeros() -> Tensor { blocks.zeros(1, parameters.count + slack).row(0, 0..<parameters.count) }

    /// Takes over the parameters of the host.
    public func load(_ block: Tensor) {
        // Before the first pass of a thread, which a server's queue changes.
        device.enter()
        parameters.copy(from: block)
        guard let shadow else { return }
        launch(
            narrowShadow, Grid((parameters.count + 1023) / 1024), .of(shadow), .of(parameters),
            .long(Int64(parameters.count)))
    }

    /// Writes numbers, row by row, to an activation.
    public func write(_ values: [Float], to x: Tensor) {
        precondition(values.count == x.count, "\(values.count) values for [\(x.rows), \(x.columns)]")
        guard x.element == .bfloat16 else { return x.copy(from: values) }
        values.map { UInt16(truncatingIfNeeded: ($0.bitPattern &+ 0x7FFF &+ ($0.bitPattern >> 16 & 1)) >> 16) }
            .withUnsafeBytes { memory.write($0, to: x.address) }
    }

    /// Numbers for kernels to read as long as the tensor lives.
    func keep<Number: BitwiseCopyable>(_ numbers: [Number]) -> Tensor {
        let tensor = blocks.tensor(1, max(1, (numbers.count * MemoryLayout<Number>.stride + 3) / 4))
        numbers.withUnsafeBytes { memory.write($0, to: tensor.address) }
        return tensor
    }

    func program(_ text: KernelText, _ definitions: [String] = []) -> Program {
        device.program(text, precision, definitions)
    }

    /// Before the operations of a pass.
    public func begin() {
        device.enter()
        layouts.removeAll(keepingCapacity: true)
        (pending, branchSums) = (PendingSums(), nil)
        uploads.begin()
        reached = 0
    }

    /// Waits until everything is done.
    public func finish() { device.finish() }

    func launch(_ function: Function, _ grid: Grid, shared: Int = 0, _ arguments: Argument...) {
        device.launch(function, grid, shared: shared, arguments)
    }

    /// Rows of whole tiles: products of other numbers of rows are slower, and this way no row's bits depend on how many there are.
    static func padded(_ rows: Int) -> Int { max(128, (rows + 127) / 128 * 128) }

    var element: Element { precision == .bf16 ? .bfloat16 : .float32 }
    /// Elements that a thread moves at once.
    var vector: Int { precision == .bf16 ? 8 : 4 }

    /// A grid whose threads take a vector of `x`'s whole tiles each, `vectors` times.
    func elements(of x: Tensor, vectors: Int = 1) -> (grid: Grid, count: Argument) {
        let count = Self.padded(x.rows) * x.columns
        let a = 256 * vector * vectors
        return (Grid((count + a - 1) / a), .long(Int64(count)))
    }

    /// Numbers for kernels to read in this pass.
    func upload<Number: BitwiseCopyable>(_ numbers: [Number]) -> Tensor {
        if let tensor = numbers.withUnsafeBytes({ uploads.add($0) }) { return tensor }
        let tensor = pool.tensor(1, max(1, (numbers.count * MemoryLayout<Number>.stride + 3) / 4))
        numbers.withUnsafeBytes { memory.write($0, to: tensor.address) }
        return tensor
    }
}

// Memory.
extension CudaMachine {
    public func activation(_ rows: Int, _ columns: Int) -> Tensor {
        pool.tensor(Self.padded(rows), columns, element).rows(0..<rows)
    }

    /// Bytes of the whole tiles of an activation.
    private func bytes(_ x: Tensor) -> Int { Self.padded(x.rows) * x.columns * x.element.bytes }

    public func copy(_ x: Tensor) -> Tensor {
        let copy = activation(x.rows, x.columns)
        memory.copy(bytes(x), from: x.address, to: copy.address)
        return copy
    }

    public func add(_ x: Tensor, to y: Tensor) {
        let (grid, count) = elements(of: x)
        launch(kernels.add, grid, .of(y), .of(x), count)
    }

    public func clear(_ x: Tensor) { clear(bytes(x), at: x.address) }

    /// Clears the rows of the last tile that belong to nobody.
    func clearEnd(_ x: Tensor) {
        let row = x.columns * x.element.bytes
        let rows = Self.padded(x.rows) - x.rows
        if rows > 0 { clear(rows * row, at: x.address + UInt64(x.rows * row)) }
    }

    /// By a kernel, whose graph may take another number of rows; by the driver what is odd.
    private func clear(_ bytes: Int, at address: UInt64) {
        guard bytes % 16 == 0, address % 16 == 0 else { return memory.clear(bytes, at: address) }
        launch(kernels.clear, .covering(bytes / 16), .address(address), .long(Int64(bytes / 16)))
    }
}
