import Foundation

/// Lines over a common axis, each named at its end, as a figure that any page takes.
///
/// Lines are scaled with the page, letters and strokes are not: places are percentages of the picture.
public struct LineChart {
    public struct Series {
        let name: String
        let points: [(x: Double, y: Double)]
        let notes: [String]
        let isReference: Bool

        /// - Parameters:
        ///   - notes: what else is said of points where they are pointed at; of none or of every one.
        ///   - isReference: whether it is only there to be compared with.
        public init(
            name: String, points: [(x: Double, y: Double)], notes: [String] = [], isReference: Bool = false
        ) {
            (self.name, self.points, self.notes, self.isReference) = (name, points, notes, isReference)
        }
    }

    let title: String
    let axes: (x: Quantity, y: Quantity)
    let series: [Series]
    /// In which lines have the colours of the page; of one that is left out the colour is, too.
    private let colours: [Int]

    /// Values that no axis can show are left out.
    ///
    /// - Parameter colours: of the series, from 0, where several charts show the same; nil for one after the other.
    public init(title: String, axes: (x: Quantity, y: Quantity), series: [Series], colours: [Int]? = nil) {
        (self.title, self.axes, self.colours) = (title, axes, colours ?? Array(series.indices))
        self.series = series.map { line in
            let shown = line.points.indices.filter { index in
                let point = line.points[index]
                return point.x.isFinite && point.y.isFinite && (!axes.x.isLogarithmic || point.x > 0)
                    && (!axes.y.isLogarithmic || point.y > 0)
            }
            return Series(
                name: line.name, points: shown.map { line.points[$0] },
                notes: line.notes.isEmpty ? [] : shown.map { line.notes[$0] }, isReference: line.isReference)
        }
    }

    /// Nil where there is no point to show.
    public var html: String? {
        let shown = zip(series, colours).filter { !$0.0.points.isEmpty }
        guard !shown.isEmpty else { return nil }
        let points = shown.flatMap(\.0.points)
        let x = ChartAxis(points.map(\.x), axes.x, 0, 100)
        let y = ChartAxis(points.map(\.y), axes.y, 100, 0, isRound: true)
        let frame = ChartFrame(title: title, axes: axes, x: x, y: y)
        let classes = shown.map { $0.isReference ? "reference" : "s\($1 % ChartFrame.colours)" }
        let lines = zip(shown, classes).map { line($0.0, $1, x, y) }
        let marks = zip(shown, classes).flatMap { dots($0.0, $1, x, y) }
        let ends = zip(shown, classes).map { line, colour in
            let last = line.0.points[line.0.points.count - 1]
            return ChartFrame.Label(name: line.0.name, colour: colour, x: x.place(last.x), y: y.place(last.y))
        }
        return frame.html(
            ["<svg viewBox=\"0 0 1000 1000\" preserveAspectRatio=\"none\">\(lines.joined())</svg>"] + marks,
            // A line that stands alone is named by the title.
            labels: series.count > 1 ? ends : [])
    }

    private func line(_ line: Series, _ colour: String, _ x: ChartAxis, _ y: ChartAxis) -> String {
        let places = line.points.map { String(format: "%.1f,%.1f", 10 * x.place($0.x), 10 * y.place($0.y)) }
        func joined(_ texts: [String]) -> String { texts.joined(separator: "|").htmlEscaped }
        let values =
            line.isReference
            ? ""
            : " data-name=\"\(line.name.htmlEscaped)\" data-x=\"\(joined(line.points.map { axes.x.text($0.x) }))\""
                + " data-y=\"\(joined(line.points.indices.map { told(line, $0) }))\""
        return "<polyline class=\"\(colour)\"\(values) points=\"\(places.joined(separator: " "))\"/>"
    }

    private func told(_ line: Series, _ index: Int) -> String {
        axes.y.text(line.points[index].y) + (line.notes.isEmpty ? "" : ", \(line.notes[index])")
    }

    /// Of lines with few points, or a single one, which no line shows.
    private func dots(_ line: Series, _ colour: String, _ x: ChartAxis, _ y: ChartAxis) -> [String] {
        guard line.points.count <= 40, !line.isReference else { return [] }
        return line.points.enumerated().map { index, point in
            String(
                format: "<circle class=\"%@\" cx=\"%.2f%%\" cy=\"%.2f%%\" r=\"3\">", colour, x.place(point.x),
                y.place(point.y))
                + "<title>\("\(line.name), \(axes.x.title) \(axes.x.text(point.x)): \(told(line, index))".htmlEscaped)</title></circle>"
        }
    }
}
