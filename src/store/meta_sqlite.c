/* store/meta_sqlite.c - the one door to SQLite: WAL, one connection that writes, under a lock and synced at each
 * commit, and a few that only read and wait for nobody. */
#include <math.h>
#include <pthread.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/meta_db.h"
#include "store/meta_group.h"

/* How long to wait for another process (a backup, a shell) that holds the file. */
#define BUSY_MS 5000

/* Compiled statements kept per connection. Compiling takes 10 to 50 us, running one that reads a row 2. */
#define STATEMENTS_MAX 96

#define READERS_MAX 8

/* The log that SQLite writes before the database file: so large, it is begun anew (wal_autocheckpoint's 1000 pages).
 * It is given this size at once, because a sync of bytes written over old ones takes half of what one takes that also
 * has to record a longer file. */
#define WAL_BYTES ((size_t)1100 * 4120)

struct meta_statement {
    struct meta *meta;
    sqlite3_stmt *handle;
    int failure;     /* of a bind */
    uint64_t hash;   /* of the text; 0 = not kept */
    uint64_t use;    /* the connection's count of prepares when it was last taken */
    bool is_taken;
};

/* Connections that read; `lock` is held while one is taken or given back. */
struct readers {
    pthread_mutex_t lock;
    pthread_cond_t given;
    struct meta *idle[READERS_MAX];
    size_t idle_count, open_count;
};

struct meta {
    sqlite3 *db;
    char *path;
    pthread_mutex_t lock;
    struct meta_statement *statements[STATEMENTS_MAX];
    size_t statement_count;
    uint64_t prepares;
    struct meta *writer;      /* of a reader; NULL otherwise */
    struct meta_group *group; /* the next two are the writer's */
    struct readers readers;
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
    bool has_row = false;
    TRY(meta_step(statement, &has_row, err));
    *ret_version = has_row ? meta_i64(statement, 0) : 0;
    return OK;
}

static enum status migrate(struct meta *meta, struct error *err)
{
    int64_t version = 0;
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

/* SQLite counts its memory for those who ask; the lock around the counters is taken at every allocation. */
static void configure_library(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* fails where it runs already: then it counts */
}

static enum status open_connection(const char *path, struct meta **ret_meta, struct error *err)
{
    CLEANUP(meta_close_slot) struct meta *meta = mem_must(sizeof *meta);
    pthread_mutex_init(&meta->lock, NULL);
    meta->path = mem_copy_text(path);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(meta->path, &meta->db, flags, NULL) != SQLITE_OK)
        return meta->db != NULL ? fail(meta, err) : error_set(err, ERR_LIMIT, "%s: no memory", meta->path);
    (void)sqlite3_busy_timeout(meta->db, BUSY_MS); /* can't fail */
    TRY(run(meta, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;"
                  "PRAGMA case_sensitive_like = ON", err));
    *ret_meta = meta;
    meta = NULL;
    return OK;
}

enum status meta_open(const char *folder, struct meta **ret_meta, struct error *err)
{
    char path[4096];
    TRY(file_make_folders(folder, err));
    if ((size_t)snprintf(path, sizeof path, "%s/meta.sqlite", folder) >= sizeof path)
        return error_set(err, ERR_INVALID, "%s: the folder's name is too long", folder);
    static pthread_once_t is_configured = PTHREAD_ONCE_INIT;
    (void)pthread_once(&is_configured, configure_library); /* can't fail */
    CLEANUP(meta_close_slot) struct meta *meta = NULL;
    TRY(open_connection(path, &meta, err));
    meta->group = meta_group_new();
    pthread_mutex_init(&meta->readers.lock, NULL);
    pthread_cond_init(&meta->readers.given, NULL);
    TRY(migrate(meta, err));
    *ret_meta = meta;
    meta = NULL;
    return OK;
}

static void close_readers(struct readers *readers)
{
    if (readers->idle_count < readers->open_count)
        LOG_WARN("the metadata was closed while it was read", log_u64("readers", readers->open_count));
    while (readers->idle_count > 0)
        meta_close(readers->idle[--readers->idle_count]);
    pthread_cond_destroy(&readers->given);
    pthread_mutex_destroy(&readers->lock);
}

void meta_close(struct meta *meta)
{
    if (meta == NULL)
        return;
    if (meta->group != NULL) {
        close_readers(&meta->readers);
        meta_group_free(meta->group);
    }
    for (size_t i = 0; i < meta->statement_count; i++) {
        (void)sqlite3_finalize(meta->statements[i]->handle); /* repeats what meta_step has said */
        mem_free(meta->statements[i]);
    }
    if (meta->db != NULL && sqlite3_close(meta->db) != SQLITE_OK)
        LOG_WARN("the metadata was closed with statements open", log_text("file", meta->path));
    pthread_mutex_destroy(&meta->lock);
    mem_free(meta->path);
    mem_free(meta);
}

struct meta_group *meta_group_of(struct meta *meta)
{
    return meta->group;
}

/* Fills the log up with zeros, which SQLite reads as "nothing more". Within a transaction, so that nobody else adds to
 * it. A disk that has no room for it is no reason not to start. */
enum status meta_expect_many_changes(struct meta *meta, struct error *err)
{
    char path[4096];
    char zeros[8192] = { 0 };
    if ((size_t)snprintf(path, sizeof path, "%s-wal", meta->path) >= sizeof path)
        return OK;
    meta_lock(meta);
    enum status status = meta_begin(meta, err);
    FILE *file = status == OK ? fopen(path, "r+") : NULL;
    if (file != NULL) {
        (void)fseek(file, 0, SEEK_END);
        long size = ftell(file);
        bool is_written = size >= 0;
        for (; is_written && (size_t)size < WAL_BYTES; size += (long)sizeof zeros)
            is_written = fwrite(zeros, sizeof zeros, 1, file) == 1;
        if (fflush(file) != 0 || fsync(fileno(file)) != 0 || !is_written)
            LOG_WARN("the metadata's log could not be given its size", log_text("file", path));
        (void)fclose(file); /* flushed before */
    }
    if (status == OK)
        status = run(meta, "ROLLBACK", err);
    meta_unlock(meta);
    return status;
}

/* ---- readers ---- */

static enum status open_reader(struct meta *meta, struct meta **ret_reader, struct error *err)
{
    CLEANUP(meta_close_slot) struct meta *reader = NULL;
    TRY(open_connection(meta->path, &reader, err));
    TRY(run(reader, "PRAGMA query_only = ON; PRAGMA cache_size = -4096", err));
    reader->writer = meta;
    *ret_reader = reader;
    reader = NULL;
    return OK;
}

/* An idle one; NULL with a place reserved for one to be opened. */
static struct meta *take_reader(struct readers *readers)
{
    struct meta *reader = NULL;
    pthread_mutex_lock(&readers->lock);
    while (readers->idle_count == 0 && readers->open_count == READERS_MAX)
        pthread_cond_wait(&readers->given, &readers->lock);
    if (readers->idle_count > 0)
        reader = readers->idle[--readers->idle_count];
    else
        readers->open_count++;
    pthread_mutex_unlock(&readers->lock);
    return reader;
}

/* NULL gives back a place that could not be used. */
static void give_reader(struct readers *readers, struct meta *reader)
{
    pthread_mutex_lock(&readers->lock);
    if (reader != NULL)
        readers->idle[readers->idle_count++] = reader;
    else
        readers->open_count--;
    pthread_cond_signal(&readers->given);
    pthread_mutex_unlock(&readers->lock);
}

enum status meta_read_begin(struct meta *meta, struct meta **ret_reader, struct error *err)
{
    struct meta *reader = take_reader(&meta->readers);
    enum status status = reader != NULL ? OK : open_reader(meta, &reader, err);
    if (status == OK)
        status = run(reader, "BEGIN", err);
    if (status != OK) {
        meta_close(reader);
        give_reader(&meta->readers, NULL);
        return status;
    }
    *ret_reader = reader;
    return OK;
}

void meta_read_end(struct meta *reader)
{
    if (reader == NULL)
        return;
    struct error known = { 0 };
    if (run(reader, "ROLLBACK", &known) != OK)
        LOG_ERROR("a view of the metadata could not be ended", log_error(&known));
    give_reader(&reader->writer->readers, reader);
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

enum status meta_savepoint(struct meta *meta, struct error *err)
{
    return run(meta, "SAVEPOINT change", err);
}

enum status meta_savepoint_end(struct meta *meta, enum status status, struct error *err)
{
    if (status != OK)
        (void)run(meta, "ROLLBACK TO change", NULL); /* a commit that follows after a failure here fails as well */
    enum status released = run(meta, "RELEASE change", err);
    return status != OK ? status : released;
}

/* A kept statement of that text that nobody uses. */
static struct meta_statement *find_statement(struct meta *meta, const char *sql, uint64_t hash)
{
    for (size_t i = 0; i < meta->statement_count; i++) {
        struct meta_statement *statement = meta->statements[i];
        if (statement->hash == hash && !statement->is_taken && strcmp(sqlite3_sql(statement->handle), sql) == 0)
            return statement;
    }
    return NULL;
}

/* A place among the kept: a free one, or that of the one used longest ago. NULL where all are taken. */
static struct meta_statement **place_statement(struct meta *meta)
{
    if (meta->statement_count < STATEMENTS_MAX)
        return &meta->statements[meta->statement_count++];
    struct meta_statement **oldest = NULL;
    for (size_t i = 0; i < STATEMENTS_MAX; i++) {
        struct meta_statement **place = &meta->statements[i];
        if (!(*place)->is_taken && (oldest == NULL || (*place)->use < (*oldest)->use))
            oldest = place;
    }
    if (oldest != NULL) {
        (void)sqlite3_finalize((*oldest)->handle); /* repeats what meta_step has said */
        mem_free(*oldest);
    }
    return oldest;
}

enum status meta_prepare(struct meta *meta, const char *sql, struct meta_statement **ret_statement, struct error *err)
{
    size_t size = strlen(sql);
    uint64_t hash = hash_bytes((str){ sql, size }, 0) | 1;
    struct meta_statement *statement = find_statement(meta, sql, hash);
    if (statement == NULL) {
        sqlite3_stmt *handle;
        if (sqlite3_prepare_v3(meta->db, sql, (int)size + 1, SQLITE_PREPARE_PERSISTENT, &handle, NULL) != SQLITE_OK)
            return fail(meta, err);
        statement = mem_must(sizeof *statement);
        *statement = (struct meta_statement){ .meta = meta, .handle = handle };
        struct meta_statement **place = place_statement(meta);
        if (place != NULL) {
            *place = statement;
            statement->hash = hash;
        }
    }
    statement->is_taken = true;
    statement->use = ++meta->prepares;
    *ret_statement = statement;
    return OK;
}

void meta_finish(struct meta_statement *statement)
{
    if (statement == NULL)
        return;
    if (statement->hash != 0) {
        meta_reset(statement);
        (void)sqlite3_clear_bindings(statement->handle); /* always fine; may free a lot */
        statement->failure = SQLITE_OK;
        statement->is_taken = false;
        return;
    }
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
