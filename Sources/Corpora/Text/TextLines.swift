import Foundation
import JSON

/// The lines of a text: of JSON lines those of each object's `text`, which is a document, blank ones left out and one behind it.
final class TextLines {
    private let url: URL
    private let lines: LineReader
    private let isJSON: Bool
    /// Of a document, the next one last.
    private var rest: [String] = []

    init(_ url: URL) throws {
        self.url = url
        lines = try LineReader(url)
        isJSON = Self.isJSON(url.lastPathComponent)
    }

    /// Whether it is one of JSON lines, compressed or not.
    static func isJSON(_ name: String) -> Bool {
        let name = name.lowercased() as NSString
        let isCompressed = ["gz", "xz"].contains(name.pathExtension)
        return ((isCompressed ? name.deletingPathExtension : name as String) as NSString).pathExtension == "jsonl"
    }

    /// Bytes read from the disk so far.
    var bytesRead: Int { lines.bytesRead }

    /// The next line, or nil at the end.
    ///
    /// - Throws: as `LineReader.next`; `CorpusError` with the line that is no object with a `text`.
    func next() throws -> String? {
        guard isJSON else { return try lines.next() }
        while rest.isEmpty {
            guard let line = try lines.next() else { return nil }
            if !line.isEmpty { rest = [""] + Self.lines(of: try text(line)).reversed() }
        }
        return rest.popLast()
    }

    private func text(_ line: String) throws -> String {
        func problem(_ text: String) -> CorpusError { CorpusError("\(url.relativePath):\(lines.lineNumber)", text) }
        let (wanted, object): (String, JSONValue)
        wanted = "wanted an object a line, with a 'text'"
        do throws(JSONValue.Damage) { object = try JSONValue(Array(line.utf8)) } catch {
            throw problem("\(error.problem) at byte \(error.byte); \(wanted)")
        }
        guard object.members != nil else { throw problem("no JSON object; \(wanted)") }
        if let key = object.repeatedKey { throw problem("the key '\(key)' stands twice") }
        guard let text = object["text"].text else {
            throw problem("'text' is \(object["text"]); wanted a text")
        }
        return text
    }

    private static func lines(of text: String) -> [String] {
        text.utf8.split(separator: UInt8(ascii: "\n")).map {
            String(decoding: $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0, as: UTF8.self)
        }.filter { !$0.allSatisfy(\.isWhitespace) }
    }
}
