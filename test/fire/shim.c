// Preloaded into a program: the FIRE_NTH call that touches a file under FIRE_PATH fails with FIRE_FAULT, an errno's name or SHORT (a write
// of one byte less, as the system is free to do), FIRE_TIMES times in a row. The number of such calls goes to the file FIRE_COUNT.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static const struct { const char *name; int number; } ERRORS[] = {
  {"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EINTR", EINTR}, {"EMFILE", EMFILE}, {"EDQUOT", EDQUOT}, {"EROFS", EROFS}, {"EACCES", EACCES}};

static int calls, nth, times, is_short, error_number = EIO;
static const char *path_prefix, *count_file;
static char is_ours[1 << 16];

__attribute__((constructor)) static void begin(void) {
  path_prefix = getenv("FIRE_PATH");
  count_file = getenv("FIRE_COUNT");
  const char *n = getenv("FIRE_NTH"), *t = getenv("FIRE_TIMES"), *fault = getenv("FIRE_FAULT");
  nth = n ? atoi(n) : 0;
  times = t ? atoi(t) : 1;
  is_short = fault && !strcmp(fault, "SHORT");
  for (size_t i = 0; fault && i < sizeof ERRORS / sizeof *ERRORS; i++)
    if (!strcmp(fault, ERRORS[i].name)) error_number = ERRORS[i].number;
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

/* Whether this call is one that fails. */
static int fails(void) {
  calls++;
  return nth > 0 && calls >= nth && calls < nth + times;
}

#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, name)
#define FAIL_IF(ours) do { if ((ours) && fails() && !is_short) { errno = error_number; return -1; } } while (0)

static int opened(int fd, const char *path) {
  if (fd >= 0 && fd < (int)sizeof is_ours) is_ours[fd] = is_our_path(path);
  return fd;
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
    REAL(int, #name, const char *, int, ...); \
    FAIL_IF(is_our_path(path)); \
    return opened(real(path, flags, mode), path); \
  }
OPEN(open)
OPEN(open64)

#define WRITE(name, parameters, types, arguments, shorter) \
  ssize_t name parameters { \
    REAL(ssize_t, #name, types); \
    if (is_our_fd(fd) && fails()) { \
      if (is_short && n > 1) return real shorter; \
      if (!is_short) { errno = error_number; return -1; } \
    } \
    return real arguments; \
  }
#define TYPES_WRITE int, const void *, size_t
#define TYPES_PWRITE int, const void *, size_t, off_t
WRITE(write, (int fd, const void *bytes, size_t n), TYPES_WRITE, (fd, bytes, n), (fd, bytes, n - 1))
WRITE(pwrite, (int fd, const void *bytes, size_t n, off_t at), TYPES_PWRITE, (fd, bytes, n, at), (fd, bytes, n - 1, at))
WRITE(pwrite64, (int fd, const void *bytes, size_t n, off_t at), TYPES_PWRITE, (fd, bytes, n, at), (fd, bytes, n - 1, at))

int close(int fd) {
  REAL(int, "close", int);
  int ours = is_our_fd(fd);
  if (ours) is_ours[fd] = 0;
  int result = real(fd); /* as Linux does: the descriptor is gone, whatever close says */
  FAIL_IF(ours);
  return result;
}

int rename(const char *from, const char *to) { REAL(int, "rename", const char *, const char *); FAIL_IF(is_our_path(to)); return real(from, to); }
int link(const char *from, const char *to) { REAL(int, "link", const char *, const char *); FAIL_IF(is_our_path(to)); return real(from, to); }
int symlink(const char *from, const char *to) { REAL(int, "symlink", const char *, const char *); FAIL_IF(is_our_path(to)); return real(from, to); }
int mkdir(const char *path, mode_t mode) { REAL(int, "mkdir", const char *, mode_t); FAIL_IF(is_our_path(path)); return real(path, mode); }
int fsync(int fd) { REAL(int, "fsync", int); FAIL_IF(is_our_fd(fd)); return real(fd); }
int fdatasync(int fd) { REAL(int, "fdatasync", int); FAIL_IF(is_our_fd(fd)); return real(fd); }
int ftruncate(int fd, off_t length) { REAL(int, "ftruncate", int, off_t); FAIL_IF(is_our_fd(fd)); return real(fd, length); }
int ftruncate64(int fd, off_t length) { REAL(int, "ftruncate64", int, off_t); FAIL_IF(is_our_fd(fd)); return real(fd, length); }
