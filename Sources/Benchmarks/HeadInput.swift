import Foundation
import Tensors

/// Queries, keys and values of one head, side by side: what an attention is timed on.
public struct HeadInput {
    let length: Int
    let width: Int
    /// [length, 3 · width]
    let values: [Float]

    /// Normal numbers: queries and keys hardly meet.
    public static func random(length: Int, width: Int) -> HeadInput {
        HeadInput(length: length, width: width, values: normals(length * 3 * width, "random"))
    }

    /// Queries and keys around 32 common centres, so that each is near a thirty-second of the others.
    public static func clustered(length: Int, width: Int) -> HeadInput {
        let centres = normals(32 * width, "centres")
        var values = normals(length * 3 * width, "clustered")
        for row in 0..<length {
            for part in 0..<2 {
                let centre = RandomStream(seed: 7).word(UInt32(2 * row + part)) % 32
                for column in 0..<width {
                    let index = row * 3 * width + part * width + column
                    values[index] = centres[Int(centre) * width + column] + 0.5 * values[index]
                }
            }
        }
        return HeadInput(length: length, width: width, values: values)
    }

    /// The same for every one of `heads` heads, [length, 3 · heads · width].
    func repeated(_ heads: Int) -> [Float] {
        guard heads > 1 else { return values }
        return (0..<3 * length).flatMap { part in
            (0..<heads).flatMap { _ in values[part * width..<(part + 1) * width] }
        }
    }

    private static func normals(_ count: Int, _ name: String) -> [Float] {
        let stream = RandomStream(seed: 3).stream(name)
        return (0..<UInt32(count)).map { index in
            let radius = (-2 * log(stream.uniform(2 * index))).squareRoot()
            return Float(radius * cos(2 * Double.pi * stream.uniform(2 * index + 1)))
        }
    }
}
