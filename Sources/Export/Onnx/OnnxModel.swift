import Autograd
import Bert
import Checkpoints
import Foundation
import Tensors
import Tokenization
import Training

/// A checkpoint as `model.onnx`: of `input_ids`, `attention_mask` and `token_type_ids`, [batch, length] of any size and padded at
/// will, what its head says, or the last hidden states.
struct OnnxModel: HubWeights {
    static let fileName = "model.onnx"
    static let (ids, mask, segments) = ("input_ids", "attention_mask", "token_type_ids")

    let precision = WeightPrecision.fp32
    var count: Int { parameters.reduce(0) { $0 + $1.count } }
    /// What it gives, and the sizes of that.
    let output: (name: String, shape: [String])
    var givesHiddenStates: Bool { output.name == Self.hiddenStates }
    private static let hiddenStates = "last_hidden_state"
    private let graph = OnnxGraph()
    /// Those that the graph reads.
    private let parameters: [Parameter]
    private let block: Tensor
    private let program: String

    /// - Parameters:
    ///   - hiddenStates: whether it gives hidden states, whatever head there is.
    ///   - program: name and version of what writes it.
    /// - Throws: `CheckpointError` where the model has no ONNX form, lacks a parameter, or holds what is no finite number.
    init(of model: HubFolder, hiddenStates: Bool, by program: String) throws {
        let (options, layout) = (model.encoder, ParameterLayout())
        guard let attention = OnnxAttention(options.attention) else {
            throw CheckpointError(model.source, OnnxAttention.problem(of: options.attention))
        }
        if !hiddenStates, model.configuration.isOfWords {
            throw CheckpointError(model.source, "a classifier of words has no ONNX form here; wanted one of texts")
        }
        let encoder = OnnxEncoder(options: options, attention: attention, graph: graph)
        let hidden = encoder.hidden()
        if !hiddenStates, let target = model.configuration.target {
            _ = ClassificationModel(options, outputs: target.outputs, layout)
            output = (encoder.classes(hidden, as: "logits"), ["batch", "\(target.outputs)"])
        } else if !hiddenStates, model.configuration.hasMaskedWords {
            _ = MaskedWords(on: Encoder(options, layout), layout)
            output = (encoder.words(hidden, as: "logits"), ["batch", "length", "\(options.vocabulary)"])
        } else {
            _ = Encoder(options, layout)
            output = (
                graph("Identity", hidden, as: Self.hiddenStates), ["batch", "length", "\(options.width)"]
            )
        }
        self.program = program
        parameters = layout.parameters.filter { [graph] in graph.weights.contains($0.name) }
        // Before they are read, which takes a while where they are too many.
        try Self.check(bytes: parameters.reduce(0) { $0 + 4 * $1.count }, of: model.source)
        block = StoragePool().zeros(1, layout.blockCount)
        try ModelFolder.read(model.source, into: block, layout)
        precondition(parameters.count == graph.weights.count, "the graph reads what the model has not")
    }

    func write(into folder: URL) throws {
        let tensors =
            graph.constants
            + parameters.map { parameter in
                OnnxGraph.Constant(
                    name: parameter.name, type: .float, shape: parameter.shape, data: data(of: parameter))
            }
        // GraphProto: node 1, name 2, initializer 5, input 11, output 12.
        var head = ProtocolBuffer()
        for node in graph.nodes { head.add(1, node) }
        head.add(2, program)
        for name in [Self.ids, Self.mask, Self.segments] {
            head.add(11) { Self.value(name, .int64, ["batch", "length"], &$0) }
        }
        head.add(12) { Self.value(output.name, .float, output.shape, &$0) }
        let initializers = tensors.map(Self.initializer)
        let size = initializers.reduce(head.bytes.count) { $0 + $1.head.count + $1.data.count }
        let url = folder.appendingPathComponent(Self.fileName)
        try Self.check(bytes: size, of: url)
        // ModelProto: ir_version 1, producer_name 2, graph 7, opset_import 8 (version 2).
        let model = ProtocolBuffer {
            $0.add(1, 9)
            $0.add(2, program)
            $0.add(8) { $0.add(2, 20) }
            $0.add(7, ofLength: size)
        }
        try OutputFile.write([model.bytes, head.bytes] + initializers.flatMap { [$0.head, $0.data] }, to: url)
    }

    /// - Throws: `CheckpointError` where no message of protocol buffers holds a graph of so many bytes and what stands around it.
    static func check(bytes: Int, of place: URL) throws {
        guard bytes < Int(Int32.max) - 1024 else {
            throw CheckpointError(
                place, "takes \(bytes >> 20) MiB as ONNX, whose files have at most 2048; wanted a smaller model")
        }
    }

    private func data(of parameter: Parameter) -> Data {
        block.view(of: parameter).withBuffer { Data(buffer: $0) }
    }

    /// TensorProto as a field of a graph: dims 1, data_type 2, name 8, raw_data 9, little endian.
    private static func initializer(_ constant: OnnxGraph.Constant) -> (head: Data, data: Data) {
        let inner = ProtocolBuffer {
            for size in constant.shape { $0.add(1, size) }
            $0.add(2, constant.type.rawValue)
            $0.add(8, constant.name)
            $0.add(9, ofLength: constant.data.count)
        }
        var head = ProtocolBuffer()
        head.add(5, ofLength: inner.bytes.count + constant.data.count)
        return (head.bytes + inner.bytes, constant.data)
    }

    /// ValueInfoProto: name 1, type 2, which has a tensor type 1 of elem_type 1 and shape 2, with dimensions 1 by value 1 or name 2.
    private static func value(
        _ name: String, _ type: OnnxGraph.ElementType, _ shape: [String], _ message: inout ProtocolBuffer
    ) {
        message.add(1, name)
        message.add(2) {
            $0.add(1) {
                $0.add(1, type.rawValue)
                $0.add(2) { shapes in
                    for size in shape {
                        shapes.add(1) { if let number = Int(size) { $0.add(1, number) } else { $0.add(2, size) } }
                    }
                }
            }
        }
    }

    /// Reads the graph of the file: as many nodes as were written, and every parameter with its numbers.
    func check(writtenInto folder: URL) throws {
        let url = folder.appendingPathComponent(Self.fileName)
        let damage = CheckpointError(url, "reads back as another model than was written")
        guard let file = try? [UInt8](Data(contentsOf: url, options: .alwaysMapped)) else { throw damage }
        func messages(_ bytes: ArraySlice<UInt8>, _ field: Int) -> [ArraySlice<UInt8>] {
            ProtobufReader(bytes).compactMap {
                if case .bytes(let bytes) = $0.value, $0.field == field { bytes } else { nil }
            }
        }
        let graphs = messages(file[...], 7)
        guard graphs.count == 1, messages(graphs[0], 1).count == graph.nodes.count else { throw damage }
        var data: [String: ArraySlice<UInt8>] = [:]
        for tensor in messages(graphs[0], 5) {
            guard let name = messages(tensor, 8).first, let raw = messages(tensor, 9).first else { throw damage }
            data[String(decoding: name, as: UTF8.self)] = raw
        }
        let same =
            data.count == parameters.count + graph.constants.count
            && graph.constants.allSatisfy { data[$0.name]?.elementsEqual($0.data) ?? false }
            && parameters.allSatisfy { parameter in
                block.view(of: parameter).withBuffer { values in
                    data[parameter.name]?.elementsEqual(UnsafeRawBufferPointer(values)) ?? false
                }
            }
        guard same else { throw damage }
    }
}
