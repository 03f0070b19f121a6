// What of its sequence a row of softmax sees, in front of its kernels: all, or with -DWINDOWED the tokens at most `window` away and
// the first, which itself sees all. That is symmetric, so what a block of queries looks through is what a block of keys is looked at
// from: the first tile, and those near its own.
#ifdef WINDOWED
#define IS_SEEN(a, b) ((a) == 0 || (b) == 0 || ((a) - (b) <= window && (b) - (a) <= window))
/// The tile behind `start` for rows first ..< first + rows. Those behind the first one have odd numbers: they lie in turn in two
/// places of shared memory.
DEVICE int tile_after(int start, int first, int side, int window) {
    const int near = (first - window) / side;
    return first > 0 && start == 0 && near > 1 ? (near % 2 ? near : near - 1) * side : start + side;
}
DEVICE int end_of_tiles(int first, int rows, int length, int window) {
    return first > 0 && length - first - rows > window ? first + rows + window : length;
}
#define SPAN_NEXT(start, first, side) tile_after(start, first, side, window)
#define SPAN_END(first, rows, length) end_of_tiles(first, rows, length, window)
#else
#define IS_SEEN(a, b) true
#define SPAN_NEXT(start, first, side) ((start) + (side))
#define SPAN_END(first, rows, length) (length)
#endif
