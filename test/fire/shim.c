// Preloaded into a program, for the calls that touch files under FIRE_PATH.
//   FIRE_NTH, FIRE_TIMES, FIRE_FAULT  the n-th of them fails with an errno's name, so many times in a row; SHORT is a write of one byte less,
//                                     HALF one of half the bytes, and EIO afterwards
//                                     (or as the opening of /fire/NTH/TIMES/FAULT/PATH says, later)
//   FIRE_COUNT                        a file that gets the number of such calls
//   FIRE_CLOCK                        "-86400,3600": the clock is wrong by these seconds, another at each call
//   FIRE_JOURNAL                      a file that gets each call that changed something, in order (see power.mjs), and what goes to standard output
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static const struct { const char *name; int number; } ERRORS[] = {
  {"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EINTR", EINTR}, {"EMFILE", EMFILE}, {"EDQUOT", EDQUOT}, {"EROFS", EROFS}, {"EACCES", EACCES}};

static int calls, nth, times, is_short, is_half, half_done, error_number = EIO, journal = -1, jump_count;
static double jumps[64];
static const char *path_prefix, *count_file;
static char is_ours[1 << 16];

static void set_fault(const char *n, const char *t, const char *fault) {
  nth = n ? atoi(n) : 0;
  times = t ? atoi(t) : 1;
  is_short = fault && !strcmp(fault, "SHORT");
  is_half = fault && !strcmp(fault, "HALF");
  if (is_half) times++;
  for (size_t i = 0; fault && i < sizeof ERRORS / sizeof *ERRORS; i++)
    if (!strcmp(fault, ERRORS[i].name)) error_number = ERRORS[i].number;
  calls = half_done = 0;
}

/* "/fire/NTH/TIMES/FAULT/path/of/files": another fault, in the same process (see programs/host.mjs). */
static int is_order(const char *path) {
  static char order[1 << 12];
  if (strncmp(path, "/fire/", 6) || strlen(path) >= sizeof order) return 0;
  strcpy(order, path);
  char *rest, *n = strtok_r(order + 6, "/", &rest), *t = strtok_r(NULL, "/", &rest), *fault = strtok_r(NULL, "/", &rest);
  path_prefix = strdup(path + (rest - order) - 1); /* a few bytes a case */
  set_fault(n, t, fault);
  return 1;
}

__attribute__((constructor)) static void begin(void) {
  path_prefix = getenv("FIRE_PATH");
  count_file = getenv("FIRE_COUNT");
  const char *n = getenv("FIRE_NTH"), *t = getenv("FIRE_TIMES"), *fault = getenv("FIRE_FAULT");
  const char *journal_file = getenv("FIRE_JOURNAL"), *clock = getenv("FIRE_CLOCK");
  set_fault(n, t, fault);
  if (journal_file) journal = syscall(SYS_openat, AT_FDCWD, journal_file, O_WRONLY | O_CREAT | O_APPEND, 0600);
  for (char *end; clock && *clock && jump_count < 64; clock = *end ? end + 1 : end) jumps[jump_count++] = strtod(clock, &end);
}

__attribute__((destructor)) static void end(void) {
  if (!count_file) return;
  FILE *file = fopen(count_file, "w");
  if (!file) return;
  fprintf(file, "%d\n", calls);
  fclose(file);
}

static int is_our_path(const char *path) { return path_prefix && path && !strncmp(path, path_prefix, strlen(path_prefix)); }
static int is_our_fd(int fd) { return fd >= 0 && fd < (int)sizeof is_ours && is_ours[fd]; }

/* Whether this call is one that fails. Several threads may call. */
static int fails(void) {
  int call = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
  return nth > 0 && call >= nth && call < nth + times;
}

/* One line, and the bytes it speaks of; O_APPEND keeps them together. */
static void note(const char *bytes, size_t n, const char *format, ...) {
  if (journal < 0) return;
  int kept = errno;
  char line[9000];
  va_list rest;
  va_start(rest, format);
  int length = vsnprintf(line, sizeof line - 1, format, rest);
  va_end(rest);
  line[length++] = '\n';
  struct iovec pieces[2] = {{line, length}, {(void *)bytes, n}};
  if (syscall(SYS_writev, journal, pieces, n ? 2 : 1) < 0) abort();
  errno = kept;
}

#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, name)
#define FAIL_IF(ours) do { if ((ours) && fails() && !is_short && !is_half) { errno = error_number; return -1; } } while (0)

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
    REAL(int, #name, const char *, int, ...); \
    if (is_order(path)) { errno = ENOENT; return -1; } \
    int ours = is_our_path(path); \
    FAIL_IF(ours); \
    int fd = real(path, flags, mode); \
    if (fd >= 0 && fd < (int)sizeof is_ours) is_ours[fd] = ours; \
    if (fd >= 0 && ours) note(0, 0, "open %d %d %d %d %s", fd, !!(flags & O_CREAT), !!(flags & O_TRUNC), !!(flags & O_APPEND), path); \
    return fd; \
  }
OPEN(open)
OPEN(open64)

#define WRITE(name, parameters, types, arguments, shortened, at) \
  ssize_t name parameters { \
    REAL(ssize_t, #name, types); \
    int ours = is_our_fd(fd); \
    if (fd == 1) note(bytes, n, "said %zu", n); \
    ssize_t written; \
    size_t shorter; \
    if (!ours || !fails()) written = real arguments; \
    else if (is_short || (is_half && !half_done)) { \
      half_done = 1; \
      shorter = is_half ? n / 2 : n - 1; \
      written = n > 1 ? real shortened : real arguments; \
    } \
    else { errno = error_number; return -1; } \
    if (ours && written > 0) note(bytes, written, "write %d %lld %zd", fd, (long long)(at), written); \
    return written; \
  }
#define TYPES_WRITE int, const void *, size_t
#define TYPES_PWRITE int, const void *, size_t, off_t
WRITE(write, (int fd, const void *bytes, size_t n), TYPES_WRITE, (fd, bytes, n), (fd, bytes, shorter), -1)
WRITE(pwrite, (int fd, const void *bytes, size_t n, off_t at), TYPES_PWRITE, (fd, bytes, n, at), (fd, bytes, shorter, at), at)
WRITE(pwrite64, (int fd, const void *bytes, size_t n, off_t at), TYPES_PWRITE, (fd, bytes, n, at), (fd, bytes, shorter, at), at)

ssize_t read(int fd, void *bytes, size_t n) { REAL(ssize_t, "read", int, void *, size_t); FAIL_IF(is_our_fd(fd)); return real(fd, bytes, n); }
ssize_t pread(int fd, void *bytes, size_t n, off_t at) { REAL(ssize_t, "pread", int, void *, size_t, off_t); FAIL_IF(is_our_fd(fd)); return real(fd, bytes, n, at); }
ssize_t pread64(int fd, void *bytes, size_t n, off_t at) { REAL(ssize_t, "pread64", int, void *, size_t, off_t); FAIL_IF(is_our_fd(fd)); return real(fd, bytes, n, at); }
DIR *opendir(const char *path) {
  REAL(DIR *, "opendir", const char *);
  if (is_our_path(path) && fails() && !is_short) { errno = error_number; return NULL; }
  return real(path);
}

int close(int fd) {
  REAL(int, "close", int);
  int ours = is_our_fd(fd);
  if (ours) is_ours[fd] = 0, note(0, 0, "close %d", fd);
  int result = real(fd); /* as Linux does: the descriptor is gone, whatever close says */
  FAIL_IF(ours);
  return result;
}

/* Calls that change a place, or a file: refused, or done and noted. */
#define CHANGE(name, parameters, types, ours, arguments, ...) \
  int name parameters { \
    REAL(int, #name, types); \
    FAIL_IF(ours); \
    int result = real arguments; \
    if ((ours) && result == 0) note(0, 0, #name " " __VA_ARGS__); \
    return result; \
  }
#define TYPES_PATHS const char *, const char *
#define TYPES_TRUNCATE int, off_t
CHANGE(rename, (const char *from, const char *to), TYPES_PATHS, is_our_path(to), (from, to), "%s\t%s", from, to)
CHANGE(link, (const char *from, const char *to), TYPES_PATHS, is_our_path(to), (from, to), "%s\t%s", from, to)
CHANGE(symlink, (const char *target, const char *to), TYPES_PATHS, is_our_path(to), (target, to), "%s\t%s", target, to)
#define TYPES_MKDIR const char *, mode_t
CHANGE(mkdir, (const char *path, mode_t mode), TYPES_MKDIR, is_our_path(path), (path, mode), "%s", path)
CHANGE(unlink, (const char *path), const char *, is_our_path(path), (path), "%s", path)
CHANGE(rmdir, (const char *path), const char *, is_our_path(path), (path), "%s", path)
CHANGE(fsync, (int fd), int, is_our_fd(fd), (fd), "%d", fd)
CHANGE(fdatasync, (int fd), int, is_our_fd(fd), (fd), "%d", fd)
CHANGE(ftruncate, (int fd, off_t length), TYPES_TRUNCATE, is_our_fd(fd), (fd, length), "%d %lld", fd, (long long)length)
CHANGE(ftruncate64, (int fd, off_t length), TYPES_TRUNCATE, is_our_fd(fd), (fd, length), "%d %lld", fd, (long long)length)

static double wrong_by(void) { return jump_count ? jumps[calls % jump_count] : 0; }

int clock_gettime(clockid_t clock, struct timespec *time) {
  REAL(int, "clock_gettime", clockid_t, struct timespec *);
  int result = real(clock, time);
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) time->tv_sec += (time_t)wrong_by();
  return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  REAL(int, "gettimeofday", struct timeval *, void *);
  int result = real(time, zone);
  time->tv_sec += (time_t)wrong_by();
  return result;
}
