import Autograd

extension CudaMachine {
    /// What to do where the pass at hand wants `bytes` more than there are: in training so many tokens a pass as would fit, by
    /// what this one took on its way to the weight that it came to.
    func advice(_ bytes: Int) -> String {
        guard let tokens = layouts.first?.layout.tokens else { return "use a smaller model" }
        guard passTokens != nil else { return "use a smaller model, shorter inputs or fewer of them at a time" }
        let (first, last) = (layerOffsets.lowerBound, layerOffsets.upperBound)
        // Backward takes about a quarter more than forward has left behind.
        let way = 0.75 * Double(max(0, reached - first)) / Double(max(1, last - first))
        let room = Double(pool.allocatedBytes + device.spareMemory)
        let fitting = Int(way * room / Double(pool.bytesInUse + bytes) * Double(tokens)) / 128 * 128
        guard fitting >= 128, fitting < tokens else { return "use a smaller deviceTokens or a smaller model" }
        return "this pass has \(tokens) tokens; about --set deviceTokens=\(fitting) would fit"
    }

    /// Where the weights of all blocks lie.
    private var layerOffsets: Range<Int> {
        let blocks = multiplied.filter { $0.name.contains(".layer.") }
        return (blocks.map(\.offset).min() ?? 0)..<(blocks.map { $0.offset + $0.count }.max() ?? 0)
    }
}
