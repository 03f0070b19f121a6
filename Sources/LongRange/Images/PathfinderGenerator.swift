import Corpora

/// Pictures in the manner of Pathfinder (Linsley et al. 2018; Tay et al. 2021): two long dashed curves, short ones that
/// distract, and two discs, at both ends of one long curve (class 1) or at an end of each (class 0).
///
/// Not the release's pictures: those have lengths, contrasts and distractors of their own.
public struct PathfinderGenerator {
    /// Strokes of a long and of a short curve, and how many short ones.
    public var (long, short, distractors) = (8, 3, 4)

    static let discRadius = 1.5
    /// Points of a side of a pixel that are tried, of which a pixel's grey is the mean.
    static let supersampling = 4
    private var random: RandomSequence

    public init(seed: UInt64) { random = RandomSequence(seed, 0x7061_7468) }

    /// What a picture is drawn from.
    struct Scene {
        var curves: [Contour]
        var discs: [Point]
        var label: Int

        /// Whether something lies at `point`, or no farther than `reach` from it.
        func isLit(_ point: Point, reach: Double = 0) -> Bool {
            discs.contains { $0.distance(to: point) <= PathfinderGenerator.discRadius + reach }
                || curves.contains { $0.covers(point, reach: reach) }
        }

        var image: GreyImage {
            let (side, parts) = (GreyImage.side, PathfinderGenerator.supersampling)
            return GreyImage(
                pixels: (0..<side * side).map { pixel in
                    // No point of a pixel is farther from its middle than √½.
                    let middle = Point(x: Double(pixel % side) + 0.5, y: Double(pixel / side) + 0.5)
                    guard isLit(middle, reach: 0.71) else { return 0 }
                    let lit = (0..<parts * parts).count { part in
                        isLit(
                            Point(
                                x: Double(pixel % side) + (Double(part % parts) + 0.5) / Double(parts),
                                y: Double(pixel / side) + (Double(part / parts) + 0.5) / Double(parts)))
                    }
                    return UInt8(255 * lit / (parts * parts))
                })
        }
    }

    /// The next picture; the same ones for the same seed.
    public mutating func next() -> LongRangeRow {
        let scene = nextScene()
        return LongRangeRow(scene.image.pixels, label: scene.label)
    }

    mutating func nextScene() -> Scene {
        let lengths = [long, long] + Array(repeating: short, count: distractors)
        while true {
            var curves: [Contour] = []
            for length in lengths {
                // Where the picture is too full for the next one, it begins again.
                for _ in 0..<20 where curves.count < lengths.count {
                    if let curve = Contour(length, awayFrom: curves, &random) {
                        curves.append(curve)
                        break
                    }
                }
            }
            guard curves.count == lengths.count else { continue }
            let label = random.below(2)
            let ends = [curves[0].ends, curves[1].ends].map { random.below(2) == 0 ? $0 : ($0.1, $0.0) }
            return Scene(curves: curves, discs: [ends[0].0, label == 1 ? ends[0].1 : ends[1].0], label: label)
        }
    }
}
