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
        switch initialization {
        case .zeros: target.fill(0)
        case .ones: target.fill(1)
        case .normal(let deviation):
            let stream = RandomStream(seed: seed).stream(name)
            let pointer = target.pointer
            for index in 0..<count {
                // Box and Muller: two uniform numbers give one normal one.
                let radius = (-2 * log(stream.uniform(UInt32(truncatingIfNeeded: 2 * index)))).squareRoot()
                let angle = 2 * Double.pi * stream.uniform(UInt32(truncatingIfNeeded: 2 * index + 1))
                pointer[index] = Float(radius * cos(angle)) * deviation
            }
        }
    }
}
