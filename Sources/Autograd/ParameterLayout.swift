/// All parameters of a model, side by side in one flat block, in order of construction.
///
/// A model is built by handing out scopes; afterwards the layout is what saves, loads, initialises, decays and clips.
public final class ParameterLayout {
    public private(set) var parameters: [Parameter] = []
    /// Length of the flat block in floats, alignment gaps included.
    public private(set) var blockCount = 0
    /// The weights that dense layers multiply by, which bf16 products keep in panels.
    public private(set) var multiplied: [Parameter] = []
    /// Those of them that are tables of embeddings too.
    public private(set) var tied: [Parameter] = []
    /// The parameters whose gradients come together, since they are stacked, mostly a single one.
    private(set) var stacks: [Range<Int>] = []
    /// Floats of all parameters, without the gaps.
    public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

    public init() {}

    /// The scope of names that start with `prefix`.
    public func scope(_ prefix: String) -> ParameterScope { ParameterScope(layout: self, prefix: prefix, uses: 1) }

    fileprivate func append(
        _ scope: ParameterScope, _ name: String, _ shape: [Int], _ initialization: Parameter.Initialization,
        decays: Bool, aligned: Bool
    ) -> Parameter {
        let name = scope.path(name)
        precondition(!parameters.contains { $0.name == name }, "two parameters are called \(name)")
        if aligned { blockCount = (blockCount + 15) / 16 * 16 }
        let parameter = Parameter(
            name: name, shape: shape, offset: blockCount, initialization: initialization, decays: decays,
            uses: scope.uses)
        parameters.append(parameter)
        blockCount += parameter.count
        let first = aligned ? parameter.offset : stacks.popLast()?.lowerBound ?? parameter.offset
        stacks.append(first..<blockCount)
        return parameter
    }

    fileprivate func multiply(by weight: Parameter, isTied: Bool = false) -> Parameter {
        multiplied.append(weight)
        if isTied { tied.append(weight) }
        return weight
    }
}

/// Names by construction: a layer asks its scope for parameters, and where the layer stands in the model is the name.
public struct ParameterScope {
    fileprivate let layout: ParameterLayout
    let prefix: String
    fileprivate let uses: Int

    /// The scope one level deeper.
    public subscript(_ name: String) -> ParameterScope {
        ParameterScope(layout: layout, prefix: path(name), uses: uses)
    }

    /// The same scope, of a part of the model that every pass runs `times` times.
    public func used(times: Int) -> ParameterScope {
        ParameterScope(layout: layout, prefix: prefix, uses: uses * times)
    }

    /// The scope of element `index`.
    public subscript(_ index: Int) -> ParameterScope { self[String(index)] }

    /// A weight, which decays.
    public func weight(_ name: String, _ rows: Int, _ columns: Int, deviation: Float) -> Parameter {
        weight(name, rows, columns, .normal(deviation))
    }

    /// A weight, which decays.
    public func weight(
        _ name: String, _ rows: Int, _ columns: Int, _ initialization: Parameter.Initialization
    ) -> Parameter {
        layout.append(self, name, [rows, columns], initialization, decays: true, aligned: true)
    }

    /// A weight of any shape, which decays; as a matrix it has `shape[0]` rows.
    public func weight(_ name: String, shape: [Int], deviation: Float) -> Parameter {
        layout.append(self, name, shape, .normal(deviation), decays: true, aligned: true)
    }

    /// The same weight, noted as one that a dense layer multiplies by.
    public func multiplied(_ weight: Parameter) -> Parameter { layout.multiply(by: weight) }

    /// The same table of embeddings, noted as one that a head multiplies by.
    public func tied(_ table: Parameter) -> Parameter { layout.multiply(by: table, isTied: true) }

    /// A vector, which does not decay.
    public func vector(_ name: String, _ count: Int, _ initialization: Parameter.Initialization = .zeros) -> Parameter {
        layout.append(self, name, [count], initialization, decays: false, aligned: true)
    }

    /// Weights of equal shape that lie directly behind one another: saved under their own names, multiplied as one.
    public func stackedWeights(
        _ weights: KeyValuePairs<String, Parameter.Initialization>, _ rows: Int, _ columns: Int
    ) -> Parameter {
        let parts = weights.enumerated().map { index, weight in
            layout.append(self, weight.key, [rows, columns], weight.value, decays: true, aligned: index == 0)
        }
        return Self.stack(parts, shape: [weights.count * rows, columns])
    }

    /// Vectors of equal length that lie directly behind one another.
    public func stackedVectors(
        _ names: [String], _ count: Int, _ initialization: Parameter.Initialization = .zeros
    ) -> Parameter {
        let parts = names.enumerated().map { index, name in
            layout.append(self, name, [count], initialization, decays: false, aligned: index == 0)
        }
        return Self.stack(parts, shape: [names.count * count])
    }

    private static func stack(_ parts: [Parameter], shape: [Int]) -> Parameter {
        let first = parts[0]
        return Parameter(
            name: first.name, shape: shape, offset: first.offset, initialization: first.initialization,
            decays: first.decays, uses: first.uses)
    }

    /// The full name of what is called `name` here.
    public func path(_ name: String) -> String { prefix.isEmpty ? name : "\(prefix).\(name)" }
}
