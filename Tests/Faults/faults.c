// Disturbs the Nth file call of a program inside one folder; preloaded by `Tests/Faults/run`.
//
// FAULTS_FOLDER  the folder, absolute
// FAULTS_AT      the number of the call, from 1; 0 disturbs none
// FAULTS_KIND    kill   the process is killed before the call
//                torn   half of the next write, then killed
//                fail   the call fails once, with EIO
//                full   this and every later call that needs space fails with ENOSPC
//                short  the next write of more than a byte writes half, as a write may
// FAULTS_LOG     a file outside the folder that gets a line a call
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))real(#name))

enum kind { none, killed, torn, fail, full, shortened };

static atomic_int calls, halves, is_full;

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

static void die(void) {
    kill(getpid(), SIGKILL);
    pause();
}

static enum kind kind(void) {
    const char *text = getenv("FAULTS_KIND");
    if (!text) return none;
    return !strcmp(text, "kill") ? killed
         : !strcmp(text, "torn") ? torn
         : !strcmp(text, "fail") ? fail
         : !strcmp(text, "full") ? full
         : !strcmp(text, "short") ? shortened : none;
}

// The path of a descriptor, or of a name beside one; names are not resolved further.
static const char *place(int directory, const char *name, char *buffer) {
    if (name && name[0] == '/') return name;
    char link[64];
    size_t length = 0;
    if (directory == AT_FDCWD) {
        if (!getcwd(buffer, PATH_MAX)) return NULL;
        length = strlen(buffer);
    } else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
        ssize_t count = readlink(link, buffer, PATH_MAX - 1);
        if (count < 0) return NULL;
        length = (size_t)count;
        buffer[length] = 0;
    }
    if (name) snprintf(buffer + length, PATH_MAX - length, "/%s", name);
    return buffer;
}

// Counts the call and says whether it fails, with errno set; -1 for one outside the folder. May not return.
static int meets(const char *call, int directory, const char *name, int needs_space) {
    int saved = errno;
    const char *folder = getenv("FAULTS_FOLDER");
    char buffer[PATH_MAX];
    const char *path = folder ? place(directory, name, buffer) : NULL;
    size_t length = folder ? strlen(folder) : 0;
    errno = saved;
    if (!path || strncmp(path, folder, length) || (path[length] && path[length] != '/')) return -1;
    int number = ++calls;
    const char *log = getenv("FAULTS_LOG");
    if (log) {
        char line[PATH_MAX + 64];
        int count = snprintf(line, sizeof line, "%d %s %s\n", number, call, path + length);
        int file = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0644);
        if (file >= 0) {
            syscall(SYS_write, file, line, (size_t)count);
            syscall(SYS_close, file);
        }
    }
    errno = saved;
    const char *at = getenv("FAULTS_AT");
    if (at && number == atoi(at)) {
        switch (kind()) {
        case killed: die(); break;
        case torn: case shortened: halves = 1; break;
        case full: is_full = 1; break;
        case fail: errno = EIO; return 1;
        case none: break;
        }
    }
    if (!is_full || !needs_space) return 0;
    errno = ENOSPC;
    return 1;
}

static int fails(const char *call, int directory, const char *name, int needs_space) {
    return meets(call, directory, name, needs_space) == 1;
}

static int writes(int flags) { return (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) != 0; }

static int opens(int directory, const char *path, int flags, mode_t mode) {
    if (writes(flags) && fails("open", directory, path, (flags & O_CREAT) != 0)) return -1;
    return (int)syscall(SYS_openat, directory, path, flags | O_LARGEFILE, mode);
}

#define MODE(last) \
    mode_t mode = 0; \
    if (flags & O_CREAT) { va_list list; va_start(list, last); mode = va_arg(list, mode_t); va_end(list); }

int open(const char *path, int flags, ...) { MODE(flags) return opens(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return opens(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags) return opens(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags) return opens(at, path, flags, mode); }

ssize_t write(int file, const void *bytes, size_t count) {
    int met = meets("write", file, NULL, 1);
    if (met == 1) return -1;
    if (met < 0 || count < 2 || !halves) return REAL(write)(file, bytes, count);
    ssize_t written = REAL(write)(file, bytes, count / 2);
    if (kind() == torn) die();
    halves = 0;
    return written;
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
    if (fails("pwrite", file, NULL, 1)) return -1;
    return REAL(pwrite)(file, bytes, count, offset);
}

int rename(const char *from, const char *to) {
    return fails("rename", AT_FDCWD, to, 0) ? -1 : REAL(rename)(from, to);
}
int renameat2(int at, const char *from, int to_at, const char *to, unsigned flags) {
    return fails("rename", to_at, to, 0) ? -1 : REAL(renameat2)(at, from, to_at, to, flags);
}
int symlink(const char *target, const char *path) {
    return fails("symlink", AT_FDCWD, path, 1) ? -1 : REAL(symlink)(target, path);
}
int unlink(const char *path) { return fails("unlink", AT_FDCWD, path, 0) ? -1 : REAL(unlink)(path); }
int unlinkat(int at, const char *path, int flags) {
    return fails("unlink", at, path, 0) ? -1 : REAL(unlinkat)(at, path, flags);
}
int remove(const char *path) { return fails("remove", AT_FDCWD, path, 0) ? -1 : REAL(remove)(path); }
int rmdir(const char *path) { return fails("rmdir", AT_FDCWD, path, 0) ? -1 : REAL(rmdir)(path); }
int mkdir(const char *path, mode_t mode) {
    return fails("mkdir", AT_FDCWD, path, 1) ? -1 : REAL(mkdir)(path, mode);
}
int fsync(int file) { return fails("fsync", file, NULL, 1) ? -1 : REAL(fsync)(file); }
int fdatasync(int file) { return fails("fsync", file, NULL, 1) ? -1 : REAL(fdatasync)(file); }
int flock(int file, int operation) { return fails("flock", file, NULL, 0) ? -1 : REAL(flock)(file, operation); }
int ftruncate(int file, off_t length) {
    return fails("truncate", file, NULL, 0) ? -1 : REAL(ftruncate)(file, length);
}
