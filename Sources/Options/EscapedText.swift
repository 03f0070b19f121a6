extension String {
    /// The text with other spellings in the place of some scalars. Scalar by scalar, since a mark and an accent behind it are one
    /// character, which is not the mark's.
    public func escaped(_ spellings: [Unicode.Scalar: String]) -> String {
        guard unicodeScalars.contains(where: { spellings[$0] != nil }) else { return self }
        return unicodeScalars.map { spellings[$0] ?? String($0) }.joined()
    }
}
