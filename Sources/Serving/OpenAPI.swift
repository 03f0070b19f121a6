import Foundation
import JSON

/// The description of what there is, in OpenAPI 3.1.
enum OpenAPI {
    /// - Parameter paths: of the endpoints that this model has.
    static func text(_ model: ServedModel, _ paths: [String], hasToken: Bool) -> String {
        let limits = model.limits
        let inputs = model.texts.map { $0 == 1 ? "Text" : "Pair" } ?? "TextOrPair"
        let values: [(String, String)] = [
            ("\"$model\"", JSONValue.text(model.title).description), ("\"$texts\"", "\(limits.texts)"),
            ("\"$characters\"", "\(limits.characters)"), ("\"$width\"", "\(model.width)"), ("$predicted", inputs),
        ]
        let text = values.reduce(String(decoding: PackageResources.openapi_json, as: UTF8.self)) {
            $0.replacing($1.0, with: $1.1)
        }
        guard let document = try? JSONValue(Array(text.utf8)) else { preconditionFailure("openapi.json is no JSON") }
        return document.mapped("paths") { all in
            // What is asked by GET every model has.
            .object(
                (all.members ?? []).filter { path in
                    paths.contains(path.key) || path.value.members?.contains { $0.key == "get" } ?? false
                })
        }.mapped("security") { hasToken ? $0 : .list([]) }.description
    }
}

extension JSONValue {
    /// The object with the value of `key` replaced by what `change` makes of it.
    fileprivate func mapped(_ key: String, _ change: (JSONValue) -> JSONValue) -> JSONValue {
        .object((members ?? []).map { $0.key == key ? Member(key: key, value: change($0.value)) : $0 })
    }
}
