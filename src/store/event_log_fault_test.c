#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/test.h"
#include "store/event_log.h"
#include "store/journal.h"

#define ROWS 200

/* ROWS rows of ids "PREFIX-N" with a filler text, so that a small disk fills up soon. */
static enum status append_rows(struct event_log *log, unsigned prefix, struct event_append_result *ret_result,
                               struct error *err)
{
    static char filler[1000];
    memset(filler, 'x', sizeof filler);
    static const str feature = STR("text");
    char texts[ROWS][32];
    str ids[ROWS];
    struct event_value cells[ROWS], predictions[ROWS];
    int64_t times_us[ROWS];
    for (size_t row = 0; row < ROWS; row++) {
        (void)snprintf(texts[row], sizeof texts[row], "%u-%zu", prefix, row);
        ids[row] = str_of(texts[row]);
        cells[row] = (struct event_value){ EVENT_TEXT, .text = { filler, sizeof filler } };
        predictions[row] = (struct event_value){ EVENT_NUMBER, .number = 1 };
        times_us[row] = 1000;
    }
    struct event_batch batch = {
        .model_name = STR("m"), .rows = ROWS, .feature_count = 1, .feature_names = &feature, .features = cells,
        .prediction_ids = ids, .timestamps_us = times_us, .predictions = predictions,
    };
    struct arena arena;
    arena_init(&arena, 0);
    enum status status = event_log_append(log, &batch, &arena, ret_result, err);
    arena_done(&arena);
    return status;
}

static enum status count_rows(struct event_log *log, uint64_t *ret_rows, struct error *err)
{
    struct event_window window = { .model_name = STR("m"), .from_us = INT64_MIN, .to_us = INT64_MAX };
    return event_log_count(log, &window, ret_rows, err);
}

/* A small file system at FOLDER/disk, where we may mount one. */
static bool mount_disk(char path[512], unsigned long flags, const char *size)
{
    (void)snprintf(path, 512, "%s/disk", test_folder());
    if (mkdir(path, 0700) == 0 && mount("tmpfs", path, "tmpfs", flags, size) == 0)
        return true;
    test_skip("needs the right to mount a tmpfs");
    return false;
}

TEST(event_log_refuses_a_read_only_folder_and_says_so)
{
    char path[512];
    struct error err = { 0 };
    struct event_log *log = NULL;
    if (!mount_disk(path, MS_RDONLY, "size=1m"))
        return;
    CHECK_FAILS("read-only", event_log_open(&(struct event_log_options){ .folder = path }, &log, &err),
                ERR_UNAVAILABLE, &err);
    CHECK("names folder and reason", strstr(err.cause, path) != NULL && strstr(err.cause, "Read-only") != NULL);
    CHECK_INT("umount", umount(path), 0);
}

TEST(event_log_survives_a_full_disk_and_goes_on_when_there_is_room)
{
    char path[512], ballast[600];
    struct error err = { 0 };
    struct event_log *log = NULL;
    if (!mount_disk(path, 0, "size=48m"))
        return;
    (void)snprintf(ballast, sizeof ballast, "%s/ballast", path);
    int fd = open(ballast, O_CREAT | O_WRONLY, 0600);
    CHECK("ballast", fd >= 0 && posix_fallocate(fd, 0, 32 << 20) == 0 && close(fd) == 0);
    CHECK_OK("opens", event_log_open(&(struct event_log_options){ .folder = path }, &log, &err), &err);
    struct event_append_result result = { 0 };
    unsigned batches = 0;
    while (append_rows(log, batches, &result, &err) == OK && batches < 1000)
        batches++;
    CHECK("the disk fills up", batches > 0 && batches < 1000);
    CHECK_INT("an answer, not a crash", err.status, ERR_UNAVAILABLE);
    CHECK("that says why", strstr(err.cause, "full") != NULL);
    CHECK_INT("room", unlink(ballast), 0);
    error_clear(&err);
    CHECK_OK("the same batch is taken now", append_rows(log, batches, &result, &err), &err);
    CHECK_INT("as new: the failed one left nothing", result.stored, ROWS);
    uint64_t rows = 0;
    CHECK_OK("counts", count_rows(log, &rows, &err), &err);
    CHECK_INT("each acknowledged event once", rows, (batches + 1) * ROWS);
    event_log_close(log);
    CHECK_OK("opens again", event_log_open(&(struct event_log_options){ .folder = path }, &log, &err), &err);
    CHECK_OK("counts", count_rows(log, &rows, &err), &err);
    CHECK_INT("also after a restart", rows, (batches + 1) * ROWS);
    event_log_close(log);
    CHECK_INT("umount", umount(path), 0);
}

struct faults {
    int writes_left, syncs_left; /* 0 = the next call fails, < 0 = never */
};

static ssize_t faulty_write(void *self, int fd, const struct iovec *parts, int part_count)
{
    struct faults *faults = self;
    if (faults->writes_left < 0 || faults->writes_left-- > 0)
        return writev(fd, parts, part_count);
    errno = ENOSPC;
    return -1;
}

static int faulty_sync(void *self, int fd)
{
    struct faults *faults = self;
    if (faults->syncs_left < 0 || faults->syncs_left-- > 0)
        return fdatasync(fd);
    errno = EIO;
    return -1;
}

TEST(event_log_keeps_its_word_whichever_journal_call_fails)
{
    for (int n = 0; n < 16; n++) {
        char folder[512];
        struct error err = { 0 };
        (void)snprintf(folder, sizeof folder, "%s/%d", test_folder(), n);
        struct faults faults = { .writes_left = n % 2 == 0 ? n / 2 : -1, .syncs_left = n % 2 == 1 ? n / 2 : -1 };
        struct journal_io io = { faulty_write, faulty_sync, &faults };
        struct event_log *log = NULL;
        struct event_append_result result;
        bool is_stored[4] = { false };
        if (event_log_open(&(struct event_log_options){ .folder = folder, .journal_io = &io }, &log, &err) == OK) {
            for (unsigned i = 0; i < 4; i++) {
                error_clear(&err);
                is_stored[i] = append_rows(log, i, &result, &err) == OK;
            }
            event_log_close(log);
        }
        error_clear(&err);
        CHECK_OK("opens", event_log_open(&(struct event_log_options){ .folder = folder }, &log, &err), &err);
        for (unsigned i = 0; i < 4; i++) {
            CHECK_OK("sends all again", append_rows(log, i, &result, &err), &err);
            if (is_stored[i])
                CHECK_INT("what was acknowledged is known", result.duplicates, ROWS);
        }
        uint64_t rows = 0;
        CHECK_OK("counts", count_rows(log, &rows, &err), &err);
        CHECK_INT("everything once", rows, 4 * ROWS);
        event_log_close(log);
    }
}

TEST(event_log_appends_all_or_nothing_without_memory)
{
    struct error err = { 0 };
    struct event_log *log = NULL;
    CHECK_OK("opens", event_log_open(&(struct event_log_options){ .folder = test_folder() }, &log, &err), &err);
    struct event_append_result result;
    CHECK_OK("the model and its columns are known", append_rows(log, 0, &result, &err), &err); /* they may not fail */
    unsigned stored = 1;
    for (size_t n = 1; n < 200; n++) {
        error_clear(&err);
        mem_fail_nth(n);
        enum status status = append_rows(log, (unsigned)n, &result, &err);
        bool has_failed = mem_has_failed();
        mem_fail_nth(0);
        stored += status == OK;
        CHECK("an error has a cause", status == OK || err.cause[0] != '\0');
        if (!has_failed)
            break;
    }
    uint64_t rows = 0;
    error_clear(&err);
    CHECK_OK("counts", count_rows(log, &rows, &err), &err);
    CHECK("at least the acknowledged, whole batches only", rows >= stored * ROWS && rows % ROWS == 0);
    event_log_close(log);
}

struct worker {
    struct event_log *log;
    unsigned number;
    uint64_t rows_seen;
};

static void *append_and_scan(void *argument)
{
    struct worker *worker = argument;
    for (unsigned i = 0; i < 10; i++) {
        struct error err = { 0 };
        struct event_append_result result;
        CHECK_OK("appends", append_rows(worker->log, worker->number * 100 + i, &result, &err), &err);
        CHECK_OK("again", append_rows(worker->log, worker->number * 100 + i, &result, &err), &err);
        CHECK_INT("is known", result.duplicates, ROWS);
        uint64_t rows = 0;
        CHECK_OK("counts", count_rows(worker->log, &rows, &err), &err);
        CHECK("whole batches, and all of our own", rows % ROWS == 0 && rows >= (i + 1) * ROWS &&
              rows >= worker->rows_seen);
        worker->rows_seen = rows;
        bool has_more = false;
        if (i == 5) /* in 2096 */
            CHECK_OK("rolls over", event_log_maintain(worker->log, INT64_C(4000000000000000), &has_more, &err), &err);
    }
    return NULL;
}

TEST(event_log_serves_many_threads)
{
    struct error err = { 0 };
    struct event_log *log = NULL;
    CHECK_OK("opens", event_log_open(&(struct event_log_options){ .folder = test_folder() }, &log, &err), &err);
    pthread_t threads[4];
    struct worker workers[4];
    for (unsigned i = 0; i < 4; i++) {
        workers[i] = (struct worker){ log, i, 0 };
        CHECK_INT("thread", pthread_create(&threads[i], NULL, append_and_scan, &workers[i]), 0);
    }
    for (unsigned i = 0; i < 4; i++)
        CHECK_INT("join", pthread_join(threads[i], NULL), 0);
    uint64_t rows = 0;
    CHECK_OK("counts", count_rows(log, &rows, &err), &err);
    CHECK_INT("all, once", rows, 4 * 10 * ROWS);
    event_log_close(log);
}

static void *append_only(void *argument)
{
    struct worker *worker = argument;
    for (unsigned i = 0; i < 20; i++) {
        struct error err = { 0 };
        struct event_append_result result;
        CHECK_OK("appends", append_rows(worker->log, worker->number * 100 + i, &result, &err), &err);
        worker->rows_seen += result.stored;
    }
    return NULL;
}

TEST(event_log_clears_while_others_append)
{
    struct error err = { 0 };
    struct event_log *log = NULL;
    CHECK_OK("opens", event_log_open(&(struct event_log_options){ .folder = test_folder() }, &log, &err), &err);
    pthread_t threads[4];
    struct worker workers[4];
    for (unsigned i = 0; i < 4; i++) {
        workers[i] = (struct worker){ log, i, 0 };
        CHECK_INT("thread", pthread_create(&threads[i], NULL, append_only, &workers[i]), 0);
    }
    uint64_t cleared = 0, stored = 0, rows = 0;
    for (int i = 0; i < 5; i++) {
        uint64_t gone = 0;
        CHECK_OK("clears", event_log_clear(log, STR("m"), &gone, &err), &err);
        cleared += gone;
    }
    for (unsigned i = 0; i < 4; i++) {
        CHECK_INT("join", pthread_join(threads[i], NULL), 0);
        stored += workers[i].rows_seen;
    }
    if (count_rows(log, &rows, &err) != OK)
        rows = 0; /* the last clear came last: there is no such model */
    CHECK_INT("each stored event was cleared or is there", cleared + rows, stored);
    event_log_close(log);
}
