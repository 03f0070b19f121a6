import Checkpoints
import Digests
import Foundation
import Testing

/// Weights as people have them.
@Suite struct WeightFilesTests {
    private func index(_ places: [String: String], in folder: borrowing TemporaryFolder) throws {
        try JSONEncoder().encode(["weight_map": places]).write(to: folder.file("model.safetensors.index.json"))
    }

    @Test func shardsAreOne() throws {
        let folder = try TemporaryFolder()
        try write(["a": ([2], [1, 2])], to: folder.file("model-1.safetensors"))
        try write(["b": ([1, 3], [3, 4, 5])], to: folder.file("model-2.safetensors"))
        try index(["a": "model-1.safetensors", "b": "model-2.safetensors"], in: folder)
        let files = try WeightFiles(of: folder.url)
        #expect(files.names == ["a", "b"] && files.shape(of: "b") == [1, 3] && files.shape(of: "c") == nil)
        var values = [Float](repeating: 0, count: 3)
        try values.withUnsafeMutableBufferPointer { try files.read("b", into: $0) }
        #expect(values == [3, 4, 5])
        let first = try files.digest()
        try write(["b": ([1, 3], [3, 4, 6])], to: folder.file("model-2.safetensors"))
        #expect(try WeightFiles(of: folder.url).digest() != first)
        // As transformers, one file before shards.
        try write(["c": ([1], [7])], to: folder.file("model.safetensors"))
        #expect(try WeightFiles(of: folder.url).names == ["c"])
        #expect(
            try WeightFiles(of: folder.url).digest()
                == SHA256.hexadecimal(of: Data(contentsOf: folder.file("model.safetensors"))))
    }

    @Test func anIndexStaysInItsFolderAndTellsTheTruth() throws {
        let folder = try TemporaryFolder()
        func problem(_ places: [String: String]) throws -> String? {
            try index(places, in: folder)
            return message { _ = try WeightFiles(of: folder.url) }
        }
        try write(["a": ([1], [1])], to: folder.file("x.safetensors"))
        #expect(try problem(["a": "x.safetensors"]) == nil)
        #expect(
            try problem(["b": "x.safetensors"])
                == "has no tensor b, which model.safetensors.index.json says is there")
        #expect(
            try problem(["a": "../x.safetensors"])
                == "names '../x.safetensors'; wanted a .safetensors file in the same folder")
        #expect(
            try problem(["a": "/etc/passwd"]) == "names '/etc/passwd'; wanted a .safetensors file in the same folder")
        #expect(try problem(["a": "none.safetensors"]) == "no such file")
        #expect(try problem([:]) == "damaged: no JSON object with a 'weight_map' of tensors to files")
    }

    @Test func whatIsNoSafeTensorsFileSaysWhatToDo() throws {
        let folder = try TemporaryFolder()
        #expect(message { _ = try WeightFiles(of: folder.url) } == "no such file")
        try Data([1]).write(to: folder.file("pytorch_model.bin"))
        let advice = try #require(message { _ = try WeightFiles(of: folder.url) })
        #expect(advice.hasPrefix("holds pytorch_model.bin alone; convert it: python -c \"import torch, safetensors"))
        // In parts.
        try FileManager.default.moveItem(
            at: folder.file("pytorch_model.bin"), to: folder.file("pytorch_model.bin.index.json"))
        let parts = try #require(message { _ = try WeightFiles(of: folder.url) })
        #expect(parts.hasPrefix("holds pytorch_model.bin.index.json alone; convert it: python -c \"import torch"))
        try Data("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n".utf8)
            .write(to: folder.file("model.safetensors"))
        #expect(
            message { _ = try WeightFiles(of: folder.url) }
                == "a pointer of Git LFS, not the file itself; run `git lfs pull` in its repository")
    }
}
