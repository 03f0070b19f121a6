import Corpora
import Foundation

/// Grey pictures of CIFAR-10's ten classes (Krizhevsky 2009) as simple drawings: of any size, place, slant and direction, lighter
/// or darker than an uneven ground, with noise.
///
/// Not photographs: what learns these has seen no CIFAR-10.
public struct PictogramGenerator {
    /// Points of a side of a pixel that are tried.
    private static let supersampling = 2
    /// Greys that noise adds or takes at most.
    private static let noise = 12.0
    private var random: RandomSequence

    public init(seed: UInt64) { random = RandomSequence(seed, 0x7069_6374) }

    private mutating func between(_ least: Double, _ most: Double) -> Double {
        least + random.uniform() * (most - least)
    }

    /// The next picture; the same ones for the same seed.
    public mutating func next() -> LongRangeRow {
        let label = random.below(Pictogram.all.count)
        return LongRangeRow(image(of: Pictogram.all[label]).pixels, label: label)
    }

    mutating func image(of drawing: Pictogram) -> GreyImage {
        let side = Double(GreyImage.side)
        let size = between(0.28, 0.45) * side
        let (width, height) = (size * between(0.85, 1.15), size * between(0.85, 1.15))
        let (turn, direction) = (between(-0.3, 0.3), random.below(2) == 0 ? 1.0 : -1.0)
        let room = max(0, side / 2 - size)
        let middle = Point(x: side / 2 + between(-room, room), y: side / 2 + between(-room, room))
        let ground = between(30, 225)
        // Never so near to the ground that noise would hide it.
        let grey = ground < 128 ? between(ground + 60, 255) : between(0, ground - 60)
        let slope = (x: between(-25, 25), y: between(-25, 25))
        func shade(_ x: Double, _ y: Double) -> Double {
            let (dx, dy) = (x - middle.x, y - middle.y)
            let place = Point(
                x: direction * (dx * cos(turn) + dy * sin(turn)) / width, y: (dy * cos(turn) - dx * sin(turn)) / height)
            guard abs(place.x) <= 1.1, abs(place.y) <= 1.1 else { return 0 }
            return drawing.marks.last { $0.covers(place) }?.shade ?? 0
        }
        let parts = Self.supersampling
        let pixels = (0..<GreyImage.side * GreyImage.side).map { pixel -> UInt8 in
            let (column, row) = (Double(pixel % GreyImage.side), Double(pixel / GreyImage.side))
            let covered = (0..<parts * parts).reduce(0.0) { sum, part in
                sum
                    + shade(
                        column + (Double(part % parts) + 0.5) / Double(parts),
                        row + (Double(part / parts) + 0.5) / Double(parts))
            }
            let here = ground + slope.x * (column / side - 0.5) + slope.y * (row / side - 0.5)
            let value = here + covered / Double(parts * parts) * (grey - here) + between(-Self.noise, Self.noise)
            return UInt8(min(255, max(0, value.rounded())))
        }
        return GreyImage(pixels: pixels)
    }
}
