import Foundation
import Shipped
import Testing

@Suite struct ShippedTests {
    private static let repository = URL(fileURLWithPath: #filePath).appendingPathComponent("../../..")
        .standardizedFileURL

    /// What the binary holds is what the repository does, and nothing of it is forgotten.
    @Test func theBinaryHoldsWhatTheRepositoryDoes() throws {
        for file in ShippedFile.all {
            let url = Self.repository.appendingPathComponent(file.path)
            #expect(try Data(contentsOf: url) == file.data, "\(file.path)")
        }
        let names = FileManager.default.enumerator(atPath: Self.repository.appendingPathComponent("Recipes").path)
        let recipes = (names?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".yaml") }
        #expect(recipes.count > 10)
        #expect(Set(recipes.map { "Recipes/\($0)" }) == Set(ShippedFile.recipes()))
        #expect(ShippedFile.all.contains { $0.path == "Vocab/sample/spiece.model" })
    }

    @Test func namesStandForPaths() {
        #expect(ShippedFile.recipe("mini") == "Recipes/Pretraining/mini.yaml")
        #expect(ShippedFile.recipe("sst2", in: "Finetuning") == "Recipes/Finetuning/sst2.yaml")
        for own in ["mini.yaml", "./mini", "sst2"] { #expect(ShippedFile.recipe(own, in: "Pretraining") == own) }
        #expect(ShippedFile.contents(at: "Recipes/Pretraining/tiny.yaml")?.isEmpty == false)
        #expect(ShippedFile.contents(at: "Recipes/Pretraining") == nil)
    }
}
