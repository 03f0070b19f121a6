/// The element types of the safetensors format. All are allowed in a file, since a checkpoint may hold tensors that nobody
/// reads; floating-point ones down to 16 bits and integers of 32 and 64 are read.
enum ElementType: String {
    case float64 = "F64"
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int64 = "I64"
    case int32 = "I32"
    case uint64 = "U64"
    case uint32 = "U32"
    case int16 = "I16"
    case uint16 = "U16"
    case int8 = "I8"
    case uint8 = "U8"
    case truth = "BOOL"
    case complex64 = "C64"
    case float8e5m2 = "F8_E5M2"
    case float8e4m3 = "F8_E4M3"
    case float8e8m0 = "F8_E8M0"
    case float8e4m3fnuz = "F8_E4M3FNUZ"
    case float8e5m2fnuz = "F8_E5M2FNUZ"
    case float6e2m3 = "F6_E2M3"
    case float6e3m2 = "F6_E3M2"
    case float4 = "F4"

    var bits: Int {
        switch self {
        case .float64, .int64, .uint64, .complex64: 64
        case .float32, .int32, .uint32: 32
        case .float16, .bfloat16, .int16, .uint16: 16
        case .int8, .uint8, .truth, .float8e5m2, .float8e4m3, .float8e8m0, .float8e4m3fnuz, .float8e5m2fnuz: 8
        case .float6e2m3, .float6e3m2: 6
        case .float4: 4
        }
    }

    /// Of an element that is read.
    var size: Int { bits / 8 }
}
