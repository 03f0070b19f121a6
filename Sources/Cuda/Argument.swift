import CCuda
import CKernels
import Foundation
import Tensors

/// An argument of a kernel. A tensor lives until the kernel was asked for: what is asked for later may have its memory.
enum Argument {
    case tensor(Tensor)
    case address(UInt64)
    case int(Int32)
    case long(Int64)
    case float(Float)
    case layout(LayoutArgument)
    case dropout(DropoutArgument)
    /// `Step` of the kernels.
    case step(ck_adamw_step)
    case yoso(YosoArgument)
    case operand(OperandArgument)
    case extent(ExtentArgument)

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

/// `Yoso` of the kernels.
struct YosoArgument {
    var site: UInt64
    var drawn, bits, hashes, kernelBits, exact, mass, conditional, pairs: Int32
    var selections: UInt64 = 0
    var met: UInt64 = 0
    var again: Int32 = 0
    var tiled: Int32 = 0
}

/// The arguments of kernels, as the driver wants them: each where a pointer points to.
final class ArgumentBuffer {
    private static let (most, bytes) = (32, 64)
    private let values: UnsafeMutableRawPointer
    private let places: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    private let capacity: Int
    private var count = 0

    /// For so many kernels.
    init(commands: Int) {
        capacity = commands * Self.most
        values = .allocate(byteCount: capacity * Self.bytes, alignment: Self.bytes)
        places = .allocate(capacity: capacity)
        for slot in 0..<capacity { places[slot] = values + slot * Self.bytes }
    }

    convenience init(copying other: ArgumentBuffer) {
        self.init(commands: (other.count + Self.most - 1) / Self.most)
        count = other.count
        copy(0..<count, from: other)
    }

    deinit {
        values.deallocate()
        places.deallocate()
    }

    func removeAll() { count = 0 }

    func copy(_ range: Range<Int>, from other: ArgumentBuffer) {
        (values + range.lowerBound * Self.bytes).copyMemory(
            from: other.values + range.lowerBound * Self.bytes, byteCount: range.count * Self.bytes)
    }

    func isSame(_ range: Range<Int>, as other: ArgumentBuffer) -> Bool {
        let first = range.lowerBound * Self.bytes
        return memcmp(values + first, other.values + first, range.count * Self.bytes) == 0
    }

    func pointers(_ range: Range<Int>) -> UnsafeMutablePointer<UnsafeMutableRawPointer?> { places + range.lowerBound }

    /// Takes the arguments of one more kernel, and says where they are.
    func append(_ arguments: [Argument]) -> Range<Int> {
        precondition(
            arguments.count <= Self.most && count + arguments.count <= capacity, "\(arguments.count) arguments")
        // What lies behind shorter arguments is the same each time, so that equal arguments have equal bytes.
        memset(values + count * Self.bytes, 0, arguments.count * Self.bytes)
        for (slot, argument) in arguments.enumerated() {
            let place = values + (count + slot) * Self.bytes
            switch argument {
            case .tensor(let value): place.storeBytes(of: value.address, as: UInt64.self)
            case .address(let value): place.storeBytes(of: value, as: UInt64.self)
            case .int(let value): place.storeBytes(of: value, as: Int32.self)
            case .long(let value): place.storeBytes(of: value, as: Int64.self)
            case .float(let value): place.storeBytes(of: value, as: Float.self)
            case .layout(let value): place.storeBytes(of: value, as: LayoutArgument.self)
            case .dropout(let value): place.storeBytes(of: value, as: DropoutArgument.self)
            case .step(let value): place.storeBytes(of: value, as: ck_adamw_step.self)
            case .yoso(let value): place.storeBytes(of: value, as: YosoArgument.self)
            case .operand(let value): place.storeBytes(of: value, as: OperandArgument.self)
            case .extent(let value): place.storeBytes(of: value, as: ExtentArgument.self)
            }
        }
        defer { count += arguments.count }
        return count..<count + arguments.count
    }
}
