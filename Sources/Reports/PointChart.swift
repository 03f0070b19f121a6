import Foundation

/// Points with names over two axes, as an SVG picture.
public struct PointChart {
    public struct Point {
        let name: String
        let x, y: Double

        public init(name: String, x: Double, y: Double) { (self.name, self.x, self.y) = (name, x, y) }
    }

    let title: String
    let axes: (x: String, y: String)
    let points: [Point]

    /// - Parameters:
    ///   - axes: what they are, with the units.
    ///   - points: whose x are not below 0.
    public init(title: String, axes: (x: String, y: String), points: [Point]) {
        (self.title, self.axes, self.points) = (title, axes, points)
    }

    private static let (width, height, margin) = (860.0, 420.0, 64.0)

    public var svg: String {
        // From 0 on, so that twice as far to the right is twice as slow; a point beside the frame's edge on neither side.
        let x = ChartAxis([0, 1.05 * (points.map(\.x).max() ?? 1)], Self.margin, Self.width - Self.margin)
        let (least, most) = (points.map(\.y).min() ?? 0, points.map(\.y).max() ?? 1)
        let room = max(0.5, 0.1 * (most - least))
        let y = ChartAxis([least - room, most + room], Self.height - Self.margin, 16)
        let middle = (Self.margin + Self.height - Self.margin) / 2
        return """
            <h2>\(title.htmlEscaped)</h2>
            <svg xmlns="http://www.w3.org/2000/svg" width="\(Int(Self.width))" height="\(Int(Self.height))" \
            font-family="sans-serif" font-size="12">
            \((grid(x, y) + marks(x, y)).joined(separator: "\n"))
            <text x="\(Self.width / 2)" y="\(Self.height - 16)" text-anchor="middle">\(axes.x.htmlEscaped)</text>
            <text transform="translate(16 \(middle)) rotate(-90)" text-anchor="middle">\(axes.y.htmlEscaped)</text>
            </svg>
            """
    }

    private func grid(_ x: ChartAxis, _ y: ChartAxis) -> [String] {
        func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
            "<line x1=\"\(x1)\" y1=\"\(y1)\" x2=\"\(x2)\" y2=\"\(y2)\" stroke=\"#ddd\"/>"
        }
        return x.ticks().map { value in
            line(x.place(value), y.from, x.place(value), y.to)
                + "<text x=\"\(x.place(value))\" y=\"\(y.from + 18)\" text-anchor=\"middle\">"
                + "\(String(format: "%g", value))</text>"
        }
            + y.ticks().map { value in
                line(x.from, y.place(value), x.to, y.place(value))
                    + "<text x=\"\(x.from - 6)\" y=\"\(y.place(value) + 4)\" text-anchor=\"end\">"
                    + "\(String(format: "%g", value))</text>"
            }
    }

    /// Names stand beside their points, on the side where there is room, and below those that they would cover.
    private func marks(_ x: ChartAxis, _ y: ChartAxis) -> [String] {
        var taken: [(left: Double, right: Double, level: Double)] = []
        return points.sorted { $0.y > $1.y }.map { point in
            let (left, top) = (x.place(point.x), y.place(point.y))
            let (length, isLeft) = (7 * Double(point.name.count), left > Self.width / 2)
            let from = isLeft ? left - 8 - length : left + 8
            var level = top + 4
            while taken.contains(where: { $0.left < from + length && from < $0.right && abs($0.level - level) < 13 }) {
                level += 1
            }
            taken.append((from, from + length, level))
            return "<circle cx=\"\(left)\" cy=\"\(top)\" r=\"4\" fill=\"#1f77b4\"/>"
                + "<text x=\"\(isLeft ? left - 8 : left + 8)\" y=\"\(level)\" text-anchor=\"\(isLeft ? "end" : "start")\">"
                + "\(point.name.htmlEscaped)</text>"
        }
    }
}
