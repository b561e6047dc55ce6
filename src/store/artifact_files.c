/* store/artifact_files.c - artifacts as files of a folder of ours.
 *
 *     FOLDER/artifacts/7/0a1b.../artifacts/model/MLmodel   an artifact: its path below the root
 *     FOLDER/artifacts/.uploads/018f...                    on its way in (or, deleted, on its way out)
 *
 * An upload is written and synced under a name of its own and renamed into place; a delete is renamed away first.
 * So nobody sees half of either, and what a crash leaves lies in .uploads, which open() empties. Paths are walked
 * part by part without following links, so that not even a link planted in the folder leads out of it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "store/artifact_store.h"

#define UPLOADS ".uploads"

struct artifact_store {
    char *root; /* FOLDER/artifacts */
    int root_fd;
    pthread_rwlock_t names; /* read: a name is made below folders that must stay; write: a tree goes away */
};

/* ---- paths ---- */

static enum status check_part(str part, str path, struct error *err)
{
    bool is_dots = str_equal(part, STR(".")) || str_equal(part, STR(".."));
    if (str_is_empty(part) || is_dots || part.size > NAME_MAX)
        return error_set(err, ERR_INVALID, "the artifact path \"%.*s\" has a part that no file can be called",
                         STR_ARG(str_slice(path, 0, 200)));
    return OK;
}

static enum status check_path(str path, struct error *err)
{
    str rest = path, part;
    if (path.size == 0 || path.size > ARTIFACT_PATH_BYTES_MAX)
        return error_set(err, ERR_INVALID, "an artifact path has 1 to %zu bytes, not %zu", ARTIFACT_PATH_BYTES_MAX,
                         path.size);
    if (!str_is_utf8(path, NULL) || str_find(path, '\0') < path.size)
        return error_set(err, ERR_INVALID, "an artifact path is UTF-8 without NUL");
    while (str_split(&rest, '/', &part))
        TRY(check_part(part, path, err));
    if (str_equal(str_slice(path, 0, str_find(path, '/')), STR(UPLOADS)))
        return error_set(err, ERR_INVALID, "artifact paths below " UPLOADS " are not for others");
    return OK;
}

/* The folder's part of a checked path, and its last name. */
static str split_last(str path, char last[NAME_MAX + 1])
{
    size_t slash = path.size;
    while (slash > 0 && path.data[slash - 1] != '/')
        slash--;
    memcpy(last, path.data + slash, path.size - slash);
    last[path.size - slash] = '\0';
    return str_slice(path, 0, slash > 0 ? slash - 1 : 0);
}

/* What a system call said about an artifact. */
static enum status fail(const char *doing, str path, struct error *err)
{
    int number = errno;
    enum status status = number == ENOENT ? ERR_NOT_FOUND : ERR_UNAVAILABLE;
    if (number == ENOTDIR || number == EISDIR || number == ELOOP || number == ENOTEMPTY || number == EEXIST)
        status = ERR_INVALID;
    const char *why = number == ENOSPC || number == EDQUOT ? "the disk is full" : strerror(number);
    return error_set(err, status, "%s artifact \"%.*s\": %s", doing, STR_ARG(str_slice(path, 0, 200)), why);
}

static void close_fd(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd); /* a folder, or a file that was synced */
}

/* The folder `name` in `parent`, made durable in it where it is missing and may be made; -1 and errno. */
static int open_folder(int parent, const char *name, bool may_make)
{
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(parent, name, flags);
    if (fd >= 0 || errno != ENOENT || !may_make)
        return fd;
    if ((mkdirat(parent, name, 0755) != 0 && errno != EEXIST) || fsync(parent) != 0)
        return -1;
    return openat(parent, name, flags);
}

/* Opens a folder below the root, the root itself for an empty path. A file in the way is ERR_INVALID for who wants
 * to write there, ERR_NOT_FOUND for who reads. */
static enum status enter(struct artifact_store *store, str folder, bool may_make, int *ret_fd, struct error *err)
{
    str rest = folder, part;
    int fd = openat(store->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* a dup would share the place in its list */
    while (fd >= 0 && rest.size > 0 && str_split(&rest, '/', &part)) {
        char name[NAME_MAX + 1];
        (void)split_last(part, name);
        int next = open_folder(fd, name, may_make);
        int number = errno;
        (void)close(fd); /* a folder */
        fd = next;
        errno = number;
    }
    *ret_fd = fd;
    if (fd >= 0)
        return OK;
    if (!may_make && (errno == ENOTDIR || errno == ELOOP))
        errno = ENOENT;
    return fail(may_make ? "make the folder of" : "find", folder, err);
}

/* ---- life ---- */

/* What a crash left half written, or half deleted. */
static enum status sweep_uploads(const char *folder, struct error *err)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return error_set(err, ERR_UNAVAILABLE, "%s: %s", folder, strerror(errno));
    enum status status = OK;
    for (struct dirent *entry; status == OK && (entry = readdir(dir)) != NULL;) {
        char path[PATH_MAX];
        bool is_dots = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        if (is_dots || snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= (int)sizeof path)
            continue;
        LOG_WARN("an upload that was cut off is removed", log_text("file", path));
        status = file_remove_folder(path, err);
    }
    (void)closedir(dir); /* only read from */
    return status;
}

enum status artifact_store_open_files(const char *folder, struct artifact_store **ret_store, struct error *err)
{
    CLEANUP(artifact_store_close_slot) struct artifact_store *store = mem_must(sizeof *store);
    char uploads[PATH_MAX];
    store->root_fd = -1;
    pthread_rwlock_init(&store->names, NULL);
    if (snprintf(uploads, sizeof uploads, "%s/artifacts/" UPLOADS, folder) >= (int)sizeof uploads)
        return error_set(err, ERR_INVALID, "the artifact folder's path is too long");
    TRY(file_make_folders(uploads, err));
    TRY(sweep_uploads(uploads, err));
    uploads[strlen(uploads) - strlen("/" UPLOADS)] = '\0';
    store->root = mem_copy_text(uploads);
    store->root_fd = open(store->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->root_fd < 0)
        return error_set(err, ERR_UNAVAILABLE, "%s: %s", store->root, strerror(errno));
    *ret_store = store;
    store = NULL;
    return OK;
}

void artifact_store_close(struct artifact_store *store)
{
    if (store == NULL)
        return;
    close_fd(&store->root_fd);
    pthread_rwlock_destroy(&store->names);
    mem_free(store->root);
    mem_free(store);
}

/* ---- putting ---- */

const char *artifact_store_spool(struct artifact_store *store, struct arena *arena)
{
    char uuid[RANDOM_UUID_MAX];
    random_uuid_v4(uuid);
    return arena_printf(arena, "%s/" UPLOADS "/%s", store->root, uuid).data;
}

/* The bytes, before any name leads to them. */
static enum status sync_upload(const char *file, struct error *err)
{
    CLEANUP(close_fd) int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        return fail("sync", str_of(file), err);
    return OK;
}

static enum status move_in(struct artifact_store *store, str path, const char *file, struct error *err)
{
    char last[NAME_MAX + 1];
    CLEANUP(close_fd) int folder = -1;
    TRY(enter(store, split_last(path, last), true, &folder, err));
    if (renameat(AT_FDCWD, file, folder, last) != 0 || fsync(folder) != 0)
        return fail("store", path, err);
    return OK;
}

static enum status put_file(struct artifact_store *store, str path, const char *file, struct error *err)
{
    TRY(check_path(path, err));
    TRY(sync_upload(file, err));
    pthread_rwlock_rdlock(&store->names);
    enum status status = move_in(store, path, file, err);
    pthread_rwlock_unlock(&store->names);
    return status;
}

enum status artifact_put_file(struct artifact_store *store, str path, const char *file, struct error *err)
{
    enum status status = put_file(store, path, file, err);
    if (status != OK)
        (void)unlink(file); /* the first error is the one to tell; the next start sweeps */
    return status;
}

enum status artifact_put_bytes(struct artifact_store *store, str path, str bytes, struct error *err)
{
    struct arena arena;
    arena_init(&arena, 0);
    const char *file = artifact_store_spool(store, &arena);
    enum status status = file_write(file, bytes, err);
    if (status == OK)
        status = artifact_put_file(store, path, file, err);
    arena_done(&arena);
    return status;
}

/* ---- getting ---- */

/* What stands at a path; links count as nothing. */
static enum status find(struct artifact_store *store, str path, struct stat *ret_facts, struct error *err)
{
    char last[NAME_MAX + 1];
    CLEANUP(close_fd) int folder = -1;
    TRY(check_path(path, err));
    TRY(enter(store, split_last(path, last), false, &folder, err));
    if (fstatat(folder, last, ret_facts, AT_SYMLINK_NOFOLLOW) != 0)
        return fail("find", path, err);
    if (!S_ISREG(ret_facts->st_mode) && !S_ISDIR(ret_facts->st_mode))
        return error_set(err, ERR_NOT_FOUND, "artifact \"%.*s\" is neither file nor folder", STR_ARG(path));
    return OK;
}

enum status artifact_local_file(struct artifact_store *store, str path, struct arena *arena, const char **ret_file,
                                uint64_t *ret_bytes, struct error *err)
{
    struct stat facts;
    TRY(find(store, path, &facts, err));
    if (S_ISDIR(facts.st_mode))
        return error_set(err, ERR_INVALID, "artifact \"%.*s\" is a folder", STR_ARG(path));
    *ret_file = arena_printf(arena, "%s/%.*s", store->root, STR_ARG(path)).data;
    *ret_bytes = (uint64_t)facts.st_size;
    return OK;
}

enum status artifact_local_folder(struct artifact_store *store, str path, struct arena *arena, const char **ret_folder,
                                  struct error *err)
{
    struct stat facts;
    TRY(find(store, path, &facts, err));
    if (!S_ISDIR(facts.st_mode))
        return error_set(err, ERR_INVALID, "artifact \"%.*s\" is a file, not a folder", STR_ARG(path));
    *ret_folder = arena_printf(arena, "%s/%.*s", store->root, STR_ARG(path)).data;
    return OK;
}

/* ---- listing ---- */

struct listing {
    struct artifact *artifacts; /* on the heap while it grows */
    size_t count, capacity;
};

static void listing_done(struct listing *listing)
{
    mem_free(listing->artifacts);
}

static enum status listing_add(struct listing *listing, struct artifact artifact, struct error *err)
{
    if (listing->count == listing->capacity) {
        size_t capacity = MAX_OF(listing->capacity * 2, (size_t)64);
        struct artifact *grown = mem_regrow(listing->artifacts, capacity, sizeof *grown);
        if (grown == NULL)
            return error_set(err, ERR_LIMIT, "no memory for a list of %zu artifacts", capacity);
        listing->artifacts = grown;
        listing->capacity = capacity;
    }
    listing->artifacts[listing->count++] = artifact;
    return OK;
}

static enum status read_folder(DIR *dir, bool is_root, struct arena *arena, struct listing *listing, struct error *err)
{
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        str name = str_of(entry->d_name);
        struct stat facts;
        bool is_dots = str_equal(name, STR(".")) || str_equal(name, STR(".."));
        bool is_ours = is_root && str_equal(name, STR(UPLOADS));
        bool is_gone = fstatat(dirfd(dir), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0;
        if (is_dots || is_ours || is_gone || (!S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode)))
            continue;
        bool is_folder = S_ISDIR(facts.st_mode);
        uint64_t bytes = is_folder ? 0 : (uint64_t)facts.st_size;
        TRY(listing_add(listing, (struct artifact){ arena_copy(arena, name), is_folder, bytes }, err));
    }
    return OK;
}

static int by_name(const void *left, const void *right)
{
    const struct artifact *a = left, *b = right;
    return str_compare(a->path, b->path);
}

enum status artifact_list(struct artifact_store *store, str path, struct arena *arena, struct artifact **ret_artifacts,
                          size_t *ret_count, struct error *err)
{
    CLEANUP(listing_done) struct listing listing = { 0 };
    struct error none = { 0 };
    int fd;
    *ret_artifacts = NULL;
    *ret_count = 0;
    if (!str_is_empty(path))
        TRY(check_path(path, err));
    enum status status = enter(store, path, false, &fd, &none);
    if (status == ERR_NOT_FOUND)
        return OK;
    DIR *dir = status == OK ? fdopendir(fd) : NULL;
    if (dir == NULL) {
        close_fd(&fd);
        return status == OK ? fail("list", path, err) : error_set(err, status, "%s", none.cause);
    }
    status = read_folder(dir, str_is_empty(path), arena, &listing, err);
    (void)closedir(dir); /* only read from; closes fd */
    TRY(status);
    struct artifact *artifacts = arena_array(arena, struct artifact, MAX_OF(listing.count, (size_t)1));
    if (artifacts == NULL)
        return error_set(err, ERR_LIMIT, "no memory for a list of %zu artifacts", listing.count);
    if (listing.count > 0) {
        memcpy(artifacts, listing.artifacts, listing.count * sizeof *artifacts);
        qsort(artifacts, listing.count, sizeof *artifacts, by_name);
    }
    *ret_artifacts = artifacts;
    *ret_count = listing.count;
    return OK;
}

/* ---- deleting ---- */

static enum status move_out(struct artifact_store *store, str path, const char *grave, struct error *err)
{
    char last[NAME_MAX + 1];
    CLEANUP(close_fd) int folder = -1;
    TRY(enter(store, split_last(path, last), false, &folder, err));
    if (renameat(folder, last, AT_FDCWD, grave) != 0 || fsync(folder) != 0)
        return fail("delete", path, err);
    return OK;
}

enum status artifact_delete(struct artifact_store *store, str path, struct error *err)
{
    struct arena arena;
    TRY(check_path(path, err));
    arena_init(&arena, 0);
    const char *grave = artifact_store_spool(store, &arena);
    pthread_rwlock_wrlock(&store->names);
    enum status status = move_out(store, path, grave, err);
    pthread_rwlock_unlock(&store->names);
    if (status == OK)
        status = file_remove_folder(grave, err);
    arena_done(&arena);
    return status;
}
