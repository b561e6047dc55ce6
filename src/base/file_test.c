#include "base/file.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/test.h"

static const char *in_folder(const char *name, char path[256])
{
    (void)snprintf(path, 256, "%s/%s", test_folder(), name);
    return path;
}

static size_t count_entries(const char *folder)
{
    size_t count = 0;
    DIR *entries = opendir(folder);
    while (entries != NULL && readdir(entries) != NULL)
        count++;
    if (entries != NULL)
        closedir(entries);
    return count - 2; /* without . and .. */
}

TEST(file_writes_whole_or_not_at_all)
{
    char path[256];
    struct error err = { 0 };
    CLEANUP(buf_done) struct buf content;
    buf_init(&content, 100);
    in_folder("model.json", path);
    CHECK_OK("new", file_write(path, STR("one"), &err), &err);
    CHECK_OK("replaced", file_write(path, STR("two and more"), &err), &err);
    CHECK_OK("read", file_read(path, &content, &err), &err);
    CHECK_STR("the new bytes", buf_str(&content), STR("two and more"));
    CHECK_INT("no temporary file stays", count_entries(test_folder()), 1);
    struct stat info;
    CHECK_OK("private", file_write_private(path, STR("key"), &err), &err);
    CHECK("for the owner", stat(path, &info) == 0 && (info.st_mode & 0777) == 0600);
    CHECK_OK("removed", file_remove(path, &err), &err);
    CHECK_OK("twice is fine", file_remove(path, &err), &err);
    CHECK("gone", !file_exists(path));
}

TEST(file_names_what_failed)
{
    char path[256];
    struct error err = { 0 };
    CLEANUP(buf_done) struct buf content;
    buf_init(&content, 4);
    CHECK_FAILS("missing", file_read(in_folder("missing", path), &content, &err), ERR_NOT_FOUND, &err);
    CHECK("path and reason", strstr(err.cause, path) != NULL && strstr(err.cause, "No such file") != NULL);
    error_clear(&err);
    CHECK_FAILS("no folder to write to", file_write(in_folder("no/such", path), STR("x"), &err), ERR_NOT_FOUND, &err);
    error_clear(&err);
    CHECK_FAILS("a folder", file_read(test_folder(), &content, &err), ERR_INVALID, &err);
    error_clear(&err);
    CHECK_OK("five bytes", file_write(in_folder("five", path), STR("12345"), &err), &err);
    CHECK_FAILS("are more than four", file_read(path, &content, &err), ERR_LIMIT, &err);
    error_clear(&err);
    CHECK_FAILS("a file is no folder", file_make_folders(in_folder("five/six", path), &err), ERR_UNAVAILABLE, &err);
}

TEST(file_makes_folders)
{
    char path[256];
    struct error err = { 0 };
    CHECK_OK("three at once", file_make_folders(in_folder("a/b/c", path), &err), &err);
    CHECK_OK("again", file_make_folders(in_folder("a/b/c/", path), &err), &err);
    CHECK("there", file_exists(in_folder("a/b/c", path)));
    uint64_t bytes = 0;
    CHECK_OK("free space", file_free_bytes(path, &bytes, &err), &err);
    CHECK("there is some", bytes > 0);
}

TEST(file_lock_has_one_owner)
{
    struct error err = { 0 };
    struct file_lock *mine = NULL, *other = NULL;
    CHECK_OK("mine", file_lock_open(test_folder(), &mine, &err), &err);
    CHECK_FAILS("not another's", file_lock_open(test_folder(), &other, &err), ERR_CONFLICT, &err);
    char owner[32];
    (void)snprintf(owner, sizeof owner, "by process %d", getpid());
    CHECK("says whose", strstr(err.cause, owner) != NULL);
    file_lock_close(mine);
    error_clear(&err);
    CHECK_OK("free again", file_lock_open(test_folder(), &other, &err), &err);
    file_lock_close(other);
}
