#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/random.h"

#define PATH_BYTES_MAX 4096
#define READ_BYTES ((size_t)64 * 1024)

/* Translates errno, naming the path. */
static enum status fail(struct error *err, const char *doing, const char *path)
{
    int number = errno;
    enum status status = number == ENOENT ? ERR_NOT_FOUND : ERR_UNAVAILABLE;
    return error_set(err, status, "%s %s: %s", doing, path, strerror(number));
}

static void close_fd(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd); /* what was written is synced before; for reading it doesn't matter */
}

static enum status read_all(int fd, const char *path, struct buf *content, struct error *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return fail(err, "read", path);
    if (S_ISDIR(info.st_mode))
        return error_set(err, ERR_INVALID, "read %s: it is a folder", path);
    for (;;) {
        char block[READ_BYTES];
        ssize_t got = read(fd, block, sizeof block);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(err, "read", path);
        if (got == 0)
            return OK;
        if (!buf_append(content, (str){ block, (size_t)got }))
            return error_set(err, ERR_LIMIT, "read %s: it has more than %zu bytes", path, content->max_bytes);
    }
}

enum status file_read(const char *path, struct buf *content, struct error *err)
{
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(err, "open", path);
    return read_all(fd, path, content, err);
}

static enum status write_all(int fd, const char *path, str content, struct error *err)
{
    while (content.size > 0) {
        ssize_t written = write(fd, content.data, content.size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fail(err, "write", path);
        content = str_slice(content, (size_t)written, content.size);
    }
    return fsync(fd) == 0 ? OK : fail(err, "sync", path);
}

/* The part of `path` in front of its last name: "." where there is none. */
static enum status parent_of(const char *path, char parent[PATH_BYTES_MAX], struct error *err)
{
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/')
        size--;
    while (size > 0 && path[size - 1] != '/')
        size--;
    while (size > 1 && path[size - 1] == '/')
        size--;
    if (size >= PATH_BYTES_MAX)
        return error_set(err, ERR_INVALID, "a path of %zu bytes is too long", size);
    memcpy(parent, size == 0 ? "." : path, MAX_OF(size, (size_t)1));
    parent[MAX_OF(size, (size_t)1)] = '\0';
    return OK;
}

enum status file_sync_folder(const char *path, struct error *err)
{
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        return fail(err, "sync folder", path);
    return OK;
}

/* A new name is durable only once the folder that holds it is. */
static enum status sync_parent(const char *path, struct error *err)
{
    char parent[PATH_BYTES_MAX];
    TRY(parent_of(path, parent, err));
    return file_sync_folder(parent, err);
}

/* O_EXCL: the name is random, and a file already there is not ours to overwrite. */
static enum status write_temporary(const char *temporary, str content, mode_t mode, struct error *err)
{
    CLEANUP(close_fd) int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return fail(err, "make", temporary);
    return write_all(fd, temporary, content, err);
}

/* Beside the target, because rename is atomic only within one file system. */
static enum status write_with_mode(const char *path, str content, mode_t mode, struct error *err)
{
    char temporary[PATH_BYTES_MAX];
    uint64_t unique;
    random_bytes(&unique, sizeof unique);
    int size = snprintf(temporary, sizeof temporary, "%s.%016llx.tmp", path, (unsigned long long)unique);
    if (size < 0 || (size_t)size >= sizeof temporary)
        return error_set(err, ERR_INVALID, "a path of %zu bytes is too long", strlen(path));
    enum status status = write_temporary(temporary, content, mode, err);
    if (status == OK && rename(temporary, path) != 0)
        status = fail(err, "rename to", path);
    if (status != OK) {
        (void)unlink(temporary); /* the first error is the one to tell */
        return status;
    }
    return sync_parent(path, err);
}

enum status file_write(const char *path, str content, struct error *err)
{
    return write_with_mode(path, content, 0644, err);
}

enum status file_write_private(const char *path, str content, struct error *err)
{
    return write_with_mode(path, content, 0600, err);
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

enum status file_remove(const char *path, struct error *err)
{
    if (unlink(path) == 0)
        return sync_parent(path, err);
    return errno == ENOENT ? OK : fail(err, "remove", path);
}

/* mkdir first and look afterwards, so that two processes may make the same folder at once. */
static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)place;
    return kind == FTW_DP ? rmdir(path) : unlink(path);
}

#define FOLDERS_OPEN_MAX 16

enum status file_remove_folder(const char *path, struct error *err)
{
    if (nftw(path, remove_entry, FOLDERS_OPEN_MAX, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
        return fail(err, "remove", path);
    return OK;
}

static enum status make_folder(const char *path, struct error *err)
{
    struct stat info;
    if (mkdir(path, 0755) == 0)
        return sync_parent(path, err);
    if (errno == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return OK;
    return fail(err, "make folder", path);
}

enum status file_make_folders(const char *path, struct error *err)
{
    char part[PATH_BYTES_MAX];
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof part)
        return error_set(err, ERR_INVALID, "a folder's path of %zu bytes", size);
    memcpy(part, path, size + 1);
    for (size_t i = 1; i < size; i++) {
        if (part[i] != '/')
            continue;
        part[i] = '\0';
        TRY(make_folder(part, err));
        part[i] = '/';
    }
    return part[size - 1] == '/' ? OK : make_folder(part, err);
}

enum status file_free_bytes(const char *path, uint64_t *ret_bytes, struct error *err)
{
    struct statvfs info;
    if (statvfs(path, &info) != 0)
        return fail(err, "measure free space of", path);
    *ret_bytes = (uint64_t)info.f_bavail * info.f_frsize;
    return OK;
}

struct file_lock {
    int fd;
};

/* The owner's process id is in the file, for people; the lock itself is the kernel's. */
static enum status fail_owned(int fd, const char *folder, struct error *err)
{
    char owner[24];
    ssize_t size = pread(fd, owner, sizeof owner, 0);
    str text = str_trim((str){ owner, size < 0 ? 0 : (size_t)size });
    return error_set(err, ERR_CONFLICT, "the folder %s is in use by process %.*s", folder, STR_ARG(text));
}

enum status file_lock_open(const char *folder, struct file_lock **ret_lock, struct error *err)
{
    char path[PATH_BYTES_MAX], owner[NUMBER_TEXT_MAX];
    int size = snprintf(path, sizeof path, "%s/lock", folder);
    if (size < 0 || (size_t)size >= sizeof path)
        return error_set(err, ERR_INVALID, "a path of %zu bytes is too long", strlen(folder));
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        return fail(err, "open", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        enum status status = errno == EWOULDBLOCK ? fail_owned(fd, folder, err) : fail(err, "lock", path);
        close_fd(&fd);
        return status;
    }
    size_t digits = number_print_i64(getpid(), owner);
    if (ftruncate(fd, 0) != 0 || pwrite(fd, owner, digits, 0) != (ssize_t)digits) {
        enum status status = fail(err, "write", path);
        close_fd(&fd);
        return status;
    }
    struct file_lock *lock = mem_must(sizeof *lock);
    lock->fd = fd;
    *ret_lock = lock;
    return OK;
}

void file_lock_close(struct file_lock *lock)
{
    if (lock == NULL)
        return;
    close_fd(&lock->fd); /* unlocks; the file stays, or two processes could lock two files of one name */
    mem_free(lock);
}
