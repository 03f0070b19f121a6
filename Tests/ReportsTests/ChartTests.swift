import Foundation
import Testing

@testable import Reports

@Suite struct ChartTests {
    private let loss = Quantity("nats") { String(format: "%.3f", $0) }

    private func matches(_ pattern: String, in text: String) throws -> [String] {
        let expression = try NSRegularExpression(pattern: pattern)
        return expression.matches(in: text, range: NSRange(text.startIndex..., in: text)).compactMap {
            Range($0.range(at: 1), in: text).map { String(text[$0]) }
        }
    }

    /// An accent behind a mark makes one character of both.
    @Test(arguments: ["", "\u{301}"]) func noTextEndsWhatItStandsIn(accent: String) {
        #expect("<\(accent)\"\(accent)>&".htmlEscaped == "&lt;\(accent)&quot;\(accent)&gt;&amp;")
        #expect(MarkdownTable.text([["a|\(accent)b", "c\n\(accent)d"]]).hasPrefix("| a\\|\(accent)b | c \(accent)d |"))
    }

    @Test func pointsTellTheirValuesAndAxesTheirNames() throws {
        // With their types, which the compiler finds slowly.
        let points = (1...50).map { (step: Int) -> (Double, Double) in (100 * Double(step), 5 - 0.05 * Double(step)) }
        let chart = LineChart(
            title: "Loss", axes: (Quantity("step"), loss),
            series: [
                .init(name: "training", points: points),
                .init(name: "held <out>", points: [(1000, 4.75), (5000, 3.21)], notes: ["9 rows", "8 rows"]),
            ])
        let html = try #require(chart.html)
        #expect(html.contains("<b>Loss</b> <small>nats</small>"))
        #expect(try matches("class=\"name\"[^>]*>([^<]*)<", in: html) == ["step"])
        #expect(html.contains("<title>held &lt;out&gt;, step 5,000: 3.210, 8 rows</title>"))
        #expect(
            html.contains(
                "data-name=\"held &lt;out&gt;\" data-x=\"1,000|5,000\" data-y=\"4.750, 9 rows|3.210, 8 rows\""))
        // Of a long line no point has a mark, and every one a value.
        #expect(try matches("(<circle)", in: html).count == 2)
        let values = try #require(
            try matches("data-name=\"training\" data-x=\"[^\"]*\" data-y=\"([^\"]*)\"", in: html).first)
        #expect(values.split(separator: "|").count == 50 && values.hasPrefix("4.950|4.900|"))
        // Where the values say: 4.95 of an axis from 2.5 to 5 at the top, on a picture of 1000.
        let places = try matches("class=\"s0\" data[^>]* points=\"([^ ]*) ", in: html)
        #expect(places == ["0.0,20.0"])
        #expect(try matches("class=\"end (s[0-9])\"", in: html).sorted() == ["s0", "s1"])
    }

    @Test func whatNoAxisShowsIsLeftOut() throws {
        let points = [(1.0, 1.0), (2, .nan), (3, 0), (4, 100), (.infinity, 5)]
        let chart = LineChart(
            title: "Norm", axes: (Quantity("step"), Quantity("norm").logarithmic),
            series: [.init(name: "a", points: points)])
        let html = try #require(chart.html)
        #expect(html.contains("data-x=\"1|4\" data-y=\"1|100\"") && !html.contains("nan") && !html.contains("inf"))
        let none = LineChart(title: "Norm", axes: (Quantity("step"), loss), series: [.init(name: "a", points: [])])
        #expect(none.html == nil)
        let one = LineChart(title: "Norm", axes: (Quantity("step"), loss), series: [.init(name: "a", points: [(7, 0)])])
        #expect(try #require(one.html).contains("<title>a, step 7: 0.000</title>"))
    }

    /// Also where no power of two lies within.
    @Test(arguments: [[100.0], [3, 3.5], [70, 120], [64, 4096]]) func lengthsHaveTicks(values: [Double]) {
        let axis = ChartAxis(values, Quantity("tokens").logarithmic, 0, 100)
        let ticks = axis.ticks(base: 2)
        #expect(!ticks.isEmpty && ticks.allSatisfy { (-1e-6...100 + 1e-6).contains(axis.place($0)) }, "\(ticks)")
    }

    @Test(arguments: [
        (Quantity("a"), [0.13, 7.9], [0, 2, 4, 6, 8]),
        (Quantity("a").fromZero, [6e-5, 1.2e-3], [0, 5e-4, 1e-3, 1.5e-3]),
        (Quantity("a"), [-3, 5], [-4, -2, 0, 2, 4, 6]),
        (Quantity("a").logarithmic, [0.9, 12_000], [1, 10, 100, 1000, 10_000]),
        (Quantity("a").logarithmic, [2, 30], [2, 5, 10, 20]), (Quantity("a").whole, [1, 3], [1, 2, 3]),
        (Quantity("a"), [5, 5], [5, 5.1, 5.2, 5.3, 5.4, 5.5]),
    ])
    func ticksAreRound(_ quantity: Quantity, _ values: [Double], _ ticks: [Double]) {
        let axis = ChartAxis(values, quantity, 0, 100, isRound: true)
        let found = axis.ticks()
        #expect(found.count == ticks.count && zip(found, ticks).allSatisfy { abs($0 - $1) < 1e-9 }, "\(found)")
        #expect(!found.map(quantity.tick).contains { $0.hasPrefix("-0") && Double($0) == 0 })
        for value in values { #expect((-1e-9...100 + 1e-9).contains(axis.place(value))) }
    }

    @Test func namesAtTheEndsOfLinesDoNotCoverOneAnother() throws {
        let series = (0..<6).map { LineChart.Series(name: "run \($0)", points: [(0, 1), (1, 0.001 * Double($0))]) }
        let html = try #require(LineChart(title: "a", axes: (Quantity("x"), Quantity("y")), series: series).html)
        let levels = try matches("class=\"end[^>]* y=\"([0-9.]*)%\"", in: html).compactMap(Double.init).sorted()
        #expect(levels.count == 6 && levels.allSatisfy { (0...100).contains($0) }, "\(levels)")
        #expect(zip(levels, levels.dropFirst()).allSatisfy { $1 - $0 > 6.9 }, "\(levels)")
    }

    @Test func numbersAreShortAtAxesAndWholeWherePointedAt() {
        #expect([0, 0.0002, 12_500, 3e6, -1500].map(Quantity.short) == ["0", "0.0002", "12.5k", "3M", "-1.5k"])
        #expect([0.02114, 5060, 1_234_567, -1500].map(Quantity.long) == ["0.02114", "5,060", "1,234,567", "-1,500"])
        let share = Quantity.share("a")
        #expect(share.tick(0.835) == "83.5%" && share.text(0.83486) == "83.5%")
    }
}

@Suite struct MarkdownTableTests {
    @Test func whatIsInACellEndsNone() {
        #expect(MarkdownTable.text([["a", "b"], ["x|y\nz", "1"]]) == "| a | b |\n|---|---|\n| x\\|y z | 1 |")
    }
}
