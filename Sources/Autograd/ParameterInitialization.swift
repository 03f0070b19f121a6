import Tensors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension ParameterLayout {
    /// A fresh block of parameters: every parameter is drawn from a stream of (seed, its name), so that the same name
    /// gets the same numbers in every model.
    public func initialBlock(seed: UInt64, from pool: StoragePool) -> Tensor {
        let block = pool.zeros(1, blockCount)
        for parameter in parameters { parameter.initialize(block, seed: seed) }
        return block
    }
}

extension Parameter {
    /// Fills this parameter's range of `block` as its `initialization` says.
    public func initialize(_ block: Tensor, seed: UInt64) {
        let target = block.view(at: offset, rows: 1, columns: count)
        let random = RandomStream(seed: seed)
        switch initialization {
        case .zeros: target.fill(0)
        case .ones: target.fill(1)
        case .normal(let deviation): fillNormal(target, deviation, random.stream(name))
        case .normalLike(let name, let deviation): fillNormal(target, deviation, random.stream(name))
        case .sinusoids(let rootMeanSquare):
            for (row, start) in stride(from: 0, to: count, by: columns).enumerated() {
                for column in 0..<columns {
                    let angle = Double(row) * pow(10_000, -Double(column / 2 * 2) / Double(columns))
                    let code = column % 2 == 0 ? sin(angle) : cos(angle)
                    target.pointer[start + column] = Float(code * 2.squareRoot()) * rootMeanSquare
                }
            }
        }
    }

    private func fillNormal(_ target: Tensor, _ deviation: Float, _ stream: RandomStream) {
        for index in 0..<count {
            // Box and Muller: two uniform numbers give one normal one.
            let radius = (-2 * log(stream.uniform(UInt32(truncatingIfNeeded: 2 * index)))).squareRoot()
            let angle = 2 * Double.pi * stream.uniform(UInt32(truncatingIfNeeded: 2 * index + 1))
            target.pointer[index] = Float(radius * cos(angle)) * deviation
        }
    }
}
