import Bert
import CKernels
import Checkpoints
import Digests
import Foundation
import Tensors

/// What fixes a run's result, by key: a run that continues must have been begun with the same.
enum RunIdentity {
    /// Every value of the encoder (below `model`) and of the options, and what is read: digests of text, rows and weights.
    static func of(
        _ encoder: EncoderOptions, _ options: some Encodable, inputs: [String: String]
    ) throws -> [String: String] {
        var identity = inputs
        try add(encoder, "model", to: &identity)
        try add(options, "", to: &identity)
        return identity
    }

    /// SHA-256 of an identity, the same as earlier programs', which knew no `RunState.later`.
    static func digest(of identity: [String: String]) -> String {
        let known = identity.filter { !RunState.later.contains($0.key) }.sorted { $0.key < $1.key }
        return SHA256.hexadecimal(of: Data(known.map { "\($0.key)=\($0.value)\n" }.joined().utf8))
    }

    /// What computes here in a precision: runs of other kernels differ in their last bits.
    static func arithmetic(_ precision: Precision) -> String {
        let level = String(cString: ck_level()) + (precision == .bf16 && ck_amx() > 0 ? " and AMX" : "")
        return "OpenBLAS \(OpenBLAS.coreName) core, \(level) kernels"
    }

    private static func add(_ value: some Encodable, _ key: String, to identity: inout [String: String]) throws {
        try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value)).add(key, to: &identity)
    }

    /// JSON as it is encoded.
    private enum Value: Decodable {
        case leaf(String)
        case branch([String: Value])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let branch = try? container.decode([String: Value].self) {
                self = .branch(branch)
            } else if let list = try? container.decode([String].self) {
                self = .leaf(list.joined(separator: " "))
            } else if let text = try? container.decode(String.self) {
                self = .leaf(text)
            } else if let flag = try? container.decode(Bool.self) {
                self = .leaf("\(flag)")
            } else if let number = try? container.decode(UInt64.self) {
                self = .leaf("\(number)")
            } else {
                self = .leaf("\(try container.decode(Double.self))")
            }
        }

        func add(_ key: String, to identity: inout [String: String]) {
            guard case .branch(let values) = self else {
                if case .leaf(let text) = self { identity[key] = text }
                return
            }
            // A case of an enumeration is encoded as its name and its values: `{"sequences": {"_0": 32}}`.
            if values.count == 1, let (name, value) = values.first, case .branch(let below) = value {
                if case .leaf(let text) = below["_0"] {
                    identity[key] = "\(text) \(name)"
                } else {
                    identity[key] = name
                    (below["_0"] ?? value).add(key, to: &identity)
                }
                return
            }
            for (name, value) in values { value.add(key.isEmpty ? name : "\(key).\(name)", to: &identity) }
        }
    }
}
