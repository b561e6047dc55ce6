/* Changes from many threads: all done once, a failed one alone undone; readers see what was committed. */
#include <pthread.h>

#include "base/test.h"
#include "store/meta_db.h"
#include "store/meta_group.h"
#include "store/meta_sql.h"

#define THREADS 16
#define CHANGES 25

struct insert {
    const char *name;
    bool fails; /* after it has written */
};

static enum status insert(struct meta *meta, void *self, struct error *err)
{
    const struct insert *change = self;
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    TRY(meta_prepare(meta, "INSERT INTO models (name, schema_json, created_us) VALUES (?, '', 1)", &statement, err));
    meta_bind_str(statement, 0, str_of(change->name));
    TRY(meta_step(statement, NULL, err));
    return change->fails ? error_set(err, ERR_INVALID, "this one shall fail") : OK;
}

static int64_t count_like(struct meta *meta, const char *pattern)
{
    struct error err = { 0 };
    CLEANUP(meta_read_end_slot) struct meta *reader = NULL;
    CHECK_OK("reader", meta_read_begin(meta, &reader, &err), &err);
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    CHECK_OK("prepare", meta_prepare(reader, "SELECT count(*) FROM models WHERE name LIKE ?", &statement, &err), &err);
    meta_bind_str(statement, 0, str_of(pattern));
    bool has_row = false;
    CHECK_OK("step", meta_step(statement, &has_row, &err), &err);
    return meta_i64(statement, 0);
}

struct worker {
    pthread_t thread;
    struct meta *meta;
    int number, failures;
};

static void *work(void *argument)
{
    struct worker *worker = argument;
    for (int i = 0; i < CHANGES; i++) {
        char name[32];
        struct error err = { 0 };
        (void)snprintf(name, sizeof name, "%s-%d-%d", i % 5 == 4 ? "Bad" : "good", worker->number, i);
        struct insert change = { name, i % 5 == 4 };
        if (meta_change(worker->meta, insert, &change, &err) != OK)
            worker->failures++;
    }
    return NULL;
}

TEST(concurrent_changes_are_each_done_or_undone)
{
    struct error err = { 0 };
    CLEANUP(meta_close_slot) struct meta *meta = NULL;
    CHECK_OK("open", meta_open(test_folder(), &meta, &err), &err);
    static struct worker workers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){ .meta = meta, .number = i };
        CHECK_INT("thread", pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    int failures = 0;
    for (int i = 0; i < THREADS; i++) {
        (void)pthread_join(workers[i].thread, NULL); /* ours, joined once */
        failures += workers[i].failures;
    }
    CHECK_INT("one in five failed", failures, THREADS * CHANGES / 5);
    CHECK_INT("the others are there", count_like(meta, "good-%"), THREADS * CHANGES * 4 / 5);
    CHECK_INT("nothing of the failed", count_like(meta, "Bad-%"), 0);
    CHECK_INT("LIKE minds case", count_like(meta, "GOOD-%"), 0);
}

TEST(a_reader_keeps_its_view_and_the_next_sees_the_change)
{
    struct error err = { 0 };
    CLEANUP(meta_close_slot) struct meta *meta = NULL;
    CHECK_OK("open", meta_open(test_folder(), &meta, &err), &err);
    struct meta *reader = NULL;
    CHECK_OK("reader", meta_read_begin(meta, &reader, &err), &err);
    struct meta_statement *statement = NULL;
    bool has_row = true;
    CHECK_OK("prepare", meta_prepare(reader, "SELECT name FROM models", &statement, &err), &err);
    CHECK_OK("step", meta_step(statement, &has_row, &err), &err);
    CHECK("nothing yet", !has_row);
    meta_finish(statement);

    struct insert change = { "wine", false };
    CHECK_OK("does not wait for the reader", meta_change(meta, insert, &change, &err), &err);
    CHECK_OK("prepare again", meta_prepare(reader, "SELECT name FROM models", &statement, &err), &err);
    CHECK_OK("step again", meta_step(statement, &has_row, &err), &err);
    CHECK("still its own view", !has_row);
    meta_finish(statement);
    meta_read_end(reader);
    CHECK_INT("a new view", count_like(meta, "wine"), 1);
    CHECK_FAILS("the same name", meta_change(meta, insert, &change, &err), ERR_CONFLICT, &err);
}

TEST(a_statement_of_pieces_binds_its_values)
{
    struct error err = { 0 };
    struct arena arena;
    struct meta_sql sql;
    CLEANUP(meta_close_slot) struct meta *meta = NULL;
    CHECK_OK("open", meta_open(test_folder(), &meta, &err), &err);
    arena_init(&arena, 0);
    meta_sql_init(&sql, &arena);
    static const int64_t numbers[] = { 3, 5, 7 };
    meta_sql_add(&sql, "SELECT ");
    meta_sql_value_str(&sql, STR("it's"));
    meta_sql_add(&sql, ", 5 IN ");
    meta_sql_list_i64(&sql, numbers, COUNT(numbers));
    meta_sql_add(&sql, ", 4 IN ");
    meta_sql_list_i64(&sql, numbers, COUNT(numbers));
    meta_sql_add(&sql, ", 4 IN ");
    meta_sql_list_i64(&sql, numbers, 0);
    struct meta_statement *statement = NULL;
    bool has_row = false;
    meta_lock(meta);
    CHECK_OK("prepare", meta_sql_prepare(&sql, meta, &statement, &err), &err);
    CHECK_OK("step", meta_step(statement, &has_row, &err), &err);
    CHECK_STR("text", meta_str(statement, 0, &arena), STR("it's"));
    CHECK_INT("in the list", meta_i64(statement, 1), 1);
    CHECK_INT("not in it", meta_i64(statement, 2), 0);
    CHECK_INT("nothing is in none (NULL reads as 0)", meta_i64(statement, 3), 0);
    meta_finish(statement);
    meta_unlock(meta);
    meta_sql_done(&sql);
    arena_done(&arena);
}
