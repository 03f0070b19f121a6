import Reports

/// The page with a text box.
enum Page {
    /// - Parameter paths: of the endpoints.
    static func text(_ model: ServedModel, _ paths: [String], hasToken: Bool) -> String {
        // One of texts, one of OpenAI's clients: the page has no use for the second.
        let choices = paths.filter { !$0.hasPrefix("/v1") }.map {
            "<option\($0 == "/fill" && model.predictions == nil ? " selected" : "")>\($0.htmlEscaped)</option>"
        }
        let body = String(decoding: PackageResources.page_html, as: UTF8.self)
            .replacing("<!--choices-->", with: choices.joined())
            .replacing("$texts", with: model.texts.map(String.init) ?? "").replacing(
                "$hidden", with: hasToken ? "" : "hidden")
        return HTMLPage(title: model.title, body: [body]).text
    }
}
