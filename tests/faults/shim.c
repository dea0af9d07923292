/* Makes one system call go wrong, of those that touch files below a folder.

   Loaded with LD_PRELOAD into tests/faults/nursery.py, which sets `plan` and then forks the program: the plan lies in
   shared memory, so that what the child did can be read when it has ended, however it has ended. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FAIL = 1, STAY, SHORT, SIGNAL }; /* once; from here on, as a full disk; half of a write; a signal, then the call */

struct plan {
    long at;          /* the call, counted from 1, that goes wrong; 0: none does */
    long how;         /* one of the above */
    long what;        /* the error or the signal */
    long count;       /* calls so far */
    long fired;       /* how many of them went wrong */
    long no_exchange; /* whether two names cannot change places, as on systems and disks that have no such call */
    char folder[4096];
    char match[256];  /* count only calls whose line in the trace contains this */
    char which[512];  /* the first call that went wrong, and its file */
    char trace[1 << 18]; /* a line for each call and its file */
};

static struct plan *plan;
static int is_active;
static char names[4096][128]; /* of the open files below the folder */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void prepare(void) {
    plan = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

struct plan *fault_plan(void) { return plan; }
void fault_activate(int yes) { is_active = yes; }

#define REAL(name, type, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static const char *name_of(int file) { return is_active && file >= 0 && file < 4096 && *names[file] ? names[file] : NULL; }

/* Return a path's part below the folder, NULL for one that is elsewhere. The program runs in the folder. */
static const char *below(int directory, const char *path) {
    if (!is_active || !path) return NULL;
    size_t n = strlen(plan->folder);
    if (*path == '/') return strncmp(path, plan->folder, n) == 0 && (path[n] == '/' || !path[n]) ? path + n : NULL;
    return (directory == AT_FDCWD && strncmp(path, "..", 2)) || name_of(directory) ? path : NULL;
}

static void remember(int file, const char *path) {
    if (file >= 0 && file < 4096) snprintf(names[file], sizeof *names, "%s", path ? path : "");
}

/* Count a call; return whether it is to go wrong, with errno set. */
static int strikes(const char *call, const char *path, int takes_space) {
    if (!path) return 0;
    pthread_mutex_lock(&lock);
    size_t used = strlen(plan->trace);
    snprintf(plan->trace + used, sizeof plan->trace - used, "%s %s\n", call, path);
    long n = strstr(plan->trace + used, plan->match) ? ++plan->count : 0;
    int hit = plan->at && n && (n == plan->at || (plan->how == STAY && n > plan->at && takes_space));
    if (hit && plan->how == SHORT && strcmp(call, "write")) hit = 0;
    if (hit && !plan->fired++) snprintf(plan->which, sizeof plan->which, "%s %s", call, path);
    pthread_mutex_unlock(&lock);
    if (hit && plan->how == SIGNAL) {
        kill(getpid(), (int)plan->what);
        return 0;
    }
    if (hit) errno = (int)plan->what;
    return hit;
}

static int opened(const char *call, int (*real)(int, const char *, int, ...), int at, const char *path, int flags, mode_t mode) {
    const char *inside = below(at, path);
    if (strikes(flags & (O_WRONLY | O_RDWR) ? "create" : call, inside, flags & O_CREAT)) return -1;
    int file = real(at, path, flags, mode);
    remember(file, inside);
    return file;
}

#define OPEN(name, AT_PARAMETER, AT) \
    int name(AT_PARAMETER const char *path, int flags, ...) { \
        REAL("openat", int, int, const char *, int, ...); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        return opened("open", real, AT, path, flags, mode); \
    }
#define COMMA ,
OPEN(open, , AT_FDCWD)
OPEN(open64, , AT_FDCWD)
OPEN(openat, int at COMMA, at)
OPEN(openat64, int at COMMA, at)

DIR *opendir(const char *path) {
    REAL("opendir", DIR *, const char *);
    return strikes("opendir", below(AT_FDCWD, path), 0) ? NULL : real(path);
}

DIR *fdopendir(int file) {
    REAL("fdopendir", DIR *, int);
    return strikes("opendir", name_of(file), 0) ? NULL : real(file);
}

int close(int file) {
    REAL("close", int, int);
    const char *name = name_of(file);
    int hit = strikes("close", name, 0), error = errno;
    remember(file, NULL);
    int status = real(file);
    if (hit) errno = error;
    return hit ? -1 : status;
}

ssize_t read(int file, void *into, size_t n) {
    REAL("read", ssize_t, int, void *, size_t);
    return strikes("read", name_of(file), 0) ? -1 : real(file, into, n);
}

ssize_t write(int file, const void *from, size_t n) {
    REAL("write", ssize_t, int, const void *, size_t);
    if (!strikes("write", name_of(file), 1)) return real(file, from, n);
    return plan->how == SHORT ? real(file, from, (n + 1) / 2) : -1;
}

#define ON_FILE(name, call, type, parameters, types, arguments, space, bad) \
    type name parameters { \
        REAL(#name, type, types); \
        return strikes(call, name_of(file), space) ? bad : real arguments; \
    }
#define C ,
ON_FILE(pread, "read", ssize_t, (int file, void *into, size_t n, off_t at), int C void * C size_t C off_t, (file, into, n, at), 0, -1)
ON_FILE(pread64, "read", ssize_t, (int file, void *into, size_t n, off_t at), int C void * C size_t C off_t, (file, into, n, at), 0, -1)
ON_FILE(pwrite, "pwrite", ssize_t, (int file, const void *from, size_t n, off_t at), int C const void * C size_t C off_t, (file, from, n, at), 1, -1)
ON_FILE(pwrite64, "pwrite", ssize_t, (int file, const void *from, size_t n, off_t at), int C const void * C size_t C off_t, (file, from, n, at), 1, -1)
ON_FILE(writev, "writev", ssize_t, (int file, const struct iovec *from, int n), int C const struct iovec * C int, (file, from, n), 1, -1)
ON_FILE(ftruncate, "truncate", int, (int file, off_t n), int C off_t, (file, n), 1, -1)
ON_FILE(ftruncate64, "truncate", int, (int file, off_t n), int C off_t, (file, n), 1, -1)
ON_FILE(flock, "flock", int, (int file, int how), int C int, (file, how), 0, -1)

#define MAP(name) \
    void *name(void *where, size_t n, int may, int flags, int file, off_t at) { \
        REAL(#name, void *, void *, size_t, int, int, int, off_t); \
        return strikes("mmap", name_of(file), 0) ? MAP_FAILED : real(where, n, may, flags, file, at); \
    }
MAP(mmap)
MAP(mmap64)

#define ON_PATH(name, call, parameters, types, arguments, at, space) \
    int name parameters { \
        REAL(#name, int, types); \
        return strikes(call, below(at, path), space) ? -1 : real arguments; \
    }
ON_PATH(mkdir, "mkdir", (const char *path, mode_t mode), const char * C mode_t, (path, mode), AT_FDCWD, 1)
ON_PATH(mkdirat, "mkdir", (int at, const char *path, mode_t mode), int C const char * C mode_t, (at, path, mode), at, 1)
ON_PATH(rename, "rename", (const char *path, const char *to), const char * C const char *, (path, to), AT_FDCWD, 0)
ON_PATH(renameat, "rename", (int at, const char *path, int from, const char *to), int C const char * C int C const char *, (at, path, from, to), at, 0)
ON_PATH(unlink, "unlink", (const char *path), const char *, (path), AT_FDCWD, 0)
ON_PATH(unlinkat, "unlink", (int at, const char *path, int how), int C const char * C int, (at, path, how), at, 0)
ON_PATH(rmdir, "rmdir", (const char *path), const char *, (path), AT_FDCWD, 0)
ON_PATH(link, "link", (const char *path, const char *to), const char * C const char *, (path, to), AT_FDCWD, 1)

int renameat2(int at, const char *path, int from, const char *to, unsigned how) {
    REAL("renameat2", int, int, const char *, int, const char *, unsigned);
    const char *inside = below(at, path);
    if (strikes("exchange", inside, 0)) return -1;
    if (inside && plan->no_exchange) {
        errno = EINVAL;
        return -1;
    }
    return real(at, path, from, to, how);
}

/* Counted and not done: it takes a tenth of a second on a busy disk, and no test here takes away the power. */
int fsync(int file) {
    REAL("fsync", int, int);
    const char *name = name_of(file);
    return strikes("fsync", name, 1) ? -1 : name ? 0 : real(file);
}
