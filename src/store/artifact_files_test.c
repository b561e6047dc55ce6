/* Artifacts in a temporary folder: what paths are refused, what others see of puts and deletes, what a crash leaves. */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/test.h"
#include "store/artifact_store.h"

struct place {
    struct artifact_store *store;
    struct arena arena;
    const char *folder;
};

static void open_place(struct place *place)
{
    struct error err = { 0 };
    *place = (struct place){ .folder = test_folder() };
    arena_init(&place->arena, 0);
    CHECK_OK("open", artifact_store_open_files(place->folder, &place->store, &err), &err);
}

static void close_place(struct place *place)
{
    artifact_store_close(place->store);
    arena_done(&place->arena);
}

/* The artifact's bytes, or what the error's status is called. */
static str content(struct place *place, const char *path)
{
    struct error err = { 0 };
    const char *file;
    uint64_t bytes;
    enum status status = artifact_local_file(place->store, str_of(path), &place->arena, &file, &bytes, &err);
    if (status != OK)
        return str_of(status_name(status));
    struct buf read;
    buf_init(&read, 1 << 20);
    CHECK_OK(path, file_read(file, &read, &err), &err);
    CHECK_INT(path, bytes, read.size);
    str copy = arena_copy(&place->arena, buf_str(&read));
    buf_done(&read);
    return copy;
}

/* "MLmodel:5 data/": names with sizes, folders with a slash. */
static str names(struct place *place, const char *path)
{
    struct error err = { 0 };
    struct artifact *artifacts;
    size_t count;
    CHECK_OK(path, artifact_list(place->store, str_of(path), &place->arena, &artifacts, &count, &err), &err);
    str all = STR("");
    for (size_t i = 0; i < count; i++)
        all = artifacts[i].is_folder
                  ? arena_printf(&place->arena, "%.*s %.*s/", STR_ARG(all), STR_ARG(artifacts[i].path))
                  : arena_printf(&place->arena, "%.*s %.*s:%llu", STR_ARG(all), STR_ARG(artifacts[i].path),
                                 (unsigned long long)artifacts[i].bytes);
    return str_trim(all);
}

static enum status put(struct place *place, const char *path, const char *bytes, struct error *err)
{
    return artifact_put_bytes(place->store, str_of(path), str_of(bytes), err);
}

TEST(artifact_paths_that_are_refused)
{
    static char long_part[300], long_path[ARTIFACT_PATH_BYTES_MAX + 10];
    memset(long_part, 'a', sizeof long_part - 1);
    memset(long_path, 'a', sizeof long_path - 1);
    for (size_t i = 1; i < sizeof long_path - 1; i += 2)
        long_path[i] = '/';
    const struct {
        const char *why, *path;
    } cases[] = {
        { "nothing", "" },
        { "up", "../x" },
        { "up in the middle", "a/../../x" },
        { "up at the end", "a/.." },
        { "here", "./x" },
        { "from the root", "/etc/passwd" },
        { "two slashes", "a//b" },
        { "a slash at the end", "a/" },
        { "no UTF-8", "a/\xff" },
        { "a part longer than a file system takes", long_part },
        { "longer than the bound", long_path },
        { "where uploads lie", ".uploads/x" },
        { "the uploads themselves", ".uploads" },
    };
    struct place place;
    open_place(&place);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = { 0 };
        CHECK_FAILS(cases[i].why, put(&place, cases[i].path, "x", &err), ERR_INVALID, &err);
        CHECK_STR(cases[i].why, content(&place, cases[i].path), STR("invalid"));
        error_clear(&err);
        CHECK_FAILS(cases[i].why, artifact_delete(place.store, str_of(cases[i].path), &err), ERR_INVALID, &err);
    }
    struct error err = { 0 };
    CHECK_FAILS("a NUL", artifact_put_bytes(place.store, (str){ "a\0b", 3 }, STR("x"), &err), ERR_INVALID, &err);
    CHECK_STR("nothing came of it", names(&place, ""), STR(""));
    CHECK("nor outside", !file_exists(arena_printf(&place.arena, "%s/x", place.folder).data));
    close_place(&place);
}

TEST(artifacts_are_put_listed_and_deleted)
{
    struct place place;
    struct error err = { 0 };
    open_place(&place);
    CHECK_OK("a file", put(&place, "7/run/artifacts/model/MLmodel", "flavors", &err), &err);
    CHECK_OK("an empty one", put(&place, "7/run/artifacts/empty", "", &err), &err);
    CHECK_OK("a name of other letters", put(&place, "7/run/artifacts/\xc3\xbc b.txt", "u", &err), &err);
    CHECK_STR("its bytes", content(&place, "7/run/artifacts/model/MLmodel"), STR("flavors"));
    CHECK_STR("by name", names(&place, "7/run/artifacts"), STR("empty:0 model/ \xc3\xbc b.txt:1"));
    CHECK_STR("the root, without uploads", names(&place, ""), STR("7/"));
    CHECK_STR("and again", names(&place, ""), STR("7/"));
    CHECK_STR("of a file nothing", names(&place, "7/run/artifacts/empty"), STR(""));
    CHECK_STR("of nothing nothing", names(&place, "8"), STR(""));

    CHECK_OK("replaced", put(&place, "7/run/artifacts/model/MLmodel", "other", &err), &err);
    CHECK_STR("the new bytes", content(&place, "7/run/artifacts/model/MLmodel"), STR("other"));
    CHECK_FAILS("below a file", put(&place, "7/run/artifacts/empty/x", "x", &err), ERR_INVALID, &err);
    error_clear(&err);
    CHECK_FAILS("over a folder", put(&place, "7/run/artifacts/model", "x", &err), ERR_INVALID, &err);
    error_clear(&err);
    CHECK_STR("a folder is no file", content(&place, "7/run/artifacts/model"), STR("invalid"));
    CHECK_STR("below a file there is nothing", content(&place, "7/run/artifacts/empty/x"), STR("not_found"));

    const char *folder;
    CHECK_OK("a folder to load from",
             artifact_local_folder(place.store, STR("7/run/artifacts/model"), &place.arena, &folder, &err), &err);
    CHECK("the file is in it", file_exists(arena_printf(&place.arena, "%s/MLmodel", folder).data));
    CHECK_OK("a tree goes", artifact_delete(place.store, STR("7/run"), &err), &err);
    CHECK_STR("all of it", content(&place, "7/run/artifacts/empty"), STR("not_found"));
    CHECK("also from the disk", !file_exists(folder));
    CHECK_FAILS("twice", artifact_delete(place.store, STR("7/run"), &err), ERR_NOT_FOUND, &err);
    close_place(&place);
}

TEST(a_link_leads_nowhere)
{
    struct place place;
    struct error err = { 0 };
    open_place(&place);
    const char *outside = arena_printf(&place.arena, "%s/outside", place.folder).data;
    CHECK_OK("outside", file_make_folders(outside, &err), &err);
    CHECK_OK("a secret", file_write(arena_printf(&place.arena, "%s/secret", outside).data, STR("s"), &err), &err);
    CHECK_INT("a link to a folder",
              symlink(outside, arena_printf(&place.arena, "%s/artifacts/out", place.folder).data), 0);
    CHECK_INT("a link to a file", symlink(arena_printf(&place.arena, "%s/secret", outside).data,
                                          arena_printf(&place.arena, "%s/artifacts/file", place.folder).data), 0);
    CHECK_STR("not read through", content(&place, "out/secret"), STR("not_found"));
    CHECK_STR("nor as a file", content(&place, "file"), STR("not_found"));
    CHECK_STR("not listed", names(&place, "out"), STR(""));
    CHECK_FAILS("not written through", put(&place, "out/new", "x", &err), ERR_INVALID, &err);
    CHECK("nothing came outside", !file_exists(arena_printf(&place.arena, "%s/new", outside).data));
    close_place(&place);
}

TEST(what_a_crash_left_is_swept)
{
    struct place place;
    struct error err = { 0 };
    open_place(&place);
    CHECK_OK("an artifact", put(&place, "a/b", "x", &err), &err);
    const char *half = artifact_store_spool(place.store, &place.arena);
    CHECK_OK("half an upload", file_write(half, STR("ha"), &err), &err);
    const char *grave = artifact_store_spool(place.store, &place.arena);
    const char *below = arena_printf(&place.arena, "%s/a/b", grave).data;
    CHECK_OK("half a delete", file_make_folders(below, &err), &err);
    artifact_store_close(place.store);
    place.store = NULL;

    CHECK_OK("opened anew", artifact_store_open_files(place.folder, &place.store, &err), &err);
    CHECK("the upload is gone", !file_exists(half));
    CHECK("the tree as well", !file_exists(grave));
    CHECK_STR("what was acknowledged stays", content(&place, "a/b"), STR("x"));
    close_place(&place);
}

TEST(a_failed_put_leaves_no_upload)
{
    struct place place;
    struct error err = { 0 };
    open_place(&place);
    const char *upload = artifact_store_spool(place.store, &place.arena);
    CHECK_OK("an upload", file_write(upload, STR("x"), &err), &err);
    CHECK_FAILS("a bad path", artifact_put_file(place.store, STR("../x"), upload, &err), ERR_INVALID, &err);
    CHECK("is taken away", !file_exists(upload));
    error_clear(&err);
    CHECK_FAILS("an upload that never came", artifact_put_file(place.store, STR("x"), upload, &err), ERR_NOT_FOUND,
                &err);
    close_place(&place);
}
