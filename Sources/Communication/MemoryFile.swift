#if canImport(Glibc)
    import CFiles
    import Foundation
    import Glibc

    /// A file in memory, which nobody finds who does not know its process, and which is gone with the last process that has it.
    struct MemoryFile {
        /// As others of this host find it: `PROCESS DESCRIPTOR BYTES`
        let name: String
        private let descriptor: Int32
        private let bytes: Int

        private static let title = "yoso"
        /// What the system calls it.
        private static let mark = "/memfd:\(title)"

        /// A new one, of zeros; nil where the system makes none.
        init?(bytes: Int) {
            let descriptor = memfd_create(Self.title, memfd_closed_by_exec)
            guard descriptor >= 0 else { return nil }
            guard ftruncate(descriptor, bytes) == 0 else {
                Glibc.close(descriptor)
                return nil
            }
            (self.descriptor, self.bytes, name) = (descriptor, bytes, "\(getpid()) \(descriptor) \(bytes)")
        }

        /// That of another process; nil where it may not be seen.
        init?(of name: String) {
            let words = name.split(separator: " ").compactMap { Int($0) }
            guard words.count == 3 else { return nil }
            let path = "/proc/\(words[0])/fd/\(words[1])"
            // On another machine of the same name that process is a stranger, whose files are left alone.
            guard (try? FileManager.default.destinationOfSymbolicLink(atPath: path))?.hasPrefix(Self.mark) == true
            else { return nil }
            let descriptor = open(path, O_RDWR | O_CLOEXEC)
            guard descriptor >= 0 else { return nil }
            var status = stat()
            guard fstat(descriptor, &status) == 0, Int(status.st_size) == words[2] else {
                Glibc.close(descriptor)
                return nil
            }
            (self.descriptor, bytes, self.name) = (descriptor, words[2], name)
        }

        /// Its bytes somewhere in this process, where they stay when it is closed; nil where there is no room.
        func map() -> UnsafeMutableRawBufferPointer? {
            guard bytes > 0 else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
            guard let start = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), start != MAP_FAILED
            else { return nil }
            // For systems that have huge pages for such files.
            madvise(start, bytes, Int32(MADV_HUGEPAGE))
            return UnsafeMutableRawBufferPointer(start: start, count: bytes)
        }

        static func unmap(_ bytes: UnsafeMutableRawBufferPointer) {
            if let start = bytes.baseAddress { munmap(start, bytes.count) }
        }

        func close() { Glibc.close(descriptor) }
    }
#else
    /// Elsewhere processes have no memory in common.
    struct MemoryFile {
        let name = ""

        init?(bytes: Int) { return nil }
        init?(of name: String) { return nil }

        func map() -> UnsafeMutableRawBufferPointer? { nil }
        static func unmap(_ bytes: UnsafeMutableRawBufferPointer) {}
        func close() {}
    }
#endif
