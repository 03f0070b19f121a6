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
        let x = Axis(points.map(\.x), Self.margin, Self.width - Self.margin, isLogarithmic.x)
        let y = Axis(points.map(\.y), Self.height - Self.margin, 24, isLogarithmic.y)
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

    private func grid(_ x: Axis, _ y: Axis) -> [String] {
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

    /// From values to places on the picture.
    private struct Axis {
        let low, high, from, to: Double
        let isLogarithmic: Bool

        init(_ values: [Double], _ from: Double, _ to: Double, _ isLogarithmic: Bool) {
            let scaled = values.map { isLogarithmic ? log($0) : $0 }
            low = scaled.min() ?? 0
            high = max(scaled.max() ?? 1, low + 1e-3)
            (self.from, self.to, self.isLogarithmic) = (from, to, isLogarithmic)
        }

        func place(_ value: Double) -> Double {
            from + ((isLogarithmic ? log(value) : value) - low) / (high - low) * (to - from)
        }

        /// Powers of `base`, or about five round numbers.
        func ticks(base: Double) -> [Double] {
            guard !isLogarithmic else {
                let (first, last) = ((low / log(base) - 1e-9).rounded(.up), (high / log(base) + 1e-9).rounded(.down))
                return first <= last ? stride(from: first, through: last, by: 1).map { pow(base, $0) } : []
            }
            let rough = (high - low) / 5
            let power = pow(10, log10(rough).rounded(.down))
            let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? rough
            return Array(stride(from: (low / step).rounded(.up) * step, through: high, by: step))
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
