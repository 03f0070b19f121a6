// What Swift's Glibc leaves out, since it is declared for _GNU_SOURCE alone.
#ifdef __linux__
#include <fcntl.h>
extern int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags);
// Linux, uapi/linux/fs.h, RENAME_EXCHANGE.
static const unsigned rename_exchange = 1 << 1;
#endif
