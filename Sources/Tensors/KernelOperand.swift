/// What kernels read and write through pointers: tensors, matrices, and structs of them.
///
/// A pointer exists only inside of a closure like that of `withPointers`, for which its storage is held; nothing else hands one
/// out. So no kernel can meet memory that went back to its pool, whatever is allocated or released meanwhile and however early
/// the compiler ends the life of a variable.
public protocol KernelOperand {
    /// What a kernel takes: a pointer, or a C struct of pointers and sizes.
    associatedtype Pointer
    /// Calls `body` with a pointer that is valid for the call alone.
    func withPointer<Result>(_ body: (Pointer) throws -> Result) rethrows -> Result
}

/// No operand is a null pointer.
extension Optional: KernelOperand where Wrapped: KernelOperand {
    @inlinable public func withPointer<Result>(_ body: (Wrapped.Pointer?) throws -> Result) rethrows -> Result {
        guard let self else { return try body(nil) }
        return try self.withPointer { try body($0) }
    }
}

/// Calls `body` with the pointers of operands, each valid for the call alone.
@inlinable public func withPointers<A: KernelOperand, Result>(
    _ a: A, _ body: (A.Pointer) throws -> Result
) rethrows -> Result {
    try a.withPointer(body)
}

// One function a number of operands: of a parameter pack the optimizer makes a call of 700 ns, of these no code at all.

@inlinable public func withPointers<A: KernelOperand, B: KernelOperand, Result>(
    _ a: A, _ b: B, _ body: (A.Pointer, B.Pointer) throws -> Result
) rethrows -> Result {
    try a.withPointer { a in try b.withPointer { try body(a, $0) } }
}

@inlinable public func withPointers<A: KernelOperand, B: KernelOperand, C: KernelOperand, Result>(
    _ a: A, _ b: B, _ c: C, _ body: (A.Pointer, B.Pointer, C.Pointer) throws -> Result
) rethrows -> Result {
    try withPointers(a, b) { a, b in try c.withPointer { try body(a, b, $0) } }
}

@inlinable
public func withPointers<
    A: KernelOperand, B: KernelOperand, C: KernelOperand, D: KernelOperand, Result
>(
    _ a: A, _ b: B, _ c: C, _ d: D, _ body: (A.Pointer, B.Pointer, C.Pointer, D.Pointer) throws -> Result
) rethrows -> Result {
    try withPointers(a, b, c) { a, b, c in try d.withPointer { try body(a, b, c, $0) } }
}

@inlinable
public func withPointers<
    A: KernelOperand, B: KernelOperand, C: KernelOperand, D: KernelOperand, E: KernelOperand, Result
>(
    _ a: A, _ b: B, _ c: C, _ d: D, _ e: E,
    _ body: (A.Pointer, B.Pointer, C.Pointer, D.Pointer, E.Pointer) throws -> Result
) rethrows -> Result {
    try withPointers(a, b, c, d) { a, b, c, d in try e.withPointer { try body(a, b, c, d, $0) } }
}

@inlinable
public func withPointers<
    A: KernelOperand, B: KernelOperand, C: KernelOperand, D: KernelOperand, E: KernelOperand, F: KernelOperand, Result
>(
    _ a: A, _ b: B, _ c: C, _ d: D, _ e: E, _ f: F,
    _ body: (A.Pointer, B.Pointer, C.Pointer, D.Pointer, E.Pointer, F.Pointer) throws -> Result
) rethrows -> Result {
    try withPointers(a, b, c, d, e) { a, b, c, d, e in try f.withPointer { try body(a, b, c, d, e, $0) } }
}
