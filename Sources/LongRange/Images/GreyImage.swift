/// A square picture of 256 greys, row by row: as many tokens as it has pixels, black ones too.
public struct GreyImage: Equatable, Sendable {
    /// Pixels of a side of the arena's pictures.
    public static let side = 32

    /// [side · side]
    public let pixels: [UInt8]

    /// - Parameter pixels: side · side greys.
    public init(pixels: [UInt8]) {
        precondition(pixels.count == Self.side * Self.side, "\(pixels.count) pixels")
        self.pixels = pixels
    }

    /// From red, green and blue planes, by 0.2989 R + 0.587 G + 0.114 B (ITU-R BT.601, as the arena's harness has it).
    init(red: some Collection<UInt8>, green: some Collection<UInt8>, blue: some Collection<UInt8>) {
        var pixels: [UInt8] = []
        for (red, (green, blue)) in zip(red, zip(green, blue)) {
            let grey: Double = 0.2989 * Double(red) + 0.587 * Double(green) + 0.114 * Double(blue)
            pixels.append(UInt8(grey.rounded()))
        }
        self.init(pixels: pixels)
    }
}
