import Foundation
import Options

/// The figure around what a chart shows: its title, grid, axes with their names, and labels.
struct ChartFrame {
    let title: String
    let axes: (x: Quantity, y: Quantity)
    let x, y: ChartAxis

    /// A name beside a point, in percent of the picture.
    struct Label {
        let name: String
        let colour: String
        let x: Double
        var y: Double
    }

    /// As many as the page has.
    static let colours = 6
    /// Of a line of letters, in percent of a picture's height.
    private static let lineHeight = 7.0
    private static let longestName = 24

    func html(_ parts: [String], labels: [Label]) -> String {
        // Names in the picture's left half end in its right one.
        let longest = labels.filter { $0.x > 55 }.map { min(Self.longestName, $0.name.count) }.max() ?? 0
        let key = labels.map { "<i class=\"\($0.colour)\">\($0.name.htmlEscaped)</i>" }.joined(separator: " ")
        return """
            <figure class="chart\(longest > 12 ? " long" : "")" style="--end:\(String(format: "%.1f", 1 + 0.6 * Double(longest)))em">
            <figcaption><b>\(title.htmlEscaped)</b> <small>\(axes.y.title.htmlEscaped)</small>\
            \(key.isEmpty ? "" : "<span class=\"key\">\(key)</span>")</figcaption>
            <svg class="plot" role="img" aria-label="\(title.htmlEscaped): \(axes.y.title.htmlEscaped) over \(axes.x.title.htmlEscaped)">
            \(([grid] + parts + Self.apart(labels).map(text)).joined(separator: "\n"))
            </svg></figure>
            """
    }

    private var grid: String {
        let levels = y.ticks().map { value in
            let place = percent(y.place(value))
            return "<line x1=\"0\" x2=\"100%\" y1=\"\(place)\" y2=\"\(place)\"/>"
                + "<text class=\"y\" x=\"0\" dx=\"-.6em\" y=\"\(place)\" dy=\".32em\">\(axes.y.tick(value).htmlEscaped)</text>"
        }
        let ticks = x.ticks(base: 2).map { value in
            "<text class=\"x\" x=\"\(percent(x.place(value)))\" y=\"100%\" dy=\"1.5em\">\(axes.x.tick(value).htmlEscaped)</text>"
        }
        let name = "<text class=\"name\" x=\"100%\" y=\"100%\" dy=\"2.8em\">\(axes.x.title.htmlEscaped)</text>"
        return "<g class=\"grid\">\((levels + ticks).joined())\(name)</g>"
    }

    private func text(_ label: Label) -> String {
        let name =
            label.name.count > Self.longestName ? label.name.prefix(Self.longestName - 1) + "…" : label.name[...]
        return
            "<text class=\"end \(label.colour)\" x=\"\(percent(label.x))\" dx=\".7em\" y=\"\(percent(label.y))\" dy=\".32em\">"
            + "\(String(name).htmlEscaped)</text>"
    }

    private func percent(_ value: Double) -> String { String(format: "%.2f%%", value) }

    /// Labels that would cover one another, moved up and down until none does.
    private static func apart(_ labels: [Label]) -> [Label] {
        var labels = labels.sorted { $0.y < $1.y }
        for index in labels.indices {
            for earlier in labels[..<index] where abs(earlier.x - labels[index].x) < 40 {
                labels[index].y = max(labels[index].y, earlier.y + lineHeight)
            }
        }
        var limit = 100.0
        for index in labels.indices.reversed() where labels[index].y > limit {
            labels[index].y = limit
            limit -= lineHeight
        }
        return labels
    }
}

extension String {
    /// The text with what HTML would read as its own spelled out.
    public var htmlEscaped: String {
        escaped(["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;"])
    }
}
