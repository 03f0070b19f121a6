/// FNV-1a of 64 bits (Fowler, Noll, Vo): enough to see that a byte changed.
func fnv1a(_ text: String) -> UInt64 {
    text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
}
