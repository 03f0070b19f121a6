#if os(Linux)
    import Foundation
    import Testing

    @testable import Communication

    /// What ranks of one host have in common.
    @Suite struct MemoryFileTests {
        @Test func whatOneWritesTheOtherReads() throws {
            let file = try #require(MemoryFile(bytes: 4096))
            let own = try #require(file.map())
            let other = try #require(MemoryFile(of: file.name))
            let its = try #require(other.map())
            file.close()
            other.close()
            #expect(its.allSatisfy { $0 == 0 } && own.baseAddress != its.baseAddress)
            own[4095] = 7
            #expect(its[4095] == 7)
            MemoryFile.unmap(own)
            its[0] = 3
            #expect(its[0] == 3)
            MemoryFile.unmap(its)
        }

        /// A process of that number, on another machine of the same name, may have anything there.
        @Test func noOtherFileIsOpened() throws {
            let file = try #require(MemoryFile(bytes: 16))
            defer { file.close() }
            let words = file.name.split(separator: " ")
            #expect(MemoryFile(of: "\(words[0]) \(words[1]) 32") == nil)
            let url = FileManager.default.temporaryDirectory.appendingPathComponent("other-\(UUID())")
            try Data(count: 16).write(to: url)
            defer { try? FileManager.default.removeItem(at: url) }
            let handle = try FileHandle(forUpdating: url)
            for name in ["\(words[0]) \(handle.fileDescriptor) 16", "\(words[0]) 100000 16", "0 0 16", ""] {
                #expect(MemoryFile(of: name) == nil, "\(name)")
            }
            try handle.close()
        }

        @Test func onePieceOfNoBytesIsNothing() throws {
            let file = try #require(MemoryFile(bytes: 0))
            #expect(file.map()?.count == 0)
            file.close()
        }
    }
#endif
