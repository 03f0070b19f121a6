import Corpora
import Foundation

/// A point of a picture, in pixels.
struct Point: Equatable {
    var x, y: Double

    func moved(_ distance: Double, towards angle: Double) -> Point {
        Point(x: x + distance * cos(angle), y: y + distance * sin(angle))
    }

    func distance(to other: Point) -> Double { hypot(x - other.x, y - other.y) }
}

/// A dashed curve: short strokes one behind the other, whose direction changes a little from each to the next.
struct Contour {
    /// Pixels of a stroke, between two of them, and of a stroke's width.
    static let (stroke, gap, thickness) = (2.0, 1.25, 0.75)
    /// Pixels that different curves keep from each other, so that none goes on where another ends.
    static let separation = 3.0
    private static let (turn, attempts, margin) = (0.45, 12, 2.0)

    let strokes: [(from: Point, to: Point)]
    /// Five of every stroke.
    private let points: [Point]

    /// Both ends.
    var ends: (Point, Point) { (strokes[0].from, strokes[strokes.count - 1].to) }

    /// A curve of `count` strokes that keeps away from `others`; nil where it ran into one of them or into the edge.
    init?(_ count: Int, awayFrom others: [Contour], _ random: inout RandomSequence) {
        let inside = Self.margin...Double(GreyImage.side) - Self.margin
        func uniform() -> Double { inside.lowerBound + random.uniform() * (inside.upperBound - inside.lowerBound) }
        var (place, angle) = (Point(x: uniform(), y: uniform()), random.uniform() * 2 * .pi)
        var strokes: [(from: Point, to: Point)] = []
        for _ in 0..<count {
            var stroke = (from: place, to: place)
            let fits = (0..<Self.attempts).contains { attempt in
                let direction = attempt == 0 ? angle : angle + Self.turn * (2 * random.uniform() - 1)
                stroke.to = place.moved(Self.stroke, towards: direction)
                guard inside.contains(stroke.to.x), inside.contains(stroke.to.y),
                    others.allSatisfy({ $0.isApart(from: stroke) })
                else { return false }
                angle = direction
                return true
            }
            guard fits else { return nil }
            strokes.append(stroke)
            angle += Self.turn * (2 * random.uniform() - 1)
            place = stroke.to.moved(Self.gap, towards: angle)
        }
        (self.strokes, points) = (strokes, strokes.flatMap(Self.points))
    }

    /// Whether points of both that are a quarter of a stroke apart keep the distance that curves have to.
    private func isApart(from stroke: (from: Point, to: Point)) -> Bool {
        Self.points(of: stroke).allSatisfy { point in
            points.allSatisfy { other in
                let (dx, dy) = (other.x - point.x, other.y - point.y)
                return dx * dx + dy * dy >= Self.separation * Self.separation
            }
        }
    }

    private static func points(of stroke: (from: Point, to: Point)) -> [Point] {
        (0...4).map { step in
            let share = Double(step) / 4
            return Point(
                x: stroke.from.x + share * (stroke.to.x - stroke.from.x),
                y: stroke.from.y + share * (stroke.to.y - stroke.from.y))
        }
    }

    /// Whether a stroke covers `point`, or comes as near as `reach` to it.
    func covers(_ point: Point, reach: Double = 0) -> Bool {
        strokes.contains { from, to in
            let (dx, dy) = (to.x - from.x, to.y - from.y)
            let share = ((point.x - from.x) * dx + (point.y - from.y) * dy) / (dx * dx + dy * dy)
            let nearest = Point(x: from.x + min(1, max(0, share)) * dx, y: from.y + min(1, max(0, share)) * dy)
            return nearest.distance(to: point) <= Self.thickness / 2 + reach
        }
    }
}
