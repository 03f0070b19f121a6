/// A page that needs no other file.
public struct HTMLPage {
    let title: String
    let body: [String]

    /// - Parameter body: HTML, part by part.
    public init(title: String, body: [String]) { (self.title, self.body) = (title, body) }

    public var text: String {
        """
        <!DOCTYPE html>
        <html lang="en"><meta charset="utf-8"><title>\(title.htmlEscaped)</title>
        <style>body { font-family: sans-serif } td, th { padding: 2px 10px; text-align: left }</style>
        <body>
        <h1>\(title.htmlEscaped)</h1>
        \(body.joined(separator: "\n"))
        </body></html>

        """
    }

    /// A table of plain texts.
    public static func table(_ head: [String], _ rows: [[String]]) -> String {
        func line(_ cells: [String], _ tag: String) -> String {
            "<tr>" + cells.map { "<\(tag)>\($0.htmlEscaped)</\(tag)>" }.joined() + "</tr>"
        }
        return "<table>\n" + ([line(head, "th")] + rows.map { line($0, "td") }).joined(separator: "\n") + "\n</table>"
    }
}
