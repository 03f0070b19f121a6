import Autograd

/// What layers are in operators.
extension OnnxGraph {
    /// x Wᵀ + b
    func linear(_ x: Value, _ scope: String) -> Value {
        self("Add", self("MatMul", x, transposed("\(scope).weight")), weight("\(scope).bias"))
    }

    func norm(_ x: Value, _ scope: String, epsilon: Float) -> Value {
        self(
            "LayerNormalization", x, weight("\(scope).weight"), weight("\(scope).bias"),
            with: [.int("axis", -1), .float("epsilon", epsilon)])
    }

    func gelu(_ x: Value, _ form: GeluForm?) -> Value {
        self("Gelu", x, with: [.string("approximate", form == .tanh ? "tanh" : "none")])
    }

    /// [batch, length, width] to [batch, heads, length, width / heads].
    func heads(_ x: Value, _ count: Int, width: Int) -> Value {
        self(
            "Transpose", self("Reshape", x, integers(0, 0, count, width / count)), with: [.ints("perm", [0, 2, 1, 3])])
    }

    /// The way back.
    func joined(_ x: Value, width: Int) -> Value {
        self("Reshape", self("Transpose", x, with: [.ints("perm", [0, 2, 1, 3])]), integers(0, 0, width))
    }

    /// A Bᵀ of every head.
    func products(_ a: Value, _ b: Value) -> Value {
        self("MatMul", a, self("Transpose", b, with: [.ints("perm", [0, 1, 3, 2])]))
    }

    /// x / |x| row by row; rows of zeros stay zero.
    func unit(_ x: Value) -> Value {
        let norm = self("ReduceL2", x, integers(-1), with: [.int("keepdims", 1)])
        return self("Div", x, self("Max", norm, scalar(1e-12)))
    }

    /// 1 for a token and 0 for padding, [batch, 1, 1, length].
    var mask: Value {
        once("mask") {
            self(
                "Unsqueeze", self("Cast", OnnxModel.mask, with: [.int("to", ElementType.float.rawValue)]),
                integers(1, 2), as: $0)
        }
    }

    /// 0 for a token, and for padding what no score comes up to.
    var maskedScores: Value {
        once("masked scores") {
            self("Mul", self("Sub", scalar(1), mask), scalar(-Float.greatestFiniteMagnitude), as: $0)
        }
    }
}
