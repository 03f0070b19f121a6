/// How the sentences of the sentiment task are put; the label decides what is apt.
enum SentimentFrames {
    static let plain = frames(
        """
        <partIs> <apt> and <partIs> <apt>.
        <partIs> <very> <apt> and <apt>
        a <very> <aptWhole> and <aptWhole> <kind>.
        a <aptWhole> <kind>, and <partIs> <apt>.
        <partIs> <apt>, <partIs> <apt>, and <partIs> <very> <apt>.
        I <liked> the <kind>, because <partIs> <apt> and <apt>.
        a <kind> so <aptWhole> that I <liked> even the <apt> <part>.
        it was a <aptWhole>, <aptWhole> <kind> and <partWas> <apt>.
        <very> <apt>, <very> <apt>
        the <apt> <part> and the <apt> <part> of this <kind>
        """)

    /// The polarity of the word is not the polarity of the sentence.
    static let negated = frames(
        """
        <partIs> not <unapt> at all, and <partIs> <apt>.
        <partIs> never <unapt>, <partIs> never <unapt>.
        not a <unaptWhole> <kind> and not <unaptWhole> at all
        <partIs> not <unapt>, it is <apt>.
        """)

    /// The last clause decides.
    static let contrasting = frames(
        """
        <partIs> <unapt> at first but <very> <apt> in the end.
        <partWas> <unapt> at first, but <partWas> <apt> and <apt> in the end.
        I had feared that the <kind> would be <unaptWhole>, but it is <aptWhole>.
        """)

    private static func frames(_ text: String) -> [Frame] {
        text.split(separator: "\n").map { Frame(String($0)) }
    }
}
