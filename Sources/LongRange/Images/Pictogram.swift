import Foundation

/// A simple drawing of what a class of CIFAR-10 shows, in a square from -1 to 1, y downwards; animals look to the right.
struct Pictogram: Sendable {
    /// A part, which covers those before it.
    struct Mark: Sendable {
        enum Outline: Sendable {
            case oval(middle: Point, radii: Point, turn: Double)
            /// By whether a ray meets the outline an odd number of times.
            case polygon([Point])
        }

        let outline: Outline
        /// How far from the ground towards the drawing's grey.
        let shade: Double

        func covers(_ point: Point) -> Bool {
            switch outline {
            case .oval(let middle, let radii, let turn):
                let (x, y) = (point.x - middle.x, point.y - middle.y)
                let along = (x * cos(turn) + y * sin(turn)) / radii.x
                let across = (y * cos(turn) - x * sin(turn)) / radii.y
                return along * along + across * across <= 1
            case .polygon(let corners):
                var isInside = false
                for (a, b) in zip(corners, corners.dropFirst() + corners.prefix(1))
                where (a.y > point.y) != (b.y > point.y) {
                    if point.x < a.x + (point.y - a.y) / (b.y - a.y) * (b.x - a.x) { isInside.toggle() }
                }
                return isInside
            }
        }
    }

    let marks: [Mark]

    /// In the order of `CIFARFile.classes`.
    static let all = [airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck].map(Pictogram.init)

    private static let dark = 0.25

    private static func shape(_ shade: Double = 1, _ corners: (Double, Double)...) -> Mark {
        Mark(outline: .polygon(corners.map { Point(x: $0, y: $1) }), shade: shade)
    }

    private static func oval(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, turn: Double = 0, _ shade: Double = 1
    ) -> Mark {
        Mark(outline: .oval(middle: Point(x: x, y: y), radii: Point(x: width, y: height), turn: turn), shade: shade)
    }

    private static func disc(_ x: Double, _ y: Double, _ radius: Double, _ shade: Double = 1) -> Mark {
        oval(x, y, radius, radius, shade)
    }

    private static func line(
        _ from: (x: Double, y: Double), _ to: (x: Double, y: Double), width: Double = 0.08, _ shade: Double = 1
    ) -> Mark {
        let length = hypot(to.x - from.x, to.y - from.y)
        let (x, y) = ((from.y - to.y) / length * width / 2, (to.x - from.x) / length * width / 2)
        return shape(
            shade, (from.x + x, from.y + y), (to.x + x, to.y + y), (to.x - x, to.y - y), (from.x - x, from.y - y))
    }

    private static func legs(_ places: [Double], from top: Double, to ground: Double, width: Double) -> [Mark] {
        places.map { line(($0, top), ($0, ground), width: width) }
    }

    /// From above.
    private static let airplane: [Mark] = [
        oval(0, 0, 0.95, 0.14),
        shape(1, (0.25, 0), (-0.3, -0.85), (-0.5, -0.85), (-0.2, 0), (-0.5, 0.85), (-0.3, 0.85)),
        shape(1, (-0.65, 0), (-0.95, -0.35), (-0.85, 0), (-0.95, 0.35)),
    ]
    private static let automobile: [Mark] = [
        shape(
            1, (-0.95, 0.3), (-0.95, 0), (-0.55, -0.05), (-0.3, -0.4), (0.3, -0.4), (0.6, -0.05), (0.95, 0.05),
            (0.95, 0.3)),
        shape(dark, (-0.4, -0.05), (-0.22, -0.32), (0.22, -0.32), (0.42, -0.05)),
        disc(-0.5, 0.32, 0.2, dark), disc(0.55, 0.32, 0.2, dark),
    ]
    private static let bird: [Mark] =
        [
            oval(0, 0.1, 0.5, 0.28, turn: -0.3), disc(0.5, -0.25, 0.2),
            shape(1, (0.66, -0.32), (0.98, -0.22), (0.66, -0.15)),
            shape(0.7, (-0.1, 0), (-0.45, -0.75), (0.25, -0.05)), shape(1, (-0.4, 0.2), (-0.98, 0.45), (-0.85, 0.1)),
        ] + legs([0, 0.15], from: 0.33, to: 0.75, width: 0.06)
    private static let cat: [Mark] = [
        oval(-0.1, 0.45, 0.5, 0.45), disc(0.1, -0.2, 0.38), shape(1, (-0.25, -0.35), (-0.22, -0.85), (0.08, -0.52)),
        shape(1, (0.12, -0.52), (0.42, -0.85), (0.45, -0.35)), line((-0.55, 0.6), (-0.95, -0.05), width: 0.1),
        disc(-0.03, -0.25, 0.06, dark), disc(0.23, -0.25, 0.06, dark),
    ]
    private static let deer: [Mark] =
        [
            oval(-0.1, 0.15, 0.5, 0.22), line((0.3, 0.1), (0.6, -0.4), width: 0.16),
            oval(0.7, -0.45, 0.2, 0.1, turn: 0.3), line((0.6, -0.5), (0.45, -0.95), width: 0.06),
            line((0.5, -0.75), (0.75, -0.98), width: 0.06), line((0.62, -0.5), (0.85, -0.9), width: 0.06),
        ] + legs([-0.5, -0.3, 0.15, 0.35], from: 0.2, to: 0.9, width: 0.07)
    private static let dog: [Mark] =
        [
            oval(-0.1, 0.2, 0.5, 0.24), disc(0.5, -0.15, 0.26), oval(0.75, -0.08, 0.2, 0.11),
            oval(0.38, -0.08, 0.09, 0.25, dark), line((-0.55, 0.1), (-0.85, -0.35)),
        ] + legs([-0.5, -0.35, 0.15, 0.3], from: 0.3, to: 0.8, width: 0.1)
    /// From in front.
    private static let frog: [Mark] =
        [-1.0, 1.0].flatMap { (side: Double) -> [Mark] in
            let eye = disc(0.3 * side, -0.22, 0.2)
            return [oval(0.72 * side, 0.5, 0.28, 0.15, turn: 0.5 * side), eye, disc(0.3 * side, -0.24, 0.09, dark)]
        } + [oval(0, 0.2, 0.65, 0.38), line((-0.35, 0.3), (0.35, 0.3), width: 0.06, dark)]
    private static let horse: [Mark] =
        [
            oval(-0.1, 0.05, 0.55, 0.26), shape(1, (0.2, -0.05), (0.5, 0.1), (0.75, -0.6), (0.5, -0.7)),
            oval(0.75, -0.6, 0.25, 0.12, turn: 0.6), line((0.25, -0.1), (0.5, -0.72), width: 0.12, dark),
            line((-0.6, 0), (-0.85, 0.6), width: 0.12, dark),
        ] + legs([-0.55, -0.4, 0.2, 0.35], from: 0.15, to: 0.95, width: 0.09)
    private static let ship: [Mark] = [
        shape(1, (-0.95, 0.2), (0.95, 0.2), (0.65, 0.65), (-0.7, 0.65)),
        shape(0.7, (-0.5, -0.15), (0.35, -0.15), (0.35, 0.2), (-0.5, 0.2)),
        shape(dark, (-0.2, -0.65), (0.05, -0.65), (0.05, -0.15), (-0.2, -0.15)),
        line((0.55, 0.2), (0.55, -0.7), width: 0.06),
    ]
    private static let truck: [Mark] =
        [
            shape(1, (-0.95, -0.55), (0.35, -0.55), (0.35, 0.35), (-0.95, 0.35)),
            shape(0.8, (0.4, -0.2), (0.7, -0.2), (0.95, 0.1), (0.95, 0.35), (0.4, 0.35)),
            shape(dark, (0.5, -0.1), (0.66, -0.1), (0.8, 0.08), (0.5, 0.08)),
        ] + [-0.65, -0.2, 0.65].map { disc($0, 0.42, 0.17, dark) }
}
