#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "store/crc32c.h"
#include "store/journal_internal.h"

#define NAME_PREFIX STR("journal-")
#define NAME_SUFFIX STR(".log")
#define READ_AHEAD_BYTES ((size_t)256 << 10)

/* A segment ends with the group that passed its size, so it may be this much larger than asked for. */
#define SEGMENT_READ_BYTES_MAX ((size_t)40 << 30)

enum status journal_segment_path(const struct journal *journal, uint64_t first, char path[JOURNAL_PATH_MAX],
                                 struct error *err)
{
    int size = snprintf(path, JOURNAL_PATH_MAX, "%s/journal-%020llu.log", journal->folder, (unsigned long long)first);
    if (size < 0 || size >= JOURNAL_PATH_MAX)
        return error_set(err, ERR_INVALID, "the path %.80s... is too long", journal->folder);
    return OK;
}

/* ---- recovery ---- */

static bool first_of_name(const char *name, uint64_t *ret_first)
{
    str text = str_of(name);
    if (!str_has_prefix(text, NAME_PREFIX) || !str_has_suffix(text, NAME_SUFFIX))
        return false;
    return number_parse_u64(str_slice(text, NAME_PREFIX.size, text.size - NAME_SUFFIX.size), ret_first);
}

static int compare_segments(const void *a, const void *b)
{
    uint64_t first_a = ((const struct journal_segment *)a)->first, first_b = ((const struct journal_segment *)b)->first;
    return (first_a > first_b) - (first_a < first_b);
}

static enum status list_segments(struct journal *journal, struct error *err)
{
    DIR *dir = opendir(journal->folder);
    if (dir == NULL)
        return error_set(err, ERR_UNAVAILABLE, "%s: %s", journal->folder, strerror(errno));
    enum status status = OK;
    for (struct dirent *entry; status == OK && (entry = readdir(dir)) != NULL;) {
        uint64_t first;
        if (!first_of_name(entry->d_name, &first))
            continue;
        struct journal_segment *grown = mem_regrow(journal->segments, journal->segment_count + 1, sizeof *grown);
        if (grown == NULL) {
            status = error_set(err, ERR_LIMIT, "no memory for the journal's segments");
            break;
        }
        journal->segments = grown;
        journal->segments[journal->segment_count++] = (struct journal_segment){ .first = first };
    }
    (void)closedir(dir); /* only read from */
    if (journal->segment_count > 0)
        qsort(journal->segments, journal->segment_count, sizeof *journal->segments, compare_segments);
    return status;
}

/* Durably shortens the last segment to its good frames. */
static enum status cut_file(const char *path, size_t bytes, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
    int failed = ftruncate(fd, (off_t)bytes) != 0 || fsync(fd) != 0;
    int reason = errno;
    (void)close(fd); /* synced */
    return failed ? error_set(err, ERR_UNAVAILABLE, "%s: %s", path, strerror(reason)) : OK;
}

/* What a crash may leave behind the last good frame of a segment whose successor begins at `next_first`
 * (0 = it is the last). */
static enum status mend_segment(const char *path, const struct journal_scan *scan, uint64_t next_first,
                                size_t file_bytes,
                                struct error *err)
{
    bool is_next_missing = next_first != 0 && next_first != scan->last + 1;
    if (is_next_missing || scan->was_acknowledged)
        return error_set(err, ERR_CORRUPT, "%s: record %llu at offset %zu is damaged or missing", path,
                         (unsigned long long)scan->last + 1, scan->good_bytes);
    if (scan->is_whole || next_first != 0)
        return OK;
    LOG_WARN("a crash left an unfinished record in the journal; cut off", log_text("file", path),
             log_u64("offset", scan->good_bytes), log_u64("bytes", file_bytes - scan->good_bytes));
    return cut_file(path, scan->good_bytes, err);
}

/* Reads one listed segment through; `ret_is_empty` when it holds no record and may go. */
static enum status recover_segment(struct journal *journal, size_t index, bool *ret_is_empty, struct error *err)
{
    struct journal_segment *segment = &journal->segments[index];
    bool is_last = index + 1 == journal->segment_count;
    char path[JOURNAL_PATH_MAX];
    TRY(journal_segment_path(journal, segment->first, path, err));
    CLEANUP(buf_done) struct buf content;
    buf_init(&content, SEGMENT_READ_BYTES_MAX);
    TRY(file_read(path, &content, err));
    struct journal_scan scan;
    if (!journal_scan_segment(buf_str(&content), &scan) || scan.first != segment->first) {
        /* A crash while the file was made; its head is synced before the first frame. */
        if (is_last && content.size <= JOURNAL_HEAD_BYTES) {
            *ret_is_empty = true;
            return OK;
        }
        return error_set(err, ERR_CORRUPT, "%s: the head at offset 0 is damaged", path);
    }
    TRY(mend_segment(path, &scan, is_last ? 0 : journal->segments[index + 1].first, content.size, err));
    segment->last = scan.last;
    segment->bytes = scan.good_bytes;
    *ret_is_empty = scan.last < scan.first;
    return OK;
}

enum status journal_recover(struct journal *journal, struct error *err)
{
    TRY(list_segments(journal, err));
    if (journal->segment_count > 0 && journal->segments[0].first > journal->last_sequence + 1)
        return error_set(err, ERR_CORRUPT, "%s: the journal begins with record %llu, but %llu is the last one stored",
                         journal->folder, (unsigned long long)journal->segments[0].first,
                         (unsigned long long)journal->last_sequence);
    size_t kept = 0;
    for (size_t i = 0; i < journal->segment_count; i++) {
        bool is_empty = false;
        TRY(recover_segment(journal, i, &is_empty, err));
        if (is_empty) {
            char path[JOURNAL_PATH_MAX];
            TRY(journal_segment_path(journal, journal->segments[i].first, path, err));
            TRY(file_remove(path, err));
            continue;
        }
        journal->last_sequence = MAX_OF(journal->last_sequence, journal->segments[i].last);
        journal->segments[kept++] = journal->segments[i];
    }
    journal->segment_count = kept;
    return OK;
}

/* ---- reading ---- */

struct journal_cursor {
    struct journal *journal;
    uint64_t last;  /* the record read last */
    uint64_t first; /* of the open segment */
    int fd;
    struct buf ahead;
    size_t ahead_at;      /* in `ahead` */
    uint64_t file_offset; /* of ahead_at in the file */
    uint64_t cuts_total;  /* the journal's, when `ahead` was begun */
};

enum status journal_cursor_open(struct journal *journal, uint64_t after_sequence, struct journal_cursor **ret_cursor,
                                struct error *err)
{
    (void)err; /* opening files waits for the first record */
    struct journal_cursor *cursor = mem_must(sizeof *cursor);
    cursor->journal = journal;
    cursor->last = after_sequence;
    cursor->fd = -1;
    buf_init(&cursor->ahead, JOURNAL_RECORD_BYTES_MAX + JOURNAL_FRAME_BYTES + READ_AHEAD_BYTES);
    *ret_cursor = cursor;
    return OK;
}

void journal_cursor_close(struct journal_cursor *cursor)
{
    if (cursor == NULL)
        return;
    if (cursor->fd >= 0)
        (void)close(cursor->fd); /* only read from */
    buf_done(&cursor->ahead);
    mem_free(cursor);
}

/* The segment that holds `sequence`. Forgets what lies ahead if the writer has taken bytes back since. */
static enum status find_segment(struct journal_cursor *cursor, uint64_t sequence, uint64_t *ret_first,
                                struct error *err)
{
    struct journal *journal = cursor->journal;
    uint64_t first = 0;
    pthread_mutex_lock(&journal->lock);
    if (cursor->cuts_total != journal->cuts_total) {
        cursor->cuts_total = journal->cuts_total;
        cursor->ahead_at = 0;
        buf_clear(&cursor->ahead);
    }
    for (size_t i = 0; i < journal->segment_count && journal->segments[i].first <= sequence; i++)
        first = journal->segments[i].first;
    pthread_mutex_unlock(&journal->lock);
    *ret_first = first;
    return first != 0 ? OK : error_set(err, ERR_CORRUPT, "%s: record %llu is not there", journal->folder,
                                       (unsigned long long)sequence);
}

static enum status enter_segment(struct journal_cursor *cursor, uint64_t first, struct error *err)
{
    char path[JOURNAL_PATH_MAX];
    TRY(journal_segment_path(cursor->journal, first, path, err));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
    if (cursor->fd >= 0)
        (void)close(cursor->fd); /* only read from */
    cursor->fd = fd;
    cursor->first = first;
    cursor->file_offset = JOURNAL_HEAD_BYTES;
    cursor->ahead_at = 0;
    buf_clear(&cursor->ahead);
    return OK;
}

/* Reads on until `bytes` lie ahead; fewer only at the end of the file. */
static enum status fill(struct journal_cursor *cursor, size_t bytes, str *ret_ahead, struct error *err)
{
    while (cursor->ahead.size - cursor->ahead_at < bytes) {
        size_t left = cursor->ahead.size - cursor->ahead_at;
        if (cursor->ahead_at > 0) {
            memmove(cursor->ahead.data, cursor->ahead.data + cursor->ahead_at, left);
            cursor->ahead.size = left;
            cursor->ahead_at = 0;
        }
        size_t wanted = MAX_OF(bytes - left, READ_AHEAD_BYTES);
        char *room = buf_reserve(&cursor->ahead, wanted);
        if (room == NULL) {
            buf_clear(&cursor->ahead);
            return error_set(err, ERR_LIMIT, "no memory to read a record of the journal");
        }
        ssize_t got = pread(cursor->fd, room, wanted, (off_t)(cursor->file_offset + left));
        if (got < 0)
            return error_set(err, ERR_UNAVAILABLE, "%s: read: %s", cursor->journal->folder, strerror(errno));
        if (got == 0)
            break;
        buf_commit(&cursor->ahead, (size_t)got);
    }
    *ret_ahead = (str){ cursor->ahead.data + cursor->ahead_at, cursor->ahead.size - cursor->ahead_at };
    return OK;
}

static enum status damaged(const struct journal_cursor *cursor, struct error *err)
{
    return error_set(err, ERR_CORRUPT, "%s/journal-%020llu.log: record %llu at offset %llu is damaged",
                     cursor->journal->folder, (unsigned long long)cursor->first, (unsigned long long)cursor->last + 1,
                     (unsigned long long)cursor->file_offset);
}

/* Reads the frame at the cursor, a mark or a record of any number, and steps over it. */
static enum status next_frame(struct journal_cursor *cursor, struct journal_frame *ret_frame, str *ret_payload,
                              struct error *err)
{
    str ahead;
    TRY(fill(cursor, JOURNAL_FRAME_BYTES, &ahead, err));
    if (!journal_frame_read(ahead, ret_frame))
        return damaged(cursor, err);
    size_t bytes = JOURNAL_FRAME_BYTES + (size_t)ret_frame->payload_bytes;
    TRY(fill(cursor, bytes, &ahead, err));
    str payload = str_slice(ahead, JOURNAL_FRAME_BYTES, bytes);
    if (ahead.size < bytes || crc32c(0, payload) != ret_frame->payload_crc)
        return damaged(cursor, err);
    cursor->ahead_at += bytes;
    cursor->file_offset += bytes;
    *ret_payload = payload;
    return OK;
}

enum status journal_next(struct journal_cursor *cursor, uint64_t through, str *ret_payload, uint64_t *ret_sequence,
                         struct error *err)
{
    *ret_sequence = 0;
    if (cursor->last >= MIN_OF(through, journal_synced(cursor->journal)))
        return OK;
    uint64_t first;
    TRY(find_segment(cursor, cursor->last + 1, &first, err));
    if (cursor->fd < 0 || first != cursor->first)
        TRY(enter_segment(cursor, first, err));
    for (;;) {
        struct journal_frame frame;
        TRY(next_frame(cursor, &frame, ret_payload, err));
        if (frame.sequence <= cursor->last)
            continue; /* a mark, or what was read before this cursor was opened */
        if (frame.sequence != cursor->last + 1 || frame.payload_bytes == 0)
            return damaged(cursor, err);
        cursor->last = *ret_sequence = frame.sequence;
        return OK;
    }
}

enum status journal_drop(struct journal *journal, uint64_t through, struct error *err)
{
    for (;;) {
        pthread_mutex_lock(&journal->lock);
        bool is_over = journal->segment_count < 2 || journal->segments[0].last > through;
        uint64_t first = journal->segments[0].first;
        pthread_mutex_unlock(&journal->lock);
        if (is_over)
            return OK;
        char path[JOURNAL_PATH_MAX];
        TRY(journal_segment_path(journal, first, path, err));
        TRY(file_remove(path, err));
        pthread_mutex_lock(&journal->lock);
        journal->segment_count--;
        memmove(journal->segments, journal->segments + 1, journal->segment_count * sizeof *journal->segments);
        pthread_mutex_unlock(&journal->lock);
    }
}
