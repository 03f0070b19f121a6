import Foundation

/// Lines over a common axis, as an SVG picture.
public struct LineChart {
    public struct Series {
        let name: String
        let points: [(x: Double, y: Double)]

        public init(name: String, points: [(x: Double, y: Double)]) { (self.name, self.points) = (name, points) }
    }

    let title: String
    let series: [Series]
    let isLogarithmic: (x: Bool, y: Bool)

    /// - Parameter isLogarithmic: whether the axes are; their values are then above 0.
    public init(title: String, series: [Series], isLogarithmic: (x: Bool, y: Bool) = (false, false)) {
        (self.title, self.series, self.isLogarithmic) = (title, series, isLogarithmic)
    }

    private static let (width, height, margin) = (640.0, 420.0, 56.0)
    private static let colours = [
        "#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#e377c2", "#17becf", "#7f7f7f", "#bcbd22",
        "#000000", "#aec7e8",
    ]

    public var svg: String {
        let points = series.flatMap(\.points)
        let x = ChartAxis(points.map(\.x), Self.margin, Self.width - Self.margin, isLogarithmic.x)
        let y = ChartAxis(points.map(\.y), Self.height - Self.margin, 24, isLogarithmic.y)
        var parts = grid(x, y)
        for (index, line) in series.enumerated() {
            let colour = Self.colours[index % Self.colours.count]
            let places = line.points.map { String(format: "%.1f,%.1f", x.place($0.x), y.place($0.y)) }
            parts.append(
                "<polyline fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\" points=\"\(places.joined(separator: " "))\"/>"
            )
            let level = 24 + 18 * index
            parts.append("<rect x=\"650\" y=\"\(level)\" width=\"12\" height=\"12\" fill=\"\(colour)\"/>")
            parts.append("<text x=\"668\" y=\"\(level + 11)\" font-size=\"13\">\(line.name.htmlEscaped)</text>")
        }
        return """
            <h2>\(title.htmlEscaped)</h2>
            <svg xmlns="http://www.w3.org/2000/svg" width="860" height="\(Int(Self.height))" font-family="sans-serif">
            \(parts.joined(separator: "\n"))
            </svg>
            """
    }

    private func grid(_ x: ChartAxis, _ y: ChartAxis) -> [String] {
        x.ticks(base: 2).map { value in
            "<text x=\"\(x.place(value))\" y=\"\(Self.height - 34)\" font-size=\"12\" text-anchor=\"middle\">"
                + "\(String(format: "%g", value))</text>"
        }
            + y.ticks(base: 10).map { value in
                let place = y.place(value)
                return "<line x1=\"\(Self.margin)\" x2=\"\(Self.width - Self.margin)\" y1=\"\(place)\" y2=\"\(place)\" "
                    + "stroke=\"#ddd\"/><text x=\"\(Self.margin - 6)\" y=\"\(place + 4)\" font-size=\"12\" "
                    + "text-anchor=\"end\">\(String(format: "%g", value))</text>"
            }
    }
}

extension String {
    /// The text with what HTML would read as its own spelled out.
    public var htmlEscaped: String {
        replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
            .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
    }
}
