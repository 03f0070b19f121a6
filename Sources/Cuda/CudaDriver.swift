import CCuda

/// NVIDIA's driver, and the first GPU that it has, before anything of it is taken.
struct CudaDriver {
    let name: String
    /// Major and minor number, for example (9, 0).
    let capability: (Int, Int)
    let multiprocessors: Int
    /// Bytes of shared memory that a block may have.
    let sharedMemory: Int
    /// The CUDA that the driver has: 1000 major + 10 minor.
    let number: Int
    let device: Int32

    /// - Throws: what is missing, and what brings it.
    init() throws(CudaError) {
        try Library.driver.open()
        let started = cc_cuInit(0)
        guard started == 0 else {
            // CUDA_ERROR_NO_DEVICE
            guard started != 100 else { throw CudaError("NVIDIA's driver finds no GPU", isAbsence: true) }
            throw CudaError(
                "no GPU: NVIDIA's driver says \(CudaDevice.errorName(started)); is one there, and may this user have it?"
            )
        }
        var (number, device, count) = (Int32(0), Int32(0), Int32(0))
        _ = cc_cuDriverGetVersion(&number)
        self.number = Int(number)
        guard number >= 12000 else {
            throw CudaError(
                "NVIDIA's driver is of CUDA \(Self.version(Int(number))); wanted 12.0 or newer: install a driver from 525 on"
            )
        }
        guard cc_cuDeviceGetCount(&count) == 0, count > 0, cc_cuDeviceGet(&device, 0) == 0 else {
            throw CudaError("NVIDIA's driver finds no GPU", isAbsence: true)
        }
        self.device = device
        var characters = [CChar](repeating: 0, count: 256)
        _ = cc_cuDeviceGetName(&characters, 256, device)
        name = String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        capability = (Int(Self.attribute(75, device)), Int(Self.attribute(76, device)))
        multiprocessors = Int(Self.attribute(16, device))
        sharedMemory = max(48 << 10, Int(Self.attribute(97, device)))
        guard capability.0 >= 8 else {
            throw CudaError(
                "\(name) has compute capability \(capability.0).\(capability.1); wanted 8.0 (Ampere) or newer")
        }
    }

    /// For example "13.0".
    var version: String { Self.version(number) }

    private static func version(_ number: Int) -> String { "\(number / 1000).\(number % 1000 / 10)" }

    private static func attribute(_ attribute: Int32, _ device: Int32) -> Int32 {
        var value: Int32 = 0
        return cc_cuDeviceGetAttribute(&value, attribute, device) == 0 ? value : 0
    }
}
