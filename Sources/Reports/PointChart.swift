import Foundation

/// Points with names over two axes, as a figure that any page takes.
public struct PointChart {
    public struct Point {
        let name: String
        let x, y: Double

        public init(name: String, x: Double, y: Double) { (self.name, self.x, self.y) = (name, x, y) }
    }

    let title: String
    let axes: (x: Quantity, y: Quantity)
    let points: [Point]

    /// - Parameters:
    ///   - axes: what they are, with the units.
    ///   - points: whose x are not below 0.
    public init(title: String, axes: (x: Quantity, y: Quantity), points: [Point]) {
        (self.title, self.axes, self.points) = (title, axes, points)
    }

    public var html: String {
        // From 0 on, so that twice as far to the right is twice as slow; a point beside the frame's edge on neither side.
        let x = ChartAxis([1.05 * (points.map(\.x).max() ?? 1)], axes.x.fromZero, 0, 100)
        let (least, most) = (points.map(\.y).min() ?? 0, points.map(\.y).max() ?? 1)
        let room = max(0.5, 0.1 * (most - least))
        let y = ChartAxis([least - room, most + room], axes.y, 100, 0, isRound: true)
        let frame = ChartFrame(title: title, axes: axes, x: x, y: y)
        return "<div class=\"wide\">" + frame.html(marks(x, y), labels: []) + "</div>"
    }

    /// Of a letter, in percent of the least width, and of a line, in percent of the height.
    private static let (letter, line) = (1.1, 5.0)

    /// Names stand beside their points, on the side where there is room, and below those that they would cover.
    private func marks(_ x: ChartAxis, _ y: ChartAxis) -> [String] {
        var taken: [(left: Double, right: Double, level: Double)] = []
        return points.sorted { $0.y > $1.y }.map { point in
            let (left, top) = (x.place(point.x), y.place(point.y))
            let (length, isLeft) = (Self.letter * Double(point.name.count), left > 50)
            let from = isLeft ? left - 1.5 - length : left + 1.5
            var level = top
            while taken.contains(where: {
                $0.left < from + length && from < $0.right && abs($0.level - level) < Self.line
            }) {
                level += 0.5
            }
            taken.append((from, from + length, level))
            let told = "\(point.name): \(axes.x.title) \(axes.x.text(point.x)), \(axes.y.title) \(axes.y.text(point.y))"
            return String(format: "<circle class=\"s0\" cx=\"%.2f%%\" cy=\"%.2f%%\" r=\"4\">", left, top)
                + "<title>\(told.htmlEscaped)</title></circle>"
                + String(
                    format: "<text class=\"point\" x=\"%.2f%%\" dx=\"%@.8em\" y=\"%.2f%%\" dy=\".32em\"", left,
                    isLeft ? "-" : "", level)
                + " text-anchor=\"\(isLeft ? "end" : "start")\">\(point.name.htmlEscaped)</text>"
        }
    }
}
