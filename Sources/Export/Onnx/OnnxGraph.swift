import Checkpoints
import Foundation

/// A graph of ONNX as it grows: nodes in an order in which they can run, and the constants that they read ("ONNX IR
/// specification"; operators of opset 20).
final class OnnxGraph {
    /// The name of what a node gives.
    typealias Value = String

    enum Attribute {
        case int(String, Int)
        case float(String, Float)
        case string(String, String)
        case ints(String, [Int])
    }

    /// Elements of a tensor, numbered as `TensorProto.DataType`.
    enum ElementType: Int {
        case float = 1
        case int64 = 7
    }

    struct Constant {
        let name: String
        let type: ElementType
        let shape: [Int]
        let data: Data
    }

    private(set) var nodes: [Data] = []
    private(set) var constants: [Constant] = []
    /// The parameters that nodes read, by name.
    private(set) var weights: Set<String> = []
    /// Nodes that give the same wherever they stand.
    private var shared: [String: Value] = [:]

    /// Adds a node; an input that is empty is left out.
    ///
    /// - Parameter name: of what it gives; nil for the operator with a number.
    func callAsFunction(
        _ operation: String, _ inputs: Value..., with attributes: [Attribute] = [], as name: String? = nil
    ) -> Value {
        let output = name ?? "\(operation)_\(nodes.count)"
        // NodeProto: input 1, output 2, name 3, op_type 4, attribute 5.
        nodes.append(
            ProtocolBuffer { node in
                for input in inputs { node.add(1, input) }
                node.add(2, output)
                node.add(3, output)
                node.add(4, operation)
                for attribute in attributes { node.add(5) { attribute.add(to: &$0) } }
            }.bytes)
        return output
    }

    /// A parameter as it is stored.
    func weight(_ name: String) -> Value {
        weights.insert(name)
        return name
    }

    /// The transposed of a parameter of two dimensions.
    func transposed(_ name: String) -> Value {
        once("\(name).transposed") { self("Transpose", weight(name), with: [.ints("perm", [1, 0])], as: $0) }
    }

    func once(_ name: String, _ body: (_ name: String) -> Value) -> Value {
        if let value = shared[name] { return value }
        let value = body(name)
        shared[name] = value
        return value
    }

    func scalar(_ value: Float) -> Value { constant("float \(value)", .float, [], [value.bitPattern.littleEndian]) }

    func integers(_ values: Int...) -> Value {
        constant(
            "integers \(values.map(String.init).joined(separator: " "))", .int64, [values.count],
            values.map { Int64($0).littleEndian })
    }

    private func constant<Element>(_ name: String, _ type: ElementType, _ shape: [Int], _ values: [Element]) -> Value {
        if !constants.contains(where: { $0.name == name }) {
            let data = values.withUnsafeBytes { Data($0) }
            constants.append(Constant(name: name, type: type, shape: shape, data: data))
        }
        return name
    }
}

extension OnnxGraph.Attribute {
    /// AttributeProto: name 1, f 2, i 3, s 4, ints 8, type 20 (FLOAT 1, INT 2, STRING 3, INTS 7).
    fileprivate func add(to message: inout ProtocolBuffer) {
        func add(_ name: String, type: Int) {
            message.add(1, name)
            message.add(20, type)
        }
        switch self {
        case .int(let name, let value):
            add(name, type: 2)
            message.add(3, value)
        case .float(let name, let value):
            add(name, type: 1)
            message.add(2, value)
        case .string(let name, let text):
            add(name, type: 3)
            message.add(4, text)
        case .ints(let name, let values):
            add(name, type: 7)
            for value in values { message.add(8, value) }
        }
    }
}
