/*
 * A preload library that counts the calls which change files, and fails one of them.
 *
 * FS_MATCH  only calls on paths that contain this text count
 * FS_AT     the number of the call that fails, from 1; 0 or unset: none
 * FS_FAULT  kill: SIGKILL before the call; torn: half of the bytes are written, then SIGKILL; eio, enospc: the call fails once
 * FS_FIRED  a file that gets the name of the call which failed
 * FS_LOG    a file that gets every call with its data, for the replay of power cuts (call-log.ts reads it)
 *
 * The system calls are made directly: looking the real functions up would not work before this library's constructor has run.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { WRITE = 1, SYNC, TRUNCATE, UNLINK, RENAME, CREATE };
enum fault { NONE, KILL, TORN, EIO_ONCE, ENOSPC_ONCE };

static const char *match = NULL;
static const char *fired = NULL;
static long fail_at = 0;
static enum fault fault = NONE;
static int log_fd = -1;
static long calls = 0;

__attribute__((constructor)) static void set_up(void) {
  const char *at = getenv("FS_AT"), *wanted = getenv("FS_FAULT"), *log = getenv("FS_LOG");
  match = getenv("FS_MATCH");
  fired = getenv("FS_FIRED");
  if (at) fail_at = atol(at);
  if (wanted && !strcmp(wanted, "kill")) fault = KILL;
  if (wanted && !strcmp(wanted, "torn")) fault = TORN;
  if (wanted && !strcmp(wanted, "eio")) fault = EIO_ONCE;
  if (wanted && !strcmp(wanted, "enospc")) fault = ENOSPC_ONCE;
  if (log) log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int matches(const char *path) { return match && path && strstr(path, match) != NULL; }

static void number(char *end, unsigned value) {
  do *--end = (char)('0' + value % 10); while (value /= 10);
}

/* The path of a descriptor; empty where it has none. */
static void path_of(int fd, char path[4096]) {
  char link[32] = "/proc/self/fd/", digits[12] = {0};
  unsigned value = (unsigned)fd;
  int length = 1;
  for (unsigned rest = value; rest >= 10; rest /= 10) length++;
  number(digits + length, value);
  memcpy(link + 14, digits, (size_t)length + 1);
  ssize_t got = syscall(SYS_readlinkat, AT_FDCWD, link, path, 4095);
  path[got < 0 ? 0 : got] = 0;
}

static void absolute(int directory, const char *path, char whole[4096]) {
  whole[0] = 0;
  if (path[0] != '/' && directory != AT_FDCWD) {
    path_of(directory, whole);
    strncat(whole, "/", 4095 - strlen(whole));
  }
  strncat(whole, path, 4095 - strlen(whole));
}

static void die(void) {
  syscall(SYS_kill, getpid(), SIGKILL);
  for (;;) pause();
}

/* Counts a call. Returns the fault to carry out in it. */
static enum fault next(const char *name) {
  long mine = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
  if (mine != fail_at || fault == NONE) return NONE;
  if (fired) {
    int fd = (int)syscall(SYS_openat, AT_FDCWD, fired, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    syscall(SYS_write, fd, name, strlen(name));
    syscall(SYS_close, fd);
  }
  if (fault == KILL) die();
  return fault;
}

static int error_of(enum fault what) {
  errno = what == EIO_ONCE ? EIO : ENOSPC;
  return -1;
}

static void note(enum kind kind, int fd, const char *path, int64_t offset, const void *data, size_t size) {
  if (log_fd < 0) return;
  struct stat about = {0};
  if (fd >= 0) fstat(fd, &about);
  int saved = errno;
  struct { uint32_t kind, path; uint64_t inode; int64_t offset; uint64_t size; } head = {
      kind, (uint32_t)strlen(path), about.st_ino, offset, size};
  struct iovec parts[3] = {{&head, sizeof head}, {(void *)path, head.path}, {(void *)data, size}};
  syscall(SYS_writev, log_fd, parts, 3);
  errno = saved;
}

static ssize_t write_at(const char *name, int fd, const void *data, size_t size, int64_t offset) {
  char path[4096];
  if (match) path_of(fd, path);
  if (!matches(match ? path : NULL))
    return offset < 0 ? syscall(SYS_write, fd, data, size) : syscall(SYS_pwrite64, fd, data, size, offset);
  enum fault what = next(name);
  if (what == EIO_ONCE || what == ENOSPC_ONCE) return error_of(what);
  int64_t place = offset < 0 ? lseek(fd, 0, SEEK_CUR) : offset;
  size_t part = what == TORN ? size / 2 : size;
  ssize_t done = offset < 0 ? syscall(SYS_write, fd, data, part) : syscall(SYS_pwrite64, fd, data, part, offset);
  if (what == TORN) die();
  if (done > 0) note(WRITE, fd, path, place, data, (size_t)done);
  return done;
}

static ssize_t gather(const char *name, int fd, const struct iovec *parts, int count, int64_t offset) {
  size_t size = 0;
  for (int i = 0; i < count; i++) size += parts[i].iov_len;
  char *whole = malloc(size ? size : 1), *end = whole;
  for (int i = 0; i < count; i++) end = (char *)memcpy(end, parts[i].iov_base, parts[i].iov_len) + parts[i].iov_len;
  ssize_t done = write_at(name, fd, whole, size, offset);
  free(whole);
  return done;
}

ssize_t write(int fd, const void *data, size_t size) { return write_at("write", fd, data, size, -1); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return write_at("pwrite", fd, data, size, at); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) { return write_at("pwrite", fd, data, size, at); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) { return gather("pwritev", fd, parts, count, at); }
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) { return gather("pwritev", fd, parts, count, at); }

ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t at, int flags) {
  (void)flags;
  return gather("pwritev", fd, parts, count, at);
}

static int sync_file(const char *name, long call, int fd) {
  char path[4096];
  if (match) path_of(fd, path);
  if (!matches(match ? path : NULL)) return (int)syscall(call, fd);
  enum fault what = next(name);
  if (what == TORN) die();
  if (what != NONE) return error_of(what);
  int done = (int)syscall(call, fd);
  if (done == 0) note(SYNC, fd, path, 0, NULL, 0);
  return done;
}

int fsync(int fd) { return sync_file("fsync", SYS_fsync, fd); }
int fdatasync(int fd) { return sync_file("fdatasync", SYS_fdatasync, fd); }

int ftruncate(int fd, off_t size) {
  char path[4096];
  if (match) path_of(fd, path);
  if (!matches(match ? path : NULL)) return (int)syscall(SYS_ftruncate, fd, size);
  enum fault what = next("ftruncate");
  if (what == TORN) die();
  if (what != NONE) return error_of(what);
  int done = (int)syscall(SYS_ftruncate, fd, size);
  if (done == 0) note(TRUNCATE, fd, path, size, NULL, 0);
  return done;
}
int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }

int unlinkat(int directory, const char *name, int flags) {
  char path[4096];
  absolute(directory, name, path);
  if (!matches(path)) return (int)syscall(SYS_unlinkat, directory, name, flags);
  enum fault what = next("unlink");
  if (what == TORN) die();
  if (what != NONE) return error_of(what);
  int done = (int)syscall(SYS_unlinkat, directory, name, flags);
  if (done == 0) note(UNLINK, -1, path, 0, NULL, 0);
  return done;
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }

int rename(const char *from, const char *to) {
  if (!matches(from) && !matches(to)) return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
  enum fault what = next("rename");
  if (what == TORN) die();
  if (what != NONE) return error_of(what);
  int done = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
  if (done == 0) note(RENAME, -1, from, 0, to, strlen(to));
  return done;
}

int linkat(int from_directory, const char *from, int to_directory, const char *to, int flags) {
  char path[4096];
  absolute(to_directory, to, path);
  if (!matches(path)) return (int)syscall(SYS_linkat, from_directory, from, to_directory, to, flags);
  enum fault what = next("link");
  if (what == TORN) die();
  if (what != NONE) return error_of(what);
  return (int)syscall(SYS_linkat, from_directory, from, to_directory, to, flags);
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int mkdirat(int directory, const char *name, mode_t mode) {
  char path[4096];
  absolute(directory, name, path);
  if (!matches(path)) return (int)syscall(SYS_mkdirat, directory, name, mode);
  enum fault what = next("mkdir");
  if (what == TORN) die();
  if (what != NONE) return error_of(what);
  return (int)syscall(SYS_mkdirat, directory, name, mode);
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

/* Opening is no fault point. A file that it makes is noted: its entry in the folder may be lost until the folder is synced. */
static int open_file(int directory, const char *name, int flags, mode_t mode) {
  if (!(flags & O_CREAT) || log_fd < 0) return (int)syscall(SYS_openat, directory, name, flags, mode);
  char path[4096];
  absolute(directory, name, path);
  int is_new = matches(path) && syscall(SYS_faccessat, AT_FDCWD, path, F_OK) != 0;
  int fd = (int)syscall(SYS_openat, directory, name, flags, mode);
  if (fd >= 0 && is_new) note(CREATE, fd, path, 0, NULL, 0);
  return fd;
}

static mode_t mode_of(int flags, va_list rest) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; }

#define OPEN(name)                                      \
  int name(const char *path, int flags, ...) {          \
    va_list rest;                                       \
    va_start(rest, flags);                              \
    mode_t mode = mode_of(flags, rest);                 \
    va_end(rest);                                       \
    return open_file(AT_FDCWD, path, flags, mode);      \
  }
#define OPENAT(name)                                    \
  int name(int directory, const char *path, int flags, ...) { \
    va_list rest;                                       \
    va_start(rest, flags);                              \
    mode_t mode = mode_of(flags, rest);                 \
    va_end(rest);                                       \
    return open_file(directory, path, flags, mode);     \
  }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
