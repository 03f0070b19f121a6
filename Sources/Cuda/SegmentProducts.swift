import Autograd
import Tensors

/// `Operand` of the kernels.
struct OperandArgument {
    var data: UInt64
    var stride, column, first: Int32
    var isBlock: Int32 = 0
    var isReal: Int32 = 0
    var transposed: Int32 = 0
}

/// `Extent` of the kernels.
struct ExtentArgument {
    var m, n, k: Int32
}

/// A matrix of every sequence and head: rows of the packed tokens, or blocks one behind the other.
struct SegmentMatrix {
    /// Rows or columns of the matrix of a sequence.
    enum Extent: Equatable {
        case tokens
        /// As many as tokens where these are fewer.
        case landmarks(Int)
        case fixed(Int)

        var size: Int32 {
            switch self {
            case .tokens: -1
            case .landmarks(let count), .fixed(let count): Int32(count)
            }
        }

        var isFixed: Bool { if case .fixed = self { true } else { false } }

        /// Of the longest sequence.
        func most(_ longest: Int) -> Int {
            switch self {
            case .tokens: longest
            case .landmarks(let count): min(count, longest)
            case .fixed(let count): count
            }
        }
    }

    private(set) var operand: OperandArgument
    private(set) var rows, columns: Extent
    /// Whose memory it is.
    let tensor: Tensor

    /// The heads' columns of rows of tokens, from column `first` on, `width` apart.
    init(rowsOf tensor: Tensor, first: Int = 0, width: Int, _ columns: Extent) {
        operand = OperandArgument(
            data: tensor.address, stride: Int32(tensor.columns), column: Int32(width), first: Int32(first),
            isReal: tensor.element == .bfloat16 ? 1 : 0)
        (rows, self.columns, self.tensor) = (.tokens, columns, tensor)
    }

    /// Blocks of `height` rows, `width` wide.
    init(blocks tensor: Tensor, height: Int, width: Int, _ rows: Extent, _ columns: Extent) {
        operand = OperandArgument(
            data: tensor.address, stride: Int32(width), column: Int32(height * width), first: 0, isBlock: 1)
        (self.rows, self.columns, self.tensor) = (rows, columns, tensor)
    }

    var transposed: SegmentMatrix {
        var result = self
        (result.rows, result.columns) = (columns, rows)
        result.operand.transposed = 1 - operand.transposed
        return result
    }
}

/// Products of matrices of every sequence and head of a layout, in float32.
struct SegmentProducts {
    let machine: CudaMachine
    let layout: BatchLayout
    let heads: Int
    let view: LayoutView

    init(_ machine: CudaMachine, _ layout: BatchLayout, heads: Int) {
        (self.machine, self.layout, self.heads) = (machine, layout, heads)
        view = machine.view(of: layout)
        if layout.count > 65535 {
            machine.device.fail("a GPU takes 65,535 sequences a pass, not \(layout.count); use a smaller deviceTokens")
        }
    }

    var program: Program { machine.program(.segment) }

    /// C = α A B + β C + δ I
    func multiply(
        _ a: SegmentMatrix, _ b: SegmentMatrix, into c: SegmentMatrix, alpha: Float = 1, beta: Float = 0,
        delta: Float = 0
    ) {
        precondition(a.columns == b.rows && a.rows == c.rows && b.columns == c.columns, "factors that do not fit")
        let (m, n) = (a.rows.most(view.longest), b.columns.most(view.longest))
        let across = (n + 63) / 64
        let fixed = (a.rows.isFixed ? 1 : 0) | (b.columns.isFixed ? 2 : 0) | (a.columns.isFixed ? 4 : 0)
        machine.launch(
            program.function("segment_product"), Grid((m + 63) / 64 * across, heads, layout.count), .operand(a.operand),
            .operand(b.operand), .operand(c.operand),
            .extent(ExtentArgument(m: a.rows.size, n: b.columns.size, k: a.columns.size)), .of(fixed), .float(alpha),
            .float(beta), .float(delta), .layout(view.argument), .of(heads), .of(across))
    }

    /// float32 rows of all tokens.
    func rows(_ columns: Int) -> Tensor { machine.pool.tensor(layout.tokens, columns) }

    /// A float32 block a sequence and head.
    func blocks(_ size: Int) -> Tensor { machine.pool.tensor(layout.count * heads, size) }
}
