/* store/meta_sqlite.c - the one door to SQLite: a single connection under a lock, WAL, synced at each commit. */
#include <math.h>
#include <pthread.h>
#include <sqlite3.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/meta_db.h"

/* How long to wait for another process (a backup, a shell) that holds the file. */
#define BUSY_MS 5000

struct meta {
    sqlite3 *db;
    char *path;
    pthread_mutex_t lock;
};

struct meta_statement {
    struct meta *meta;
    sqlite3_stmt *handle;
    int failure; /* of a bind */
};

static enum status fail(struct meta *meta, struct error *err)
{
    int code = sqlite3_errcode(meta->db) & 0xff;
    enum status status = ERR_UNAVAILABLE;
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        status = ERR_CORRUPT;
    else if (code == SQLITE_CONSTRAINT)
        status = ERR_CONFLICT;
    else if (code == SQLITE_NOMEM || code == SQLITE_TOOBIG)
        status = ERR_LIMIT;
    const char *text = code == SQLITE_FULL ? "the disk is full" : sqlite3_errmsg(meta->db);
    return error_set(err, status, "%s: %s", meta->path, text);
}

static enum status run(struct meta *meta, const char *sql, struct error *err)
{
    return sqlite3_exec(meta->db, sql, NULL, NULL, NULL) == SQLITE_OK ? OK : fail(meta, err);
}

/* ---- life ---- */

static enum status read_version(struct meta *meta, int64_t *ret_version, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(meta_prepare(meta, "PRAGMA user_version", &statement, err));
    bool has_row;
    TRY(meta_step(statement, &has_row, err));
    *ret_version = has_row ? meta_i64(statement, 0) : 0;
    return OK;
}

static enum status migrate(struct meta *meta, struct error *err)
{
    int64_t version;
    TRY(read_version(meta, &version, err));
    if (version > meta_migration_count)
        return error_set(err, ERR_CONFLICT, "%s is of layout %lld, this Kedge knows up to %d: use a newer one",
                         meta->path,
                         (long long)version, meta_migration_count);
    for (; version < meta_migration_count; version++) {
        char set_version[64];
        (void)snprintf(set_version, sizeof set_version, "PRAGMA user_version = %lld", (long long)version + 1);
        TRY(meta_begin(meta, err));
        enum status status = run(meta, meta_migrations[version], err);
        if (status == OK)
            status = run(meta, set_version, err);
        TRY(meta_end(meta, status, err));
    }
    return OK;
}

enum status meta_open(const char *folder, struct meta **ret_meta, struct error *err)
{
    TRY(file_make_folders(folder, err));
    CLEANUP(meta_close_slot) struct meta *meta = mem_must(sizeof *meta);
    pthread_mutex_init(&meta->lock, NULL);
    size_t bytes = strlen(folder) + sizeof "/meta.sqlite";
    meta->path = mem_must(bytes);
    (void)snprintf(meta->path, bytes, "%s/meta.sqlite", folder);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(meta->path, &meta->db, flags, NULL) != SQLITE_OK)
        return meta->db != NULL ? fail(meta, err) : error_set(err, ERR_LIMIT, "%s: no memory", meta->path);
    (void)sqlite3_busy_timeout(meta->db, BUSY_MS); /* can't fail */
    TRY(run(meta, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -2048", err));
    TRY(migrate(meta, err));
    *ret_meta = meta;
    meta = NULL;
    return OK;
}

void meta_close(struct meta *meta)
{
    if (meta == NULL)
        return;
    if (meta->db != NULL && sqlite3_close(meta->db) != SQLITE_OK)
        LOG_WARN("the metadata was closed with statements open", log_text("file", meta->path));
    pthread_mutex_destroy(&meta->lock);
    mem_free(meta->path);
    mem_free(meta);
}

void meta_lock(struct meta *meta)
{
    pthread_mutex_lock(&meta->lock);
}

void meta_unlock(struct meta *meta)
{
    pthread_mutex_unlock(&meta->lock);
}

/* ---- transactions and statements ---- */

enum status meta_begin(struct meta *meta, struct error *err)
{
    return run(meta, "BEGIN IMMEDIATE", err);
}

enum status meta_end(struct meta *meta, enum status status, struct error *err)
{
    if (status == OK)
        status = run(meta, "COMMIT", err);
    struct error known = { 0 };
    if (status != OK && sqlite3_get_autocommit(meta->db) == 0 && run(meta, "ROLLBACK", &known) != OK)
        LOG_ERROR("a failed change of the metadata could not be taken back", log_error(&known));
    return status;
}

enum status meta_prepare(struct meta *meta, const char *sql, struct meta_statement **ret_statement, struct error *err)
{
    sqlite3_stmt *handle;
    if (sqlite3_prepare_v2(meta->db, sql, -1, &handle, NULL) != SQLITE_OK)
        return fail(meta, err);
    struct meta_statement *statement = mem_must(sizeof *statement);
    *statement = (struct meta_statement){ .meta = meta, .handle = handle };
    *ret_statement = statement;
    return OK;
}

void meta_finish(struct meta_statement *statement)
{
    if (statement == NULL)
        return;
    (void)sqlite3_finalize(statement->handle); /* repeats what meta_step has said */
    mem_free(statement);
}

static void note(struct meta_statement *statement, int code)
{
    if (code != SQLITE_OK)
        statement->failure = code;
}

void meta_bind_str(struct meta_statement *statement, int index, str value)
{
    note(statement, sqlite3_bind_text64(statement->handle, index + 1, value.size != 0 ? value.data : "", value.size,
                                        SQLITE_TRANSIENT, SQLITE_UTF8));
}

void meta_bind_bytes(struct meta_statement *statement, int index, str value)
{
    note(statement, sqlite3_bind_blob64(statement->handle, index + 1, value.size != 0 ? value.data : "", value.size,
                                        SQLITE_TRANSIENT));
}

void meta_bind_i64(struct meta_statement *statement, int index, int64_t value)
{
    note(statement, sqlite3_bind_int64(statement->handle, index + 1, value));
}

void meta_bind_f64(struct meta_statement *statement, int index, double value)
{
    note(statement, isnan(value) ? sqlite3_bind_null(statement->handle, index + 1)
                                 : sqlite3_bind_double(statement->handle, index + 1, value));
}

enum status meta_step(struct meta_statement *statement, bool *ret_has_row, struct error *err)
{
    if (statement->failure != SQLITE_OK)
        return error_set(err, ERR_LIMIT, "%s: %s", statement->meta->path, sqlite3_errstr(statement->failure));
    int code = sqlite3_step(statement->handle);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return fail(statement->meta, err);
    if (ret_has_row != NULL)
        *ret_has_row = code == SQLITE_ROW;
    return OK;
}

void meta_reset(struct meta_statement *statement)
{
    (void)sqlite3_reset(statement->handle); /* repeats what meta_step has said */
    (void)sqlite3_clear_bindings(statement->handle); /* always fine */
}

str meta_str(struct meta_statement *statement, int index, struct arena *arena)
{
    const void *bytes = sqlite3_column_blob(statement->handle, index);
    int size = sqlite3_column_bytes(statement->handle, index);
    return bytes != NULL ? arena_copy(arena, (str){ bytes, (size_t)size }) : STR("");
}

int64_t meta_i64(struct meta_statement *statement, int index)
{
    return sqlite3_column_int64(statement->handle, index);
}

double meta_f64(struct meta_statement *statement, int index)
{
    return sqlite3_column_type(statement->handle, index) == SQLITE_NULL ? NAN
                                                                        : sqlite3_column_double(statement->handle,
                                                                                                index);
}

int64_t meta_last_id(struct meta *meta)
{
    return sqlite3_last_insert_rowid(meta->db);
}

int64_t meta_changes(struct meta *meta)
{
    return sqlite3_changes64(meta->db);
}
