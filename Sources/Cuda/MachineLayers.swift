import Autograd
import Tensors

/// Dense layers, norms and what lies between them.
extension CudaMachine {
    /// Where products read `parameter`.
    func operand(_ parameter: Parameter) -> Tensor {
        reached = max(reached, parameter.offset + parameter.count)
        return (shadow ?? parameters).view(of: parameter)
    }

    /// Dense layers to fewer columns are done without cublasLt.
    private func isSmall(_ columns: Int) -> Bool { columns % vector != 0 && columns < 64 }

    public func linear(_ x: Tensor, _ weight: Parameter, _ bias: Parameter, into y: Tensor) {
        guard isSmall(weight.rows) else { return multiply(x, weight, bias, columns: weight.rows, into: y) }
        let padded = Self.padded(x.rows)
        launch(
            kernels.smallLinear, Grid(padded / 8), .of(y), .of(x), .of(parameters.view(of: weight)),
            .of(parameters.view(of: bias)), .of(padded), .of(weight.columns), .of(weight.rows))
    }

    /// y = x Wᵀ + b of so many rows of W.
    func multiply(_ x: Tensor, _ weight: Parameter, _ bias: Parameter, columns: Int, into y: Tensor) {
        products.multiply(
            ProductShape(
                m: Self.padded(x.rows), n: columns, k: weight.columns, transposesB: true, element: element,
                result: element, hasBias: true), x, operand(weight), bias: operand(bias),
            into: y)
    }

    public func linearInputGradient(_ dy: Tensor, _ weight: Parameter, into dx: Tensor, accumulates: Bool) {
        let padded = Self.padded(dy.rows)
        guard isSmall(weight.rows) else {
            return products.multiply(
                ProductShape(
                    m: padded, n: weight.columns, k: weight.rows, element: element, result: element,
                    accumulates: accumulates), dy, operand(weight), into: dx)
        }
        launch(
            kernels.smallInputGradient, Grid(padded, (weight.columns + 255) / 256), .of(dx), .of(dy),
            .of(parameters.view(of: weight)), .of(padded), .of(weight.columns), .of(weight.rows),
            .of(accumulates ? 1 : 0))
    }

    public func linearWeightGradient(_ dy: Tensor, _ x: Tensor, to dWeight: Tensor) {
        guard isSmall(dy.columns) else {
            return products.multiply(
                ProductShape(
                    m: dy.columns, n: x.columns, k: Self.padded(dy.rows), transposesA: true, element: element,
                    result: .float32, accumulates: true), dy, x, into: dWeight)
        }
        launch(
            kernels.smallWeightGradient, Grid((x.columns + 31) / 32, dy.columns), .of(dWeight), .of(dy), .of(x),
            .of(dy.rows), .of(x.columns), .of(dy.columns))
    }

    public func residualNorm(
        _ x: Tensor, _ branch: Tensor?, _ scale: Parameter, _ shift: Parameter, epsilon: Float, _ mask: DropoutMask?,
        keeping: Bool
    ) -> (y: Tensor, kept: KeptNorm?) {
        let (padded, y) = (Self.padded(x.rows), activation(x.rows, x.columns))
        let normalized = keeping ? activation(x.rows, x.columns) : nil
        let inverse = pool.tensor(1, padded)
        let (layout, dropout) = arguments(of: mask)
        launch(
            kernels.residualNorm, Grid(padded / 8), .of(normalized), .of(y), .of(inverse), .of(x), .of(branch),
            .of(parameters.view(of: scale)), .of(parameters.view(of: shift)), .float(epsilon), layout, dropout,
            .of(padded), .of(x.columns))
        return (y, normalized.map { KeptNorm(normalized: $0, inverseDeviation: inverse) })
    }

    public func residualNormGradient(
        _ dy: Tensor, _ kept: KeptNorm, _ scale: Parameter, _ mask: DropoutMask?, hasBranch: Bool, dScale: Tensor,
        dShift: Tensor
    ) -> Tensor? {
        let (padded, columns) = (Self.padded(dy.rows), dy.columns)
        let dBranch = hasBranch ? activation(dy.rows, columns) : nil
        let piece = Self.pieceRows(padded)
        // Those of the branch's gradient come with it where registers are left for them.
        let count = hasBranch && columns <= 768 ? 3 : 2
        let (pieces, stride) = (padded / piece, count * columns)
        let partials = pool.tensor(pieces, stride)
        let (layout, dropout) = arguments(of: mask)
        launch(
            kernels.residualNormGradient, Grid(pieces), .of(dy), .of(dBranch), .of(dy), .of(kept.normalized),
            .of(kept.inverseDeviation), .of(parameters.view(of: scale)), .of(partials), layout, dropout, .of(padded),
            .of(columns), .of(piece / 8), .of(count))
        let sums = (0..<count).map { partials.row(0, $0 * columns..<($0 + 1) * columns) }
        finish(sums[0], pieces: pieces, stride: stride, into: dScale, columns: columns)
        finish(sums[1], pieces: pieces, stride: stride, into: dShift, columns: columns)
        branchSums = dBranch.flatMap { gradient in
            count < 3
                ? nil
                : BranchSums(
                    gradient: gradient.address, commands: device.commands.count, partials: sums[2], stride: stride)
        }
        return dBranch
    }

    public func gelu(_ x: Tensor, _ form: GeluForm, into y: Tensor) {
        let (grid, count) = elements(of: x, vectors: 2)
        launch(kernels.gelu, grid, .of(y), .of(x), count, .of(form == .erf ? 0 : 1))
    }

    public func geluGradient(_ x: Tensor, _ form: GeluForm, _ d: Tensor, sums: Tensor?, keeps: Bool) {
        let padded = Self.padded(x.rows)
        let piece = Self.pieceRows(padded)
        let partials = sums.map { _ in pool.tensor(padded / piece, x.columns) }
        launch(
            kernels.geluGradient, Grid(padded / piece, columnBlocks(x.columns)), .of(d), .of(x), .of(partials),
            .of(padded), .of(x.columns), .of(form == .erf ? 0 : 1), .of(keeps ? 1 : 0), .of(piece / 8))
        if let sums, let partials {
            finish(partials, pieces: padded / piece, stride: x.columns, into: sums, columns: x.columns)
        }
    }

    public func tanh(_ x: Tensor, into y: Tensor) {
        let (grid, count) = elements(of: x, vectors: 2)
        launch(kernels.tanhForward, grid, .of(y), .of(x), count)
    }

    public func tanhGradient(_ y: Tensor, _ d: Tensor) {
        let (grid, count) = elements(of: y)
        launch(kernels.tanhGradient, grid, .of(d), .of(y), count)
    }

    public func dropout(_ x: Tensor, _ mask: DropoutMask, into y: Tensor) {
        let padded = Self.padded(x.rows)
        let (layout, dropout) = arguments(of: mask)
        launch(kernels.dropout, Grid(padded / 8), .of(y), .of(x), layout, dropout, .of(padded), .of(x.columns))
    }

    /// `Layout` and `Dropout` of a mask; of none nothing is dropped.
    private func arguments(of mask: DropoutMask?) -> (Argument, Argument) {
        guard let mask else { return (.layout(LayoutArgument()), .dropout(DropoutArgument())) }
        return (.layout(view(of: mask.layout).argument), .dropout(DropoutArgument(mask.probability, mask.random)))
    }
}
