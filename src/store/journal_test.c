#include "store/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/test.h"

/* Fails chosen calls; `writes_left` and `syncs_left` count down to the failure. The test sets them while the writer
 * thread may be marking how far it synced, so they are atomic. */
struct faults {
    atomic_int writes_left, syncs_left; /* 0 = the next call fails, < 0 = never */
    int write_errno;
    ssize_t partial_bytes; /* a failing write first writes this much; set before writes_left */
    atomic_int calls;
};

static ssize_t faulty_write(void *self, int fd, const struct iovec *parts, int part_count)
{
    struct faults *faults = self;
    faults->calls++;
    if (faults->writes_left < 0 || faults->writes_left-- > 0)
        return writev(fd, parts, part_count);
    if (faults->partial_bytes > 0) {
        ssize_t partial = faults->partial_bytes;
        faults->partial_bytes = 0;
        faults->writes_left = 0;
        return write(fd, parts[0].iov_base, (size_t)partial);
    }
    errno = faults->write_errno;
    return -1;
}

static int faulty_sync(void *self, int fd)
{
    struct faults *faults = self;
    faults->calls++;
    if (faults->syncs_left < 0 || faults->syncs_left-- > 0)
        return fdatasync(fd);
    errno = EIO;
    return -1;
}

static struct journal *open_journal(const struct journal_options *options)
{
    struct error err = { 0 };
    struct journal *journal = NULL;
    CHECK_OK("opens", journal_open(options, &journal, &err), &err);
    return journal;
}

static enum status append(struct journal *journal, const char *text, struct error *err)
{
    struct buf payload;
    buf_init(&payload, 1 << 20);
    CHECK("payload", buf_append(&payload, str_of(text)));
    struct journal_ticket *ticket = NULL;
    enum status status = journal_append(journal, &payload, NULL, &ticket, err);
    buf_done(&payload);
    return status == OK ? journal_wait(journal, ticket, err) : status;
}

static void append_ok(struct journal *journal, const char *text)
{
    struct error err = { 0 };
    CHECK_OK("appends", append(journal, text, &err), &err);
}

/* The payloads behind `after`, joined by spaces. */
static str read_all(struct journal *journal, uint64_t after, struct buf *out)
{
    struct error err = { 0 };
    CLEANUP(journal_cursor_close_slot) struct journal_cursor *cursor = NULL;
    CHECK_OK("cursor", journal_cursor_open(journal, after, &cursor, &err), &err);
    buf_clear(out);
    for (;;) {
        str payload;
        uint64_t sequence = 0;
        CHECK_OK("reads", journal_next(cursor, UINT64_MAX, &payload, &sequence, &err), &err);
        if (sequence == 0)
            return buf_str(out);
        CHECK("fits", buf_append(out, out->size > 0 ? STR(" ") : STR("")) && buf_append(out, payload));
    }
}

static size_t count_segments(const char *folder)
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += str_has_prefix(str_of(entry->d_name), STR("journal-"));
    (void)closedir(dir);
    return count;
}

static void first_segment(const char *folder, char path[512])
{
    (void)snprintf(path, 512, "%s/journal-%020d.log", folder, 1);
}

static void flip_bit(const char *path, off_t offset)
{
    unsigned char byte = 0;
    int fd = open(path, O_RDWR);
    CHECK("reads the byte", fd >= 0 && pread(fd, &byte, 1, offset) == 1);
    byte ^= 0x10;
    CHECK("writes the byte", pwrite(fd, &byte, 1, offset) == 1 && close(fd) == 0);
}

TEST(journal_numbers_records_over_restarts_and_drops_whole_segments)
{
    struct journal_options options = { .folder = test_folder(), .segment_bytes = 100 };
    struct journal *journal = open_journal(&options);
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, 1 << 16);
    append_ok(journal, "one");
    append_ok(journal, "two");
    append_ok(journal, "three");
    CHECK_INT("three are synced", journal_synced(journal), 3);
    CHECK_STR("all", read_all(journal, 0, &text), STR("one two three"));
    CHECK_STR("behind the first", read_all(journal, 1, &text), STR("two three"));
    journal_close(journal);

    journal = open_journal(&options);
    CHECK_INT("still", journal_synced(journal), 3);
    append_ok(journal, "four");
    CHECK_STR("over segments", read_all(journal, 0, &text), STR("one two three four"));
    size_t before = count_segments(options.folder);
    struct error err = { 0 };
    CHECK_OK("drops", journal_drop(journal, 3, &err), &err);
    CHECK("files went", count_segments(options.folder) < before);
    CHECK_STR("the rest stays", read_all(journal, 3, &text), STR("four"));
    journal_close(journal);

    options.after_sequence = 2;
    journal = NULL;
    CHECK_FAILS("records 3 are nowhere", journal_open(&options, &journal, &err), ERR_CORRUPT, &err);
}

/* Three groups of one record each; where each frame begins is known from the layout. */
static void write_three(const char *folder)
{
    struct journal *journal = open_journal(&(struct journal_options){ .folder = folder });
    append_ok(journal, "first");
    append_ok(journal, "second");
    append_ok(journal, "third");
    journal_close(journal);
}

TEST(journal_cuts_what_was_never_acknowledged)
{
    char path[512];
    first_segment(test_folder(), path);
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, 1 << 16);
    write_three(test_folder());
    struct stat whole;
    CHECK_INT("stat", stat(path, &whole), 0);
    int fd = open(path, O_WRONLY | O_APPEND);
    CHECK("half a frame", fd >= 0 && write(fd, "\x20\0\0\0 torn", 9) == 9 && close(fd) == 0);
    struct journal *journal = open_journal(&(struct journal_options){ .folder = test_folder() });
    CHECK_STR("the acknowledged are there", read_all(journal, 0, &text), STR("first second third"));
    struct stat cut;
    CHECK_INT("stat", stat(path, &cut), 0);
    CHECK_INT("the torn end is gone", cut.st_size, whole.st_size);
    append_ok(journal, "fourth");
    CHECK_STR("and it goes on", read_all(journal, 0, &text), STR("first second third fourth"));
    journal_close(journal);
}

TEST(journal_names_the_place_of_any_flipped_bit)
{
    CLEANUP(buf_done) struct buf pristine;
    buf_init(&pristine, 1 << 16);
    struct error err = { 0 };
    char path[512];
    first_segment(test_folder(), path);
    write_three(test_folder());
    CHECK_OK("reads", file_read(path, &pristine, &err), &err);
    /* The mark behind the last group is the one frame that may go: nothing depends on it. */
    size_t records_end = pristine.size - 32;
    for (size_t offset = 0; offset < records_end; offset++) {
        flip_bit(path, (off_t)offset);
        struct journal *journal = NULL;
        error_clear(&err);
        CHECK_FAILS("a flipped bit", journal_open(&(struct journal_options){ .folder = test_folder() }, &journal, &err),
                    ERR_CORRUPT, &err);
        CHECK("names file and offset", strstr(err.cause, "journal-00000000000000000001.log") != NULL &&
                                           strstr(err.cause, "offset") != NULL);
        journal_close(journal);
        flip_bit(path, (off_t)offset);
    }
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, 1 << 16);
    struct journal *journal = open_journal(&(struct journal_options){ .folder = test_folder() });
    CHECK_STR("as it was", read_all(journal, 0, &text), STR("first second third"));
    journal_close(journal);
}

TEST(journal_goes_on_after_a_full_disk)
{
    struct faults faults = { .writes_left = -1, .syncs_left = -1, .write_errno = ENOSPC };
    struct journal_io io = { faulty_write, faulty_sync, &faults };
    struct journal *journal = open_journal(&(struct journal_options){ .folder = test_folder(), .io = &io });
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, 1 << 16);
    append_ok(journal, "before");
    journal_settle(journal);
    for (ssize_t partial = 0; partial <= 32; partial += 8) {
        struct error err = { 0 };
        faults.partial_bytes = partial;
        faults.writes_left = 0;
        CHECK_FAILS("no space", append(journal, "lost", &err), ERR_UNAVAILABLE, &err);
        CHECK("says so", strstr(err.cause, "the disk is full") != NULL);
        faults.writes_left = -1;
        append_ok(journal, "kept");
    }
    CHECK_STR("what was acknowledged", read_all(journal, 0, &text), STR("before kept kept kept kept kept"));
    journal_close(journal);
    journal = open_journal(&(struct journal_options){ .folder = test_folder() });
    CHECK_STR("also on disk", read_all(journal, 0, &text), STR("before kept kept kept kept kept"));
    journal_close(journal);
}

TEST(journal_acknowledges_nothing_after_a_failed_sync)
{
    struct faults faults = { .writes_left = -1, .syncs_left = -1 };
    struct journal_io io = { faulty_write, faulty_sync, &faults };
    struct journal *journal = open_journal(&(struct journal_options){ .folder = test_folder(), .io = &io });
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, 1 << 16);
    append_ok(journal, "before");
    struct error err = { 0 };
    faults.syncs_left = 0;
    CHECK_FAILS("a failed sync", append(journal, "lost", &err), ERR_UNAVAILABLE, &err);
    faults.syncs_left = -1;
    error_clear(&err);
    CHECK_FAILS("and all that follow", append(journal, "refused", &err), ERR_UNAVAILABLE, &err);
    CHECK("with the reason", strstr(err.cause, "fdatasync failed") != NULL);
    CHECK_STR("reading goes on", read_all(journal, 0, &text), STR("before"));
    struct journal_stats stats;
    journal_stats_now(journal, &stats);
    CHECK("and it can be seen", stats.is_failed);
    journal_close(journal);
}

/* For each n: the n-th write or sync of a fixed run fails; what was acknowledged is there afterwards. */
TEST(journal_keeps_its_word_whichever_call_fails)
{
    for (int n = 0; n < 24; n++) {
        for (int kind = 0; kind < 2; kind++) {
            char folder[512];
            (void)snprintf(folder, sizeof folder, "%s/%d-%d", test_folder(), n, kind);
            CHECK_INT("folder", mkdir(folder, 0700), 0);
            struct faults faults = { .writes_left = kind == 0 ? n : -1, .syncs_left = kind == 1 ? n : -1,
                                     .write_errno = ENOSPC, .partial_bytes = n };
            struct journal_io io = { faulty_write, faulty_sync, &faults };
            struct journal *journal = NULL;
            struct error err = { 0 };
            CLEANUP(buf_done) struct buf acknowledged, text;
            buf_init(&acknowledged, 1 << 16);
            buf_init(&text, 1 << 16);
            if (journal_open(&(struct journal_options){ .folder = folder, .segment_bytes = 150, .io = &io }, &journal,
                             &err) == OK) {
                for (int i = 0; i < 8; i++) {
                    char word[16];
                    (void)snprintf(word, sizeof word, "w%d", i);
                    if (append(journal, word, &err) == OK)
                        CHECK("fits", buf_printf(&acknowledged, "%s%s", acknowledged.size > 0 ? " " : "", word));
                    error_clear(&err);
                }
                journal_close(journal);
            }
            journal = open_journal(&(struct journal_options){ .folder = folder });
            str found = read_all(journal, 0, &text);
            /* A record whose sync failed may be there; nothing follows it. */
            CHECK("acknowledged records, and at most one more", str_has_prefix(found, buf_str(&acknowledged)));
            if (kind == 0)
                CHECK_STR("failed writes leave nothing", found, buf_str(&acknowledged));
            journal_close(journal);
        }
    }
}

struct appender {
    struct journal *journal;
    int id;
};

static void *append_many(void *argument)
{
    struct appender *appender = argument;
    for (int i = 0; i < 50; i++) {
        char word[32];
        (void)snprintf(word, sizeof word, "%d:%d", appender->id, i);
        append_ok(appender->journal, word);
    }
    return NULL;
}

TEST(journal_gives_many_appenders_one_sync)
{
    struct journal *journal = open_journal(&(struct journal_options){ .folder = test_folder(), .segment_bytes = 4096 });
    struct appender appenders[16];
    pthread_t threads[16];
    for (int i = 0; i < 16; i++) {
        appenders[i] = (struct appender){ journal, i };
        CHECK_INT("thread", pthread_create(&threads[i], NULL, append_many, &appenders[i]), 0);
    }
    for (int i = 0; i < 16; i++)
        CHECK_INT("join", pthread_join(threads[i], NULL), 0);
    CHECK_INT("all are durable", journal_synced(journal), 800);
    struct journal_stats stats;
    journal_stats_now(journal, &stats);
    CHECK("with fewer syncs than records", stats.commits_total < 800);
    struct error err = { 0 };
    CLEANUP(journal_cursor_close_slot) struct journal_cursor *cursor = NULL;
    CHECK_OK("cursor", journal_cursor_open(journal, 0, &cursor, &err), &err);
    int next[16] = { 0 };
    for (int i = 0; i < 800; i++) {
        str payload = STR("");
        uint64_t sequence;
        CHECK_OK("reads", journal_next(cursor, UINT64_MAX, &payload, &sequence, &err), &err);
        CHECK_INT("in order", sequence, i + 1);
        int id = 0, word = 0;
        char text[32] = "";
        (void)snprintf(text, sizeof text, "%.*s", STR_ARG(payload));
        CHECK("reads back", sscanf(text, "%d:%d", &id, &word) == 2 && id >= 0 && id < 16);
        CHECK_INT("each appender's in its order", word, next[id & 15]++);
    }
    journal_cursor_close(cursor);
    cursor = NULL;
    journal_close(journal);
}

TEST(journal_refuses_when_its_queue_is_full)
{
    struct journal *journal = open_journal(&(struct journal_options){ .folder = test_folder(), .queue_bytes_max = 4 });
    struct error err = { 0 };
    CHECK_FAILS("five bytes", append(journal, "12345", &err), ERR_LIMIT, &err);
    append_ok(journal, "1234");
    journal_close(journal);
}
