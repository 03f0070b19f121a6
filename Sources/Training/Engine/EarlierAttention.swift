import Attention
import Foundation

/// An attention as a checkpoint of ours says it: one of before every attention could have a convolution keeps its width among
/// the options of YOSO or Nyström attention.
struct EarlierAttention: Decodable {
    private struct Width: Decodable {
        let convolution: Int?
    }

    private struct Yoso: Decodable {
        let options: Width

        enum CodingKeys: String, CodingKey {
            case options = "_0"
        }
    }

    private final class Filter: Decodable {
        let over: EarlierAttention
    }

    private let yoso: Yoso?
    private let nystrom: Width?
    private let gfsa: Filter?

    static func decode(_ text: String) throws -> AttentionChoice {
        let data = Data(text.utf8)
        let choice = try JSONDecoder().decode(AttentionChoice.self, from: data)
        let width = try JSONDecoder().decode(Self.self, from: data).convolution
        return width.map { .convolved(width: $0, beside: choice) } ?? choice
    }

    private var convolution: Int? { yoso?.options.convolution ?? nystrom?.convolution ?? gfsa?.over.convolution }
}
