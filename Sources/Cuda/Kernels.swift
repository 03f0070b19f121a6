import Tensors

/// The texts of the kernels, each a program of its own behind what all share.
enum KernelText: String {
    case embedding, norm, activations, rows, loss, optimizer, small, softmax, yoso, segment

    private var bytes: [UInt8] {
        switch self {
        case .embedding: PackageResources.embedding_cu
        case .norm: PackageResources.norm_cu
        case .activations: PackageResources.activations_cu
        case .rows: PackageResources.rows_cu
        case .loss: PackageResources.loss_cu
        case .optimizer: PackageResources.optimizer_cu
        case .small: PackageResources.small_cu
        case .softmax:
            PackageResources.softmax_window_cu + PackageResources.softmax_cu + PackageResources.softmax_gradient_cu
                + PackageResources.softmax_fp32_cu + PackageResources.softmax_unit_cu
        case .segment: PackageResources.segment_cu + PackageResources.nystrom_cu
        case .yoso:
            PackageResources.yoso_cu + PackageResources.yoso_codes_cu + PackageResources.yoso_hash_cu
                + PackageResources.yoso_planes_cu
                + PackageResources.yoso_pairs_cu
                + PackageResources.yoso_gradients_cu + PackageResources.yoso_matches_cu
                + PackageResources.yoso_expectation_cu + PackageResources.yoso_dense_cu
                + PackageResources.yoso_budget_cu + PackageResources.convolution_cu
        }
    }

    /// Behind what all share.
    var text: String { String(decoding: PackageResources.common_cu + bytes, as: UTF8.self) }
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
