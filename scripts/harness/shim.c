/*
 * A preload library that counts the calls which change files, and fails one of them.
 *
 * FS_MATCH  only calls on paths that contain this text count
 * FS_AT     the number of the call that fails, from 1; 0 or unset: none
 * FS_FAULT  kill: SIGKILL before the call; torn: half of the bytes are written, then SIGKILL; eio, enospc: the call fails once
 * FS_FIRED  a file that gets the name of the call which failed
 * FS_LOG    a file that gets every call with its data, for the replay of power cuts (call-log.ts reads it)
 *
 * SQLite calls the C library, whose functions stand here once more. Bun's own file functions ask the kernel directly: a seccomp filter sends those calls
 * to a signal handler, which does the same with them (https://man7.org/linux/man-pages/man2/seccomp.2.html, SECCOMP_RET_TRAP). What would change a file
 * in a way that cannot be seen here is refused, so that the caller takes another one.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

enum kind { WRITE = 1, SYNC, TRUNCATE, UNLINK, RENAME, CREATE, LINK, MKDIR };
enum fault { NONE, KILL, TORN, EIO_ONCE, ENOSPC_ONCE };

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "only x86-64 and arm64"
#endif

/* The one place where this library asks the kernel, so that the filter can tell its calls from others by where they come from. */
__attribute__((noinline, noclone, visibility("hidden"))) long ask_kernel(long number, long a, long b, long c, long d, long e) {
#if defined(__x86_64__)
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  long result;
  asm volatile("syscall\n.globl asked_here\n.hidden asked_here\nasked_here:"
               : "=a"(result) : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
#else
  register long x8 asm("x8") = number;
  register long result asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  asm volatile("svc 0\n.globl asked_here\n.hidden asked_here\nasked_here:"
               : "+r"(result) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
#endif
  if (result >= 0 || result < -4095) return result;
  errno = (int)-result;
  return -1;
}
extern const char asked_here[] __attribute__((visibility("hidden")));

#define ASK6(number, a, b, c, d, e, ...) ask_kernel(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))
#define ask(...) ASK6(__VA_ARGS__, 0, 0, 0, 0, 0, 0)

static const char *match = NULL;
static const char *fired = NULL;
static long fail_at = 0;
static enum fault fault = NONE;
static int log_fd = -1;
static long calls = 0;

static void watch_direct_calls(void);

__attribute__((constructor)) static void set_up(void) {
  const char *at = getenv("FS_AT"), *wanted = getenv("FS_FAULT"), *log = getenv("FS_LOG");
  match = getenv("FS_MATCH");
  fired = getenv("FS_FIRED");
  if (at) fail_at = atol(at);
  if (wanted && !strcmp(wanted, "kill")) fault = KILL;
  if (wanted && !strcmp(wanted, "torn")) fault = TORN;
  if (wanted && !strcmp(wanted, "eio")) fault = EIO_ONCE;
  if (wanted && !strcmp(wanted, "enospc")) fault = ENOSPC_ONCE;
  if (log) log_fd = (int)ask(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (match) watch_direct_calls();
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
  ssize_t got = ask(SYS_readlinkat, AT_FDCWD, link, path, 4095);
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
  ask(SYS_kill, getpid(), SIGKILL);
  for (;;) pause();
}

/* Counts a call. Returns the fault to carry out in it. */
static enum fault next(const char *name) {
  long mine = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
  if (mine != fail_at || fault == NONE) return NONE;
  if (fired) {
    int fd = (int)ask(SYS_openat, AT_FDCWD, fired, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ask(SYS_write, fd, name, strlen(name));
    ask(SYS_close, fd);
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
  ask(SYS_writev, log_fd, parts, 3);
  errno = saved;
}

/* Where the next write goes. */
static int64_t place_of(int fd) {
  return lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
}

static ssize_t write_at(const char *name, int fd, const void *data, size_t size, int64_t offset) {
  char path[4096];
  if (match) path_of(fd, path);
  if (!matches(match ? path : NULL))
    return offset < 0 ? ask(SYS_write, fd, data, size) : ask(SYS_pwrite64, fd, data, size, offset);
  enum fault what = next(name);
  if (what == EIO_ONCE || what == ENOSPC_ONCE) return error_of(what);
  int64_t place = offset < 0 ? place_of(fd) : offset;
  size_t part = what == TORN ? size / 2 : size;
  ssize_t done = offset < 0 ? ask(SYS_write, fd, data, part) : ask(SYS_pwrite64, fd, data, part, offset);
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
  if (!matches(match ? path : NULL)) return (int)ask(call, fd);
  enum fault what = next(name);
  if (what == TORN) die();
  if (what != NONE) return error_of(what);
  int done = (int)ask(call, fd);
  if (done == 0) note(SYNC, fd, path, 0, NULL, 0);
  return done;
}

int fsync(int fd) { return sync_file("fsync", SYS_fsync, fd); }
int fdatasync(int fd) { return sync_file("fdatasync", SYS_fdatasync, fd); }

int ftruncate(int fd, off_t size) {
  char path[4096];
  if (match) path_of(fd, path);
  if (!matches(match ? path : NULL)) return (int)ask(SYS_ftruncate, fd, size);
  enum fault what = next("ftruncate");
  if (what == TORN) die();
  if (what != NONE) return error_of(what);
  int done = (int)ask(SYS_ftruncate, fd, size);
  if (done == 0) note(TRUNCATE, fd, path, size, NULL, 0);
  return done;
}
int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }

int unlinkat(int directory, const char *name, int flags) {
  char path[4096];
  absolute(directory, name, path);
  if (!matches(path)) return (int)ask(SYS_unlinkat, directory, name, flags);
  enum fault what = next("unlink");
  if (what == TORN) die();
  if (what != NONE) return error_of(what);
  int done = (int)ask(SYS_unlinkat, directory, name, flags);
  if (done == 0) note(UNLINK, -1, path, 0, NULL, 0);
  return done;
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }

int rename(const char *from, const char *to) {
  if (!matches(from) && !matches(to)) return (int)ask(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
  enum fault what = next("rename");
  if (what == TORN) die();
  if (what != NONE) return error_of(what);
  int done = (int)ask(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
  if (done == 0) note(RENAME, -1, from, 0, to, strlen(to));
  return done;
}

int linkat(int from_directory, const char *from, int to_directory, const char *to, int flags) {
  char path[4096];
  absolute(to_directory, to, path);
  if (!matches(path)) return (int)ask(SYS_linkat, from_directory, from, to_directory, to, flags);
  enum fault what = next("link");
  if (what == TORN) die();
  if (what != NONE) return error_of(what);
  int done = (int)ask(SYS_linkat, from_directory, from, to_directory, to, flags);
  if (done == 0) note(LINK, -1, from, 0, path, strlen(path));
  return done;
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int mkdirat(int directory, const char *name, mode_t mode) {
  char path[4096];
  absolute(directory, name, path);
  if (!matches(path)) return (int)ask(SYS_mkdirat, directory, name, mode);
  enum fault what = next("mkdir");
  if (what == TORN) die();
  if (what != NONE) return error_of(what);
  int done = (int)ask(SYS_mkdirat, directory, name, mode);
  if (done == 0) note(MKDIR, -1, path, 0, NULL, 0);
  return done;
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

/* Counts where it makes a file, or empties one. The entry of a new file may be lost until its folder is synced. */
static int open_file(int directory, const char *name, int flags, mode_t mode) {
  char path[4096];
  if (flags & (O_CREAT | O_TRUNC)) absolute(directory, name, path);
  if (!(flags & (O_CREAT | O_TRUNC)) || !matches(path)) return (int)ask(SYS_openat, directory, name, flags, mode);
  int is_new = ask(SYS_faccessat, AT_FDCWD, path, F_OK) != 0;
  int changes = is_new ? flags & O_CREAT : (flags & O_TRUNC) && !(flags & O_EXCL);
  enum fault what = changes ? next("open") : NONE;
  if (what == TORN) die();
  if (what != NONE) return error_of(what);
  int fd = (int)ask(SYS_openat, directory, name, flags, mode);
  if (fd >= 0 && changes) note(is_new ? CREATE : TRUNCATE, fd, path, 0, NULL, 0);
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

/* Carries out a call that did not come through the functions above. */
static void on_direct_call(int signal, siginfo_t *about, void *context) {
  (void)signal;
#if defined(__x86_64__)
  greg_t *at = ((ucontext_t *)context)->uc_mcontext.gregs;
  long a = at[REG_RDI], b = at[REG_RSI], c = at[REG_RDX], d = at[REG_R10], e = at[REG_R8], done = -1;
#else
  unsigned long long *at = ((ucontext_t *)context)->uc_mcontext.regs;
  long a = (long)at[0], b = (long)at[1], c = (long)at[2], d = (long)at[3], e = (long)at[4], done = -1;
#endif
  int saved = errno;
  switch (about->si_syscall) {
  case SYS_write: done = write((int)a, (void *)b, (size_t)c); break;
  case SYS_pwrite64: done = pwrite((int)a, (void *)b, (size_t)c, d); break;
  case SYS_writev: done = gather("writev", (int)a, (void *)b, (int)c, -1); break;
  case SYS_pwritev: case SYS_pwritev2: done = gather("pwritev", (int)a, (void *)b, (int)c, d); break;
  case SYS_fsync: done = fsync((int)a); break;
  case SYS_fdatasync: done = fdatasync((int)a); break;
  case SYS_ftruncate: done = ftruncate((int)a, b); break;
  case SYS_openat: done = open_file((int)a, (char *)b, (int)c, (mode_t)d); break;
  case SYS_unlinkat: done = unlinkat((int)a, (char *)b, (int)c); break;
  case SYS_linkat: done = linkat((int)a, (char *)b, (int)c, (char *)d, (int)e); break;
  case SYS_mkdirat: done = mkdirat((int)a, (char *)b, (mode_t)c); break;
  case SYS_renameat: case SYS_renameat2: done = rename((char *)b, (char *)d); break;
#ifdef SYS_open
  case SYS_open: done = open_file(AT_FDCWD, (char *)a, (int)b, (mode_t)c); break;
  case SYS_unlink: done = unlink((char *)a); break;
  case SYS_link: done = link((char *)a, (char *)b); break;
  case SYS_mkdir: done = mkdir((char *)a, (mode_t)b); break;
  case SYS_rename: done = rename((char *)a, (char *)b); break;
#endif
  default: errno = ENOSYS;
  }
  long result = done < 0 ? -errno : done;
  errno = saved;
#if defined(__x86_64__)
  at[REG_RAX] = result;
#else
  at[0] = (unsigned long long)result;
#endif
}

/* Bun has a handler of its own for the signal of the filter: it must not take the place of this one. */
int sigaction(int signal, const struct sigaction *action, struct sigaction *old) {
  static int (*real)(int, const struct sigaction *, struct sigaction *);
  static int is_ours;
  if (!real) real = (int (*)(int, const struct sigaction *, struct sigaction *))dlsym(RTLD_NEXT, "sigaction");
  if (match && signal == SIGSYS && is_ours++) return 0;
  return real(signal, action, old);
}

/* What changes a file, and is carried out above. */
static const int watched[] = {
    SYS_write, SYS_pwrite64, SYS_writev, SYS_pwritev, SYS_pwritev2, SYS_fsync, SYS_fdatasync, SYS_ftruncate,
    SYS_unlinkat, SYS_linkat, SYS_mkdirat, SYS_renameat, SYS_renameat2,
#ifdef SYS_open
    SYS_unlink, SYS_link, SYS_mkdir, SYS_rename,
#endif
};
/* The same, where its flags say so, the argument of that number. */
static const struct { int call, flags; } opening[] = {
    {SYS_openat, 2},
#ifdef SYS_open
    {SYS_open, 1},
#endif
};
/* What changes one unseen. */
static const int refused[] = {SYS_copy_file_range, SYS_sendfile, SYS_splice, SYS_fallocate, SYS_truncate, SYS_io_uring_setup};

#define COUNT(list) (sizeof list / sizeof *list)
#define LOAD(what) (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, what)
#define IF_EQUAL(value, yes, no) (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define RETURN(what) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, what)

static void watch_direct_calls(void) {
  struct sigaction action = {.sa_sigaction = on_direct_call, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART};
  sigaction(SIGSYS, &action, NULL);
  uint64_t here = (uint64_t)asked_here;
  struct sock_filter filter[2 * (COUNT(watched) + COUNT(refused)) + 5 * COUNT(opening) + 12];
  size_t at = 0;
  filter[at++] = LOAD(offsetof(struct seccomp_data, arch));
  filter[at++] = IF_EQUAL(ARCHITECTURE, 1, 0);
  filter[at++] = RETURN(SECCOMP_RET_ALLOW);
  filter[at++] = LOAD(offsetof(struct seccomp_data, instruction_pointer));
  filter[at++] = IF_EQUAL((uint32_t)here, 0, 3);
  filter[at++] = LOAD(offsetof(struct seccomp_data, instruction_pointer) + 4);
  filter[at++] = IF_EQUAL((uint32_t)(here >> 32), 0, 1);
  filter[at++] = RETURN(SECCOMP_RET_ALLOW);
  filter[at++] = LOAD(offsetof(struct seccomp_data, nr));
  for (size_t i = 0; i < COUNT(watched); i++) {
    filter[at++] = IF_EQUAL((uint32_t)watched[i], 0, 1);
    filter[at++] = RETURN(SECCOMP_RET_TRAP);
  }
  for (size_t i = 0; i < COUNT(opening); i++) {
    filter[at++] = IF_EQUAL((uint32_t)opening[i].call, 0, 4);
    filter[at++] = LOAD(offsetof(struct seccomp_data, args[opening[i].flags]));
    filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_CREAT | O_TRUNC, 0, 1);
    filter[at++] = RETURN(SECCOMP_RET_TRAP);
    filter[at++] = RETURN(SECCOMP_RET_ALLOW);
  }
  for (size_t i = 0; i < COUNT(refused); i++) {
    filter[at++] = IF_EQUAL((uint32_t)refused[i], 0, 1);
    filter[at++] = RETURN(SECCOMP_RET_ERRNO | (refused[i] == SYS_fallocate ? EOPNOTSUPP : ENOSYS));
  }
  filter[at++] = RETURN(SECCOMP_RET_ALLOW);
  struct sock_fprog program = {(unsigned short)at, filter};
  const char *problem = "shim: the kernel takes no seccomp filter\n";
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0) return;
  ask(SYS_write, 2, problem, strlen(problem));
  _exit(99);
}
