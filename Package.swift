// swift-tools-version: 6.1
import Foundation
import PackageDescription

// To test kernels on a CPU that would not run them: YOSO_KERNELS=AVX2 builds those of a CPU without AVX-512, baseline those of one
// without AVX2, which are also those of another than x86-64. The others are chosen when the program runs.
let level = Context.environment["YOSO_KERNELS"] ?? ""
let builds: [String: [CSetting]] = [
    "": [], "AMX": [], "AVX-512": [], "AVX512-BF16": [], "AVX512-FMA": [], "EmulatedAMX": [],
    "AVX2": [.define("CK_AVX2")], "baseline": [.define("CK_BASELINE")],
]
guard let kernels = builds[level] else {
    let levels = builds.keys.sorted().dropFirst().joined(separator: ", ")
    FileHandle.standardError.write(Data("error: YOSO_KERNELS is '\(level)'; wanted \(levels), or nothing\n".utf8))
    exit(1)
}

// The rooms form a strict DAG, lowest first; `.ci/check-imports` holds every `import` to the edges declared here.
let package = Package(
    name: "yoso",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "yoso", targets: ["yoso"]),
        .library(name: "Experiments", targets: ["Experiments", "Inference", "Recipes", "Training"]),
    ],
    traits: [
        .trait(name: "MPI", description: "Runs over several processes, by Open MPI or another MPI.")
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        // Hummingbird's own, for what it has no word for.
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    ],
    targets: [
        // C: system libraries, arithmetic, and the one binding.
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
        .systemLibrary(name: "CFiles"),
        .systemLibrary(name: "CThreads"),
        .systemLibrary(name: "CPng", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .systemLibrary(name: "CLzma", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"])]),
        // By name: from Debian 13 on the library's pkg-config file requires one that its package does not bring.
        .target(
            name: "CSentencePiece",
            linkerSettings: [.linkedLibrary("sentencepiece"), .linkedLibrary("sentencepiece_train")]),
        .systemLibrary(name: "COpenMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
        .target(
            name: "CMPI", dependencies: [.target(name: "COpenMPI", condition: .when(traits: ["MPI"]))],
            cSettings: [.define("CMPI_TRAIT", .when(traits: ["MPI"]))]),
        .target(name: "CKernels", cSettings: kernels),
        .target(name: "CShipped"),
        .target(name: "CCuda"),

        // Processes.
        .target(
            name: "Communication",
            dependencies: [.target(name: "CMPI", condition: .when(traits: ["MPI"])), "CFiles"]),

        // Numbers and calculus.
        .target(name: "Options"),
        .target(name: "Tensors", dependencies: ["COpenBLAS", "CKernels", "CThreads"]),
        .target(name: "Autograd", dependencies: ["Tensors", "CKernels"]),

        // A GPU, where there is one.
        .target(
            name: "Cuda", dependencies: ["Autograd", "CCuda", "CKernels", "Digests", "Tensors"],
            exclude: ["Kernels"]),

        // The model.
        .target(name: "Attention", dependencies: ["Autograd", "Options", "Tensors", "CKernels"]),
        .target(name: "Bert", dependencies: ["Attention", "Autograd", "Options"]),

        // Text and files.
        .target(name: "Shipped", dependencies: ["CShipped"]),
        .target(name: "Digests", dependencies: ["CCrypto"]),
        .target(name: "JSON"),
        .target(name: "Tokenization", dependencies: ["CSentencePiece", "Digests", "JSON", "Shipped"]),
        .target(name: "SampleEnglish"),
        .target(
            name: "Corpora",
            dependencies: ["Communication", "Tokenization", "Digests", "JSON", "Options", "CZlib", "CLzma"]),
        .target(name: "Tasks", dependencies: ["Corpora", "JSON", "Options", "Tokenization"]),
        .target(name: "LongRange", dependencies: ["Checkpoints", "Corpora", "Tasks", "CPng"]),
        .target(name: "Checkpoints", dependencies: ["Communication", "Digests", "JSON", "CFiles"]),
        .target(name: "Glue", dependencies: ["Checkpoints", "Tasks", "Digests", "Options", "CZip"]),

        // Programs, recipes, face.
        .target(
            name: "Training",
            dependencies: [
                "Attention", "Autograd", "Bert", "Checkpoints", "CKernels", "Communication", "Corpora", "Cuda",
                "Digests",
                "LongRange", "Options", "Tasks", "Tensors", "Tokenization",
            ]),
        .target(
            name: "Recipes",
            dependencies: [
                "Attention", "Bert", "Checkpoints", "Glue", "LongRange", "Options", "Shipped", "Tasks", "Tensors",
                "Training",
                .product(name: "Yams", package: "Yams"),
            ]),
        .target(
            name: "Inference",
            dependencies: [
                "Autograd", "Bert", "Checkpoints", "Corpora", "Glue", "JSON", "Tasks", "Tensors", "Tokenization",
                "Training",
            ]),
        .target(
            name: "Console",
            dependencies: [
                "Checkpoints", "CKernels", "Communication", "Options", "Tensors", "Training",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .target(
            name: "Experiments",
            dependencies: [
                "Bert", "Checkpoints", "Communication", "Console", "Corpora", "Digests", "Glue", "Inference",
                "LongRange", "Options", "Recipes", "Reports",
                "SampleEnglish", "Shipped", "Tasks", "Tensors", "Tokenization", "Training",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .target(
            name: "Reports", dependencies: ["Checkpoints", "Options"],
            resources: [.embedInCode("page.css"), .embedInCode("hover.js")]),
        .target(
            name: "Http",
            dependencies: [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        .target(
            name: "Live",
            dependencies: [
                "Checkpoints", "Console", "Experiments", "Http", "Reports", "Training",
                .product(name: "Hummingbird", package: "hummingbird"),
            ],
            resources: [.embedInCode("live.js")]),
        .target(
            name: "Serving",
            dependencies: [
                "Checkpoints", "Http", "Inference", "JSON", "Options", "Reports", "Tasks", "Tensors", "Tokenization",
                "Training",
                .product(name: "Hummingbird", package: "hummingbird"),
            ],
            resources: [.embedInCode("page.html"), .embedInCode("openapi.json")]),
        .target(
            name: "Export",
            dependencies: [
                "Attention", "Autograd", "Bert", "Checkpoints", "Console", "Experiments", "Inference", "Options",
                "Recipes",
                "Tasks",
                "Tensors", "Tokenization", "Training",
            ]),
        .target(
            name: "Benchmarks",
            dependencies: [
                "Attention", "Autograd", "Bert", "CCrypto", "Checkpoints", "CKernels", "Communication", "CLzma",
                "Console", "Corpora", "Cuda", "CPng", "CZip", "CZlib", "Experiments", "LongRange", "Options", "Recipes",
                "Reports", "Tasks", "Tensors", "Tokenization", "Training",
            ],
            exclude: ["RESULTS.md"]),
        .executableTarget(
            name: "yoso",
            dependencies: [
                "Benchmarks", "Bert", "Checkpoints", "Console", "Experiments", "Export", "Glue", "Inference", "Live",
                "Recipes", "Reports", "Serving", "Tensors", "Tokenization", "Training",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        .testTarget(name: "TensorsTests", dependencies: ["Tensors", "CKernels"]),
        .testTarget(name: "AutogradTests", dependencies: ["Autograd", "Attention", "CKernels", "Tensors"]),
        .testTarget(name: "CudaTests", dependencies: ["Attention", "Autograd", "CKernels", "Cuda", "Tensors"]),
        .testTarget(name: "AttentionTests", dependencies: ["Attention", "Autograd", "CKernels", "Tensors"]),
        .testTarget(
            name: "BertTests",
            dependencies: [
                "Bert", "Attention", "Autograd", "CKernels", "Checkpoints", "Corpora", "Tensors", "Training",
            ]),
        .testTarget(
            name: "TokenizationTests", dependencies: ["Tokenization", "Corpora", "Digests"],
            exclude: ["Fixtures"]),
        .testTarget(name: "SampleEnglishTests", dependencies: ["SampleEnglish"]),
        .testTarget(name: "CorporaTests", dependencies: ["Corpora", "Digests", "Tokenization"]),
        .testTarget(name: "TasksTests", dependencies: ["Tasks", "Options", "Tokenization"], exclude: ["Fixtures"]),
        .testTarget(name: "GlueTests", dependencies: ["Glue", "Tasks", "Digests"]),
        .testTarget(name: "LongRangeTests", dependencies: ["LongRange", "CPng"]),
        .testTarget(name: "CheckpointsTests", dependencies: ["Checkpoints", "Digests"]),
        .testTarget(
            name: "TrainingTests",
            dependencies: [
                "Training", "Attention", "Autograd", "Bert", "Checkpoints", "Communication", "Corpora", "LongRange",
                "Tasks", "Tensors", "Tokenization",
            ]),
        .testTarget(name: "ReportsTests", dependencies: ["Reports"]),
        .testTarget(name: "ConsoleTests", dependencies: ["Console", "Options", "Training"]),
        .testTarget(name: "InferenceTests", dependencies: ["Inference", "Tasks"]),
        .testTarget(
            name: "ServingTests",
            dependencies: [
                "Http", "Inference", "JSON", "Serving", .product(name: "Hummingbird", package: "hummingbird"),
            ]),
        .testTarget(
            name: "ExportTests",
            dependencies: [
                "Attention", "Autograd", "Bert", "Checkpoints", "Export", "Inference", "Tensors", "Tokenization",
                "Training",
            ]),
        .testTarget(
            name: "RecipesTests",
            dependencies: ["Recipes", "Attention", "Glue", "LongRange", "Options", "Shipped", "Tasks", "Training"]),
        .testTarget(
            name: "yosoTests",
            dependencies: [
                "yoso", "Benchmarks", "Experiments", "Checkpoints", "Digests", "LongRange", "Recipes", "Tensors",
                "Training",
            ]),
    ],
    cLanguageStandard: .c17,
    cxxLanguageStandard: .cxx17
)
