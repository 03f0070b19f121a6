/// The words of a text where they stand in it, as BERT's `BasicTokenizer` splits (Devlin et al. 2019): runs between white space, and
/// every punctuation character and CJK character by itself; characters that it removes, as those of control, are of no word's ends.
public enum TextWords {
    /// In bytes of UTF-8, in order.
    public static func ranges(of text: String) -> [Range<Int>] {
        var (ranges, run, offset) = ([Range<Int>](), nil as Range<Int>?, 0)
        for scalar in text.unicodeScalars {
            let here = offset..<offset + UTF8.width(scalar)
            offset = here.upperBound
            if scalar.isRemoved { continue }
            let isAlone = scalar.isPunctuation || scalar.isCJK
            if isAlone || scalar.isSpace {
                if let run { ranges.append(run) }
                if isAlone { ranges.append(here) }
                run = nil
            } else {
                run = (run?.lowerBound ?? here.lowerBound)..<here.upperBound
            }
        }
        return run.map { ranges + [$0] } ?? ranges
    }
}
