import CCuda
import Tensors

/// cublasLt.
final class ProductLibrary {
    let version: Int
    let handle: Handle
    let preference: Handle
    static let workspaceBytes = 64 << 20

    /// - Parameter number: of the driver, as of `CudaDriver`.
    init(driver number: Int) throws(CudaError) {
        try Library.products.open(driver: number)
        var (handle, preference): (Handle, Handle) = (nil, nil)
        var bytes = Self.workspaceBytes
        guard cc_cublasLtCreate(&handle) == 0, cc_cublasLtMatmulPreferenceCreate(&preference) == 0,
            cc_cublasLtMatmulPreferenceSetAttribute(preference, 1, &bytes, 8) == 0
        else { throw CudaError("cublasLt cannot be used") }
        (self.handle, self.preference) = (handle, preference)
        version = cc_cublasLtGetVersion()
    }
}

/// Which product: of row-major matrices c[m, n] = op(a) op(b) (+ a bias in every row), or c += op(a) op(b).
struct ProductShape: Hashable {
    var m, n, k: Int
    var transposesA = false
    var transposesB = false
    var element: Element
    var result: Element
    var accumulates = false
    var hasBias = false

    /// For tables of times.
    var name: String { "product \(transposesA ? "aT" : "a") \(m)x\(k) \(transposesB ? "bT" : "b") \(k)x\(n)" }
}

/// A product as cublasLt does it: its first heuristic, which is the same whenever it is asked for. Times that were measured
/// would choose other bits from run to run.
final class PlannedProduct {
    let shape: ProductShape
    private unowned let device: CudaDevice
    private let workspace: UInt64
    private let description, a, b, c: Handle
    private var heuristic: cc_heuristic

    /// - Parameter workspace: the address of so much as heuristics may count on.
    init(_ shape: ProductShape, _ device: CudaDevice, workspace: UInt64) {
        var (description, results, found): (Handle, cc_heuristic, Int32) = (nil, cc_heuristic(), 0)
        let what = "the product of [\(shape.m), \(shape.k)] and [\(shape.k), \(shape.n)]"
        func check(_ result: Int32) {
            if result != 0 { device.fail("cublasLt \(device.products.version) cannot plan \(what): status \(result)") }
        }
        // Sums in float32, with float32 factors as they are. cublasLt's matrices are column-major: it does cᵀ = op(b)ᵀ op(a)ᵀ.
        check(cc_cublasLtMatmulDescCreate(&description, 68, 0))
        func set(_ attribute: Int32, _ value: Int32) {
            var value = value
            check(cc_cublasLtMatmulDescSetAttribute(description, attribute, &value, 4))
        }
        set(3, shape.transposesB ? 1 : 0)
        set(4, shape.transposesA ? 1 : 0)
        if shape.hasBias { set(7, 4) }
        func layout(_ element: Element, _ rows: Int, _ columns: Int) -> Handle {
            var layout: Handle = nil
            let type: Int32 = element == .float32 ? 0 : 14
            check(cc_cublasLtMatrixLayoutCreate(&layout, type, UInt64(columns), UInt64(rows), Int64(columns)))
            return layout
        }
        let (m, n, k) = (shape.m, shape.n, shape.k)
        a = shape.transposesA ? layout(shape.element, k, m) : layout(shape.element, m, k)
        b = shape.transposesB ? layout(shape.element, n, k) : layout(shape.element, k, n)
        c = layout(shape.result, m, n)
        check(
            cc_cublasLtMatmulAlgoGetHeuristic(
                device.products.handle, description, b, a, c, c, device.products.preference, 1, &results, &found))
        if found == 0 { device.fail("cublasLt \(device.products.version) has no way to do \(what)") }
        (self.description, heuristic) = (description, results)
        (self.shape, self.device, self.workspace) = (shape, device, workspace)
    }

    deinit {
        _ = cc_cublasLtMatmulDescDestroy(description)
        for layout in [a, b, c] { _ = cc_cublasLtMatrixLayoutDestroy(layout) }
    }

    /// Asks the stream for it.
    func run(_ operands: ProductOperands) {
        if shape.hasBias {
            var bias = operands.bias
            device.check(cc_cublasLtMatmulDescSetAttribute(description, 8, &bias, 8), "the bias of a product")
        }
        var (one, beta) = (Float(1), Float(shape.accumulates ? 1 : 0))
        let result = cc_cublasLtMatmul(
            device.products.handle, description, &one, operands.b, b, operands.a, a, &beta, operands.c, c, operands.c,
            c, &heuristic.algorithm, workspace, ProductLibrary.workspaceBytes, device.stream)
        guard result != 0 else { return }
        let what = "a product of [\(shape.m), \(shape.k)] and [\(shape.k), \(shape.n)]"
        // A GPU that is lost says why itself.
        device.check(cc_cuStreamSynchronize(device.stream), what)
        device.fail("\(device.name): \(what) failed with cublasLt's status \(result); \(device.wayOn)")
    }
}

/// Where the matrices of a product lie, and the row that is added, or 0.
struct ProductOperands {
    let a, b, c, bias: UInt64
}

/// Products of one machine.
final class Products {
    private let device: CudaDevice
    private let workspace: Tensor
    private var plans: [ProductShape: PlannedProduct] = [:]

    init(_ device: CudaDevice, from pool: StoragePool) {
        self.device = device
        workspace = pool.tensor(1, ProductLibrary.workspaceBytes / 4)
    }

    /// Operands may have more rows behind them than their tensors say; the shape counts.
    func multiply(_ shape: ProductShape, _ a: Tensor, _ b: Tensor, bias: Tensor? = nil, into c: Tensor) {
        let plan = plans[shape] ?? PlannedProduct(shape, device, workspace: workspace.address)
        plans[shape] = plan
        device.commands.add(
            .product(plan, ProductOperands(a: a.address, b: b.address, c: c.address, bias: bias?.address ?? 0)))
    }
}
