// What Swift's Glibc leaves out, since it is declared for _GNU_SOURCE alone.
#ifdef __linux__
#include <fcntl.h>
extern int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags);
// Linux, uapi/linux/fs.h, RENAME_EXCHANGE.
static const unsigned rename_exchange = 1 << 1;
// Linux, memfd_create(2): a file in memory, which ends with the last process that has it.
extern int memfd_create(const char *name, unsigned flags);
// Linux, uapi/linux/memfd.h, MFD_CLOEXEC.
static const unsigned memfd_closed_by_exec = 1;
#endif
