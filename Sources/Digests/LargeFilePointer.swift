/// What Git leaves of a large file where Git LFS has not fetched it: a few lines of text with its SHA-256.
public enum LargeFilePointer {
    /// What to say of one in the place of a file.
    public static let problem = "a pointer of Git LFS, not the file itself; run `git lfs pull` in its repository"

    /// Whether a file of these bytes is one.
    public static func isOne(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.starts(with: "version https://git-lfs.github.com/spec/".utf8)
    }
}
