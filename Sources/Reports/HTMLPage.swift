/// A page that needs no other file.
public struct HTMLPage {
    let title: String
    let kind: String
    let body: [String]
    let script: String

    /// - Parameters:
    ///   - kind: what it is a page of, above the title.
    ///   - body: HTML, part by part.
    ///   - script: what it does besides.
    public init(title: String, kind: String = "", body: [String], script: String = "") {
        (self.title, self.kind, self.body, self.script) = (title, kind, body, script)
    }

    public var text: String {
        """
        <!DOCTYPE html>
        <html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
        <title>\(title.htmlEscaped)\(kind.isEmpty ? "" : " · \(kind.htmlEscaped)")</title>
        <style>\(String(decoding: PackageResources.page_css, as: UTF8.self))</style>
        <body>
        <header>\(kind.isEmpty ? "" : "<p>\(kind.htmlEscaped)</p>")<h1>\(title.htmlEscaped)</h1></header>
        \(body.joined(separator: "\n"))
        <script>\(String(decoding: PackageResources.hover_js, as: UTF8.self))\(script)</script>
        </body></html>

        """
    }

    /// A table of plain texts.
    ///
    /// - Parameter numbers: the columns that are written to the right; nil for all behind the first.
    public static func table(_ head: [String], _ rows: [[String]], numbers: Range<Int>? = nil) -> String {
        let numbers = numbers ?? 1..<max(1, head.count)
        func line(_ cells: [String], _ tag: String) -> String {
            "<tr>"
                + cells.enumerated().map {
                    "<\(tag)\(numbers.contains($0) ? " class=\"number\"" : "")>\($1.htmlEscaped)</\(tag)>"
                }.joined() + "</tr>"
        }
        return "<div class=\"table\"><table>\n"
            + ([line(head, "th")] + rows.map { line($0, "td") }).joined(separator: "\n") + "\n</table></div>"
    }

    /// Numbers that are looked at first, each with its name.
    public static func tiles(_ tiles: [(name: String, value: String)]) -> String {
        "<dl class=\"tiles\">"
            + tiles.map { "<div><dt>\($0.name.htmlEscaped)</dt><dd>\($0.value.htmlEscaped)</dd></div>" }.joined()
            + "</dl>"
    }

    /// Charts side by side, as many as there is room for; empty where there is none.
    public static func charts(_ charts: [String?]) -> String {
        let shown = charts.compactMap { $0 }
        return shown.isEmpty ? "" : "<div class=\"charts\">\n\(shown.joined(separator: "\n"))\n</div>"
    }

    /// A part under a heading; empty where `body` is.
    public static func section(_ title: String, _ body: String) -> String {
        body.isEmpty ? "" : "<section><h2>\(title.htmlEscaped)</h2>\n\(body)</section>"
    }
}
