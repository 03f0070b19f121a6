import Tensors

extension CudaMachine {
    /// As of the device, in the memory that is left; nil where there is none.
    public func measuredPeak() -> Double? { device.measuredPeak(element) { [self] in (products, memory) } }
}

extension CudaDevice {
    /// Operations a second of square products, the best of sizes up to 8,192 for which there is memory; nil where there is none.
    /// Measured once by a process.
    public func measuredPeak(_ element: Element) -> Double? {
        measuredPeak(element) {
            guard spareMemory > 2 * ProductLibrary.workspaceBytes else { return nil }
            let memory = CudaMemory(self)
            return (Products(self, from: StoragePool(memory)), memory)
        }
    }

    fileprivate func measuredPeak(_ element: Element, _ means: () -> (Products, CudaMemory)?) -> Double? {
        enter()
        if let known = peaks[element] { return known }
        peaks[element] = means().flatMap { measuredPeak(element, $0, $1) }
        return peaks[element]
    }

    private func measuredPeak(_ element: Element, _ products: Products, _ memory: CudaMemory) -> Double? {
        var (best, size): (Double?, Int) = (nil, 256)
        // Twice what they take, for others may want some meanwhile.
        while size <= 8192, spareMemory > (16 << 20) + 4 * size * size * element.bytes {
            let pool = StoragePool(memory)
            let (a, c) = (pool.tensor(size, size, element), pool.tensor(size, size, element))
            // Zeros would draw less power, and be faster.
            a.fillWithManyBits(in: memory)
            let shape = ProductShape(m: size, n: size, k: size, transposesB: true, element: element, result: element)
            var seconds = Double.infinity
            for _ in 0..<4 {
                seconds = min(seconds, self.seconds { products.multiply(shape, a, a, into: c) })
            }
            best = max(best ?? 0, 2 * Double(size) * Double(size) * Double(size) / seconds)
            guard seconds < 0.002 else { break }
            size *= 2
        }
        return best
    }

    /// The time that the GPU takes for what `body` asks of it.
    func seconds(_ body: () -> Void) -> Double {
        commands.commit()
        let span = TimedSpan(self) {
            body()
            commands.commit()
        }
        return max(1e-6, span.seconds)
    }
}

extension Tensor {
    /// Small numbers of many bits in a tensor of whatever elements, the same ones every million.
    fileprivate func fillWithManyBits(in memory: CudaMemory) {
        let values = (0..<min(count, 1 << 20)).map { index in
            var z = UInt32(truncatingIfNeeded: index &* 0x9E37_79B9)
            z = (z ^ (z >> 15)) &* 0x85EB_CA6B
            return Float(z >> 8) / Float(1 << 24) - 0.5
        }
        for first in stride(from: 0, to: count, by: values.count) {
            let place = address + UInt64(first * element.bytes)
            switch element {
            case .float32: values.withUnsafeBytes { memory.write($0, to: place) }
            case .bfloat16:
                values.map { UInt16($0.bitPattern >> 16) }.withUnsafeBytes { memory.write($0, to: place) }
            }
        }
    }
}
