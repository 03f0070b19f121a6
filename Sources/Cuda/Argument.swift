import CCuda
import Tensors

/// An argument of a kernel. A tensor lives until the launch: what comes behind it in the stream may have its memory.
enum Argument {
    case tensor(Tensor)
    case address(UInt64)
    case int(Int32)
    case long(Int64)
    case float(Float)
    case layout(LayoutArgument)
    case dropout(DropoutArgument)
    case step(StepArgument)
    case yoso(YosoArgument)

    static func of(_ tensor: Tensor?) -> Argument { tensor.map { .tensor($0) } ?? null }
    static func of(_ number: Int) -> Argument { .int(Int32(number)) }
    static var null: Argument { .address(0) }
}

/// `Layout` of the kernels.
struct LayoutArgument {
    var offsets: UInt64 = 0
    var keys: UInt64 = 0
    var sequence: UInt64 = 0
    var rows: Int32 = 0
}

/// `Dropout` of the kernels.
struct DropoutArgument {
    var site: UInt64 = 0
    var threshold: UInt32 = 0
    var kept: Float = 1
}

/// `Step` of the kernels.
struct StepArgument {
    var rate, beta1, beta2, epsilon, correction1, correction2, clip: Float
}

/// `Yoso` of the kernels.
struct YosoArgument {
    var site: UInt64
    var drawn, bits, hashes, kernelBits, exact, mass, conditional: Int32
    var unused: Int32 = 0
}

/// Where arguments lie for the driver, which copies them at once.
final class Slots {
    private static let (count, bytes) = (32, 64)
    private let values: UnsafeMutableRawPointer
    let pointers: UnsafeMutablePointer<UnsafeMutableRawPointer?>

    init() {
        values = .allocate(byteCount: Self.count * Self.bytes, alignment: Self.bytes)
        pointers = .allocate(capacity: Self.count)
        for slot in 0..<Self.count { pointers[slot] = values + slot * Self.bytes }
    }

    deinit {
        values.deallocate()
        pointers.deallocate()
    }

    func fill(_ arguments: [Argument]) {
        precondition(arguments.count <= Self.count, "\(arguments.count) arguments")
        for (slot, argument) in arguments.enumerated() {
            let place = values + slot * Self.bytes
            switch argument {
            case .tensor(let value): place.storeBytes(of: value.address, as: UInt64.self)
            case .address(let value): place.storeBytes(of: value, as: UInt64.self)
            case .int(let value): place.storeBytes(of: value, as: Int32.self)
            case .long(let value): place.storeBytes(of: value, as: Int64.self)
            case .float(let value): place.storeBytes(of: value, as: Float.self)
            case .layout(let value): place.storeBytes(of: value, as: LayoutArgument.self)
            case .dropout(let value): place.storeBytes(of: value, as: DropoutArgument.self)
            case .yoso(let value): place.storeBytes(of: value, as: YosoArgument.self)
            case .step(let value): place.storeBytes(of: value, as: StepArgument.self)
            }
        }
    }
}
