// The files that ship, as bytes inside the binary: it finds them wherever it is run.
#ifndef SHIPPED_H
#define SHIPPED_H

#include <stddef.h>

typedef struct {
    // Relative to the root of the repository.
    const char *path;
    const unsigned char *bytes;
    size_t count;
} shipped_file;

// The number of files, and file `index` of them.
size_t shipped_count(void);
shipped_file shipped_at(size_t index);

#endif
