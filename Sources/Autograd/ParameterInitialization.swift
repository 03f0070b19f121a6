import Tensors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Calls a body with every index below a count, each once, in any order or at the same time.
public typealias EachIndex = (_ count: Int, _ body: (Int) -> Void) -> Void

extension ParameterLayout {
    /// A fresh block of parameters: every parameter is drawn from a stream of (seed, its name), so that the same name
    /// gets the same numbers in every model.
    ///
    /// - Parameter each: spreads the work, over threads where there are some.
    public func initialBlock(
        seed: UInt64, from pool: StoragePool, each: EachIndex = { count, body in (0..<count).forEach(body) }
    ) -> Tensor {
        let block = pool.zeros(1, blockCount)
        draw(parameters, into: block, seed: seed, each: each)
        return block
    }

    /// Gives some of the parameters in `block` what `initialBlock` gives them.
    public func draw(
        _ chosen: [Parameter], into block: Tensor, seed: UInt64,
        each: EachIndex = { count, body in (0..<count).forEach(body) }
    ) {
        for parameter in chosen { parameter.initialize(block, seed: seed, each: each) }
    }
}

extension Parameter {
    /// Fills this parameter's range of `block` as its `initialization` says.
    func initialize(_ block: Tensor, seed: UInt64, each: EachIndex) {
        let target = block.view(at: offset, rows: 1, columns: count)
        let random = RandomStream(seed: seed)
        switch initialization {
        case .zeros: target.fill(0)
        case .ones: target.fill(1)
        case .normal(let deviation, let half):
            fillNormal(target, deviation, random.stream(name), each)
            if let half { clear(target, half == .first ? columns / 2..<columns : 0..<columns / 2) }
        case .normalLike(let name, let deviation, let offsets):
            fillNormal(target, deviation, random.stream(name), each)
            clear(target, columns / 2..<columns)
            let frequencies = Self.positionFrequencies(columns: columns / 2)
            let turns = offsets.map { offset in
                frequencies.map { (sine: Float(sin($0 * Double(offset))), cosine: Float(cos($0 * Double(offset)))) }
            }
            for row in 0..<rows {
                for (index, (s, c)) in turns[row * offsets.count / rows].enumerated() {
                    let pair = target.pointer + row * columns + 2 * index
                    (pair[0], pair[1]) = (c * pair[0] - s * pair[1], s * pair[0] + c * pair[1])
                }
            }
        case .sinusoids(let rootMeanSquare):
            clear(target, columns / 2..<columns)
            let frequencies = Self.positionFrequencies(columns: columns / 2)
            let amplitude = Float(2.squareRoot()) * rootMeanSquare
            for position in 0..<rows {
                for (index, frequency) in frequencies.enumerated() {
                    let pair = target.pointer + position * columns + 2 * index
                    let angle = frequency * Double(position)
                    (pair[0], pair[1]) = (amplitude * Float(sin(angle)), amplitude * Float(cos(angle)))
                }
            }
        }
    }

    /// ω_i = 3 (2 (i + 1) / columns)^1.5 in radians a token, one a pair of columns: so spread, the codes of positions have next to
    /// nothing in common from the second neighbour on, and do not repeat.
    private static func positionFrequencies(columns: Int) -> [Double] {
        (0..<columns / 2).map { 3 * pow(Double($0 + 1) / Double(columns / 2), 1.5) }
    }

    private func clear(_ target: Tensor, _ cleared: Range<Int>) {
        for row in 0..<rows {
            (target.pointer + row * columns + cleared.lowerBound).update(repeating: 0, count: cleared.count)
        }
    }

    private func fillNormal(_ target: Tensor, _ deviation: Float, _ stream: RandomStream, _ each: EachIndex) {
        let (step, count) = (1 << 15, count)
        each((count + step - 1) / step) { part in
            for index in part * step..<min((part + 1) * step, count) {
                // Box and Muller: two uniform numbers give one normal one.
                let radius = (-2 * log(stream.uniform(UInt32(truncatingIfNeeded: 2 * index)))).squareRoot()
                let angle = 2 * Double.pi * stream.uniform(UInt32(truncatingIfNeeded: 2 * index + 1))
                target.pointer[index] = Float(radius * cos(angle)) * deviation
            }
        }
    }
}
