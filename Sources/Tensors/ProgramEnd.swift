#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Ends the program with a line about what is out or wrong, as memory is: nothing could go on without it, and no caller could do more
/// than say so.
func endProgram(_ problem: String) -> Never {
    _ = "Error: \(problem)\n".withCString { write(2, $0, strlen($0)) }
    exit(1)
}
