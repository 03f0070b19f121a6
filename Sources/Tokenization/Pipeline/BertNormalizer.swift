import Foundation

/// BERT's cleaning of text: takes control characters out, sets CJK characters apart, strips accents and lower-cases, as
/// `BasicTokenizer` (Devlin et al. 2019) and the `BertNormalizer` of a `tokenizer.json`.
struct BertNormalizer: Sendable, Equatable {
    var cleansText = true
    var separatesCJK = true
    /// nil follows `lowercase`.
    var stripsAccents: Bool?
    var lowercase = true

    func callAsFunction(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(text.count)
        var isASCII = true
        for scalar in text where !cleansText || !scalar.isRemoved {
            isASCII = isASCII && scalar.isASCII
            if !scalar.isASCII, separatesCJK, scalar.isCJK {
                scalars += [" ", scalar, " "]
            } else {
                scalars.append(cleansText && scalar.isSpace ? " " : scalar)
            }
        }
        if !isASCII, stripsAccents ?? lowercase {
            scalars = UnicodeForm.decomposed(scalars).filter { $0.properties.generalCategory != .nonspacingMark }
        }
        return lowercase ? scalars.lowercased : scalars
    }
}

/// What Unicode calls normalization forms.
enum UnicodeForm: String, Sendable {
    case composed = "NFC"
    case decomposed = "NFD"
    case compatible = "NFKC"
    case compatibleDecomposed = "NFKD"

    func callAsFunction(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
        if scalars.allSatisfy(\.isASCII) { return scalars }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        let text = String(view)
        let result =
            switch self {
            case .composed: text.precomposedStringWithCanonicalMapping
            case .decomposed: text.decomposedStringWithCanonicalMapping
            case .compatible: text.precomposedStringWithCompatibilityMapping
            case .compatibleDecomposed: text.decomposedStringWithCompatibilityMapping
            }
        return Array(result.unicodeScalars)
    }
}

extension [Unicode.Scalar] {
    /// Character by character, whatever stands beside one.
    var lowercased: [Unicode.Scalar] {
        flatMap { scalar -> [Unicode.Scalar] in
            if scalar.isASCII {
                return [(65...90).contains(scalar.value) ? Unicode.Scalar(UInt8(scalar.value + 32)) : scalar]
            }
            return Array(scalar.properties.lowercaseMapping.unicodeScalars)
        }
    }
}
