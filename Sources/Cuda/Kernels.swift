import CCuda
import Tensors

/// The texts of the kernels, each a program of its own behind what all share.
enum KernelText: String {
    case embedding, norm, activations, rows, loss, optimizer, small, softmax, yoso, segment

    /// Behind what all share.
    var text: String {
        let own =
            switch self {
            case .embedding: cc_embedding_text()
            case .norm: cc_norm_text()
            case .activations: cc_activations_text()
            case .rows: cc_rows_text()
            case .loss: cc_loss_text()
            case .optimizer: cc_optimizer_text()
            case .small: cc_small_text()
            case .softmax: cc_softmax_text()
            case .yoso: cc_yoso_text()
            case .segment: cc_segment_text()
            }
        return String(cString: cc_common_text()) + String(cString: own)
    }
}

extension CudaDevice {
    /// The kernels of `text`; ends the process with a line where they cannot be compiled.
    func program(_ text: KernelText, _ precision: Precision, _ definitions: [String] = []) -> Program {
        let definitions = definitions + (precision == .bf16 ? ["REAL_BF16"] : [])
        let key = ([text.rawValue] + definitions).joined(separator: " ")
        if let known = programs[key] { return known }
        do {
            let program = try compiler.program(text.text, definitions, on: self)
            programs[key] = program
            return program
        } catch { fail("\(text.rawValue) kernels: \(error)") }
    }
}

/// What every pass launches.
struct Kernels {
    let embed, embedGradient, embedFinish, gatherRows, scatterRows: Function
    let residualNorm, residualNormGradient: Function
    let gelu, geluGradient, columnSums, columnsFinish, tanhForward, tanhGradient, dropout: Function
    let clear, add, meanRows, meanRowsGradient, pairFeatures, pairFeaturesGradient: Function
    let crossEntropy, binaryCrossEntropy, squaredError, sampleRows, lossFinish: Function
    let smallLinear, smallInputGradient, smallWeightGradient: Function

    init(_ precision: Precision, on device: CudaDevice) {
        let embedding = device.program(.embedding, precision)
        embed = embedding.function("embed")
        embedGradient = embedding.function("embed_gradient")
        embedFinish = embedding.function("embed_finish")
        gatherRows = embedding.function("gather_rows")
        scatterRows = embedding.function("scatter_rows")
        let norm = device.program(.norm, precision)
        residualNorm = norm.function("residual_norm")
        residualNormGradient = norm.function("residual_norm_gradient")
        let activations = device.program(.activations, precision)
        gelu = activations.function("gelu")
        geluGradient = activations.function("gelu_gradient")
        columnSums = activations.function("column_sums")
        columnsFinish = activations.function("columns_finish")
        tanhForward = activations.function("tanh_forward")
        tanhGradient = activations.function("tanh_gradient")
        dropout = activations.function("dropout")
        let rows = device.program(.rows, precision)
        clear = rows.function("clear")
        add = rows.function("add")
        meanRows = rows.function("mean_rows")
        meanRowsGradient = rows.function("mean_rows_gradient")
        pairFeatures = rows.function("pair_features")
        pairFeaturesGradient = rows.function("pair_features_gradient")
        let loss = device.program(.loss, precision)
        crossEntropy = loss.function("cross_entropy")
        binaryCrossEntropy = loss.function("binary_cross_entropy")
        squaredError = loss.function("squared_error")
        sampleRows = loss.function("sample_rows")
        lossFinish = loss.function("loss_finish")
        let small = device.program(.small, precision)
        smallLinear = small.function("small_linear")
        smallInputGradient = small.function("small_input_gradient")
        smallWeightGradient = small.function("small_weight_gradient")
    }
}
