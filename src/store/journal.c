#include "store/journal_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/crc32c.h"

#define SEGMENT_BYTES ((size_t)16 << 20)
#define QUEUE_BYTES_MAX ((size_t)64 << 20)

/* Records of one group: two parts each, and IOV_MAX is 1024. */
#define GROUP_RECORDS_MAX 512

static ssize_t system_write(void *self, int fd, const struct iovec *parts, int part_count)
{
    (void)self;
    return writev(fd, parts, part_count);
}

static int system_sync(void *self, int fd)
{
    (void)self;
    return fdatasync(fd);
}

/* ---- the writer ---- */

/* Writes all parts, however many calls it takes. Changes `parts`. */
static enum status write_all(struct journal *journal, int fd, struct iovec *parts, int count, struct error *err)
{
    while (count > 0) {
        ssize_t written = journal->io.write(journal->io.self, fd, parts, count);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            int reason = written < 0 ? errno : ENOSPC;
            return error_set(err, ERR_UNAVAILABLE, "%s: %s", journal->folder,
                             reason == ENOSPC || reason == EDQUOT ? "the disk is full" : strerror(reason));
        }
        size_t rest = (size_t)written;
        for (; count > 0 && rest >= parts->iov_len; parts++, count--)
            rest -= parts->iov_len;
        if (count > 0) {
            parts->iov_base = (char *)parts->iov_base + rest;
            parts->iov_len -= rest;
        }
    }
    return OK;
}

/* J3: nothing is acknowledged any more. */
static enum status fail_for_good(struct journal *journal, const char *call, struct error *err)
{
    enum status status = error_set(err, ERR_UNAVAILABLE,
                                   "%s: %s failed (%s); events are refused until Kedge is started again",
                                   journal->folder, call, strerror(errno));
    LOG_ERROR("the journal stopped", log_error(err));
    pthread_mutex_lock(&journal->lock);
    journal->failure = *err;
    pthread_mutex_unlock(&journal->lock);
    return status;
}

/* Takes back what a failed write left behind the good bytes. */
static void cut_back(struct journal *journal)
{
    pthread_mutex_lock(&journal->lock);
    journal->cuts_total++;
    pthread_mutex_unlock(&journal->lock);
    if (ftruncate(journal->fd, (off_t)journal->written_bytes) == 0 &&
        lseek(journal->fd, (off_t)journal->written_bytes, SEEK_SET) >= 0)
        return;
    struct error failure = { 0 };
    (void)fail_for_good(journal, "cutting off a partial record", &failure); /* kept in the journal, and logged */
}

static enum status write_and_sync(struct journal *journal, struct iovec *parts, int count, size_t bytes,
                                  struct error *err)
{
    enum status status = write_all(journal, journal->fd, parts, count, err);
    if (status != OK) {
        cut_back(journal);
        return status;
    }
    if (journal->io.sync(journal->io.self, journal->fd) != 0)
        return fail_for_good(journal, "fdatasync", err);
    journal->written_bytes += bytes;
    return OK;
}

static enum status write_group(struct journal *journal, struct journal_ticket *group, size_t count, struct error *err)
{
    char heads[GROUP_RECORDS_MAX][JOURNAL_FRAME_BYTES];
    struct iovec parts[2 * GROUP_RECORDS_MAX];
    size_t bytes = 0, i = 0;
    for (struct journal_ticket *ticket = group; i < count; ticket = ticket->next, i++) {
        struct journal_frame frame = {
            .payload_bytes = (uint32_t)ticket->payload.size,
            .payload_crc = ticket->payload_crc,
            .sequence = journal->last_sequence + 1 + i,
            .synced = journal->last_sequence, /* the group before is durable, or we would not be here */
        };
        journal_frame_write(&frame, heads[i]);
        parts[2 * i] = (struct iovec){ heads[i], JOURNAL_FRAME_BYTES };
        parts[2 * i + 1] = (struct iovec){ ticket->payload.data, ticket->payload.size };
        bytes += JOURNAL_FRAME_BYTES + ticket->payload.size;
    }
    TRY(write_and_sync(journal, parts, (int)(2 * count), bytes, err));
    journal->last_sequence += count;
    journal->has_mark = false;
    return OK;
}

/* J2 for the last group. Unsynced and not needed: when it fails, only that check is lost. */
static void write_mark(struct journal *journal)
{
    struct journal_frame frame = { .sequence = journal->last_sequence, .synced = journal->last_sequence };
    char head[JOURNAL_FRAME_BYTES];
    journal_frame_write(&frame, head);
    struct iovec part = { head, sizeof head };
    struct error ignored = { 0 };
    if (write_all(journal, journal->fd, &part, 1, &ignored) == OK)
        journal->written_bytes += sizeof head;
    else
        cut_back(journal);
    journal->has_mark = true;
}

/* A new file with a segment's head, durable in its folder. */
static enum status make_segment_file(struct journal *journal, uint64_t first, int *ret_fd, struct error *err)
{
    char path[JOURNAL_PATH_MAX], head[JOURNAL_HEAD_BYTES];
    TRY(journal_segment_path(journal, first, path, err));
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
    if (fd < 0)
        return error_set(err, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
    journal_head_write(first, head);
    struct iovec part = { head, sizeof head };
    enum status status = write_all(journal, fd, &part, 1, err);
    if (status == OK && journal->io.sync(journal->io.self, fd) != 0)
        status = error_set(err, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
    if (status == OK)
        status = file_sync_folder(journal->folder, err);
    if (status != OK) {
        (void)close(fd); /* it holds nothing */
        (void)unlink(path);
        return status;
    }
    *ret_fd = fd;
    return OK;
}

/* Makes the next segment the active one from now on. A failure leaves all as it was. */
static enum status start_segment(struct journal *journal, struct error *err)
{
    pthread_mutex_lock(&journal->lock);
    struct journal_segment *grown = mem_regrow(journal->segments, journal->segment_count + 1, sizeof *grown);
    if (grown != NULL)
        journal->segments = grown;
    pthread_mutex_unlock(&journal->lock);
    if (grown == NULL)
        return error_set(err, ERR_LIMIT, "no memory for a journal segment");
    uint64_t first = journal->last_sequence + 1;
    int fd;
    TRY(make_segment_file(journal, first, &fd, err));
    pthread_mutex_lock(&journal->lock);
    if (journal->fd >= 0) {
        journal->segments[journal->segment_count - 1].last = journal->last_sequence;
        (void)close(journal->fd); /* synced with its last group */
    }
    journal->segments[journal->segment_count++] = (struct journal_segment){ first, first - 1, JOURNAL_HEAD_BYTES };
    pthread_mutex_unlock(&journal->lock);
    journal->fd = fd;
    journal->written_bytes = JOURNAL_HEAD_BYTES;
    journal->has_mark = true;
    return OK;
}

static enum status commit_group(struct journal *journal, struct journal_ticket *group, size_t count, struct error *err)
{
    pthread_mutex_lock(&journal->lock);
    struct error failure = journal->failure;
    pthread_mutex_unlock(&journal->lock);
    if (failure.status != OK)
        return error_set(err, failure.status, "%s", failure.cause);
    bool has_records = journal->last_sequence >= journal->segments[journal->segment_count - 1].first;
    if (journal->written_bytes >= journal->segment_bytes && has_records)
        TRY(start_segment(journal, err));
    return write_group(journal, group, count, err);
}

/* Takes up to GROUP_RECORDS_MAX records off the queue; under lock. */
static struct journal_ticket *take_group(struct journal *journal, size_t *ret_count)
{
    struct journal_ticket *first = journal->queue_head, *last = first;
    size_t count = 1, bytes = first->payload.size;
    for (; last->next != NULL && count < GROUP_RECORDS_MAX; last = last->next, count++)
        bytes += last->next->payload.size;
    journal->queue_head = last->next;
    if (journal->queue_head == NULL)
        journal->queue_tail = &journal->queue_head;
    journal->queue_bytes -= bytes;
    last->next = NULL;
    *ret_count = count;
    return first;
}

static void free_ticket(struct journal_ticket *ticket)
{
    buf_done(&ticket->payload);
    mem_free(ticket);
}

/* Tells everybody how the group went. */
static void settle_group(struct journal *journal, struct journal_ticket *group, size_t count, const struct error *error)
{
    if (journal->on_settled != NULL)
        for (struct journal_ticket *ticket = group; ticket != NULL; ticket = ticket->next)
            journal->on_settled(journal->context, ticket->tag, error->status == OK ? NULL : error);
    pthread_mutex_lock(&journal->lock);
    journal->synced = journal->last_sequence;
    journal->segments[journal->segment_count - 1].bytes = journal->written_bytes;
    *(error->status == OK ? &journal->commits_total : &journal->failures_total) += error->status == OK ? 1 : count;
    journal->settled_total += count;
    for (struct journal_ticket *next; group != NULL; group = next) {
        next = group->next;
        if (group->is_awaited) {
            group->error = *error;
            group->is_done = true;
        } else {
            free_ticket(group);
        }
    }
    pthread_cond_broadcast(&journal->has_settled);
    pthread_mutex_unlock(&journal->lock);
}

static void *run_writer(void *argument)
{
    struct journal *journal = argument;
    pthread_mutex_lock(&journal->lock);
    for (;;) {
        if (journal->queue_head == NULL && !journal->has_mark && journal->failure.status == OK) {
            pthread_mutex_unlock(&journal->lock);
            write_mark(journal);
            pthread_mutex_lock(&journal->lock);
        }
        while (journal->queue_head == NULL && !journal->is_closing)
            pthread_cond_wait(&journal->has_work, &journal->lock);
        if (journal->queue_head == NULL)
            break;
        size_t count;
        struct journal_ticket *group = take_group(journal, &count);
        pthread_mutex_unlock(&journal->lock);
        struct error error = { 0 };
        (void)commit_group(journal, group, count, &error); /* `error` says it all */
        settle_group(journal, group, count, &error);
        pthread_mutex_lock(&journal->lock);
    }
    pthread_mutex_unlock(&journal->lock);
    return NULL;
}

/* ---- life ---- */

enum status journal_open(const struct journal_options *options, struct journal **ret_journal, struct error *err)
{
    CLEANUP(journal_close_slot) struct journal *journal = mem_must(sizeof *journal);
    pthread_mutex_init(&journal->lock, NULL);
    pthread_cond_init(&journal->has_work, NULL);
    pthread_cond_init(&journal->has_settled, NULL);
    journal->folder = mem_copy_text(options->folder);
    journal->segment_bytes = options->segment_bytes != 0 ? options->segment_bytes : SEGMENT_BYTES;
    journal->queue_bytes_max = options->queue_bytes_max != 0 ? options->queue_bytes_max : QUEUE_BYTES_MAX;
    journal->io = options->io != NULL ? *options->io : (struct journal_io){ system_write, system_sync, NULL };
    journal->on_settled = options->on_settled;
    journal->context = options->context;
    journal->queue_tail = &journal->queue_head;
    journal->fd = -1;
    journal->last_sequence = options->after_sequence;
    TRY(journal_recover(journal, err));
    journal->synced = journal->last_sequence;
    TRY(start_segment(journal, err));
    if (pthread_create(&journal->writer, NULL, run_writer, journal) != 0)
        return error_set(err, ERR_UNAVAILABLE, "no thread for the journal");
    (void)pthread_setname_np(journal->writer, "journal"); /* for people who look at threads */
    journal->has_writer = true;
    *ret_journal = journal;
    journal = NULL;
    return OK;
}

void journal_close(struct journal *journal)
{
    if (journal == NULL)
        return;
    if (journal->has_writer) {
        pthread_mutex_lock(&journal->lock);
        journal->is_closing = true;
        pthread_cond_signal(&journal->has_work);
        pthread_mutex_unlock(&journal->lock);
        pthread_join(journal->writer, NULL);
    }
    if (journal->fd >= 0)
        (void)close(journal->fd); /* every group was synced */
    mem_free(journal->segments);
    mem_free(journal->folder);
    pthread_mutex_destroy(&journal->lock);
    pthread_cond_destroy(&journal->has_work);
    pthread_cond_destroy(&journal->has_settled);
    mem_free(journal);
}

/* ---- appending ---- */

enum status journal_append(struct journal *journal, struct buf *payload, void *tag, struct journal_ticket **ret_ticket,
                           struct error *err)
{
    if (payload->size == 0 || payload->size > JOURNAL_RECORD_BYTES_MAX)
        return error_set(err, ERR_LIMIT, "a record has 1 to %zu bytes, not %zu", JOURNAL_RECORD_BYTES_MAX,
                         payload->size);
    struct journal_ticket *ticket = mem_array(1, sizeof *ticket);
    if (ticket == NULL)
        return error_set(err, ERR_LIMIT, "no memory for a journal record");
    ticket->payload_crc = crc32c(0, buf_str(payload));
    ticket->tag = tag;
    ticket->is_awaited = ret_ticket != NULL;

    pthread_mutex_lock(&journal->lock);
    enum status status = journal->failure.status;
    if (status != OK)
        (void)error_set(err, status, "%s", journal->failure.cause);
    else if (payload->size > journal->queue_bytes_max - MIN_OF(journal->queue_bytes, journal->queue_bytes_max))
        status = error_set(err, ERR_LIMIT, "%zu bytes of events wait for the disk; try again later",
                           journal->queue_bytes);
    if (status == OK) {
        ticket->payload = *payload;
        buf_init(payload, payload->max_bytes);
        *journal->queue_tail = ticket;
        journal->queue_tail = &ticket->next;
        journal->queue_bytes += ticket->payload.size;
        journal->queued_total++;
        if (ret_ticket != NULL)
            *ret_ticket = ticket;
        pthread_cond_signal(&journal->has_work);
    }
    pthread_mutex_unlock(&journal->lock);
    if (status != OK)
        mem_free(ticket);
    return status;
}

enum status journal_wait(struct journal *journal, struct journal_ticket *ticket, struct error *err)
{
    pthread_mutex_lock(&journal->lock);
    while (!ticket->is_done)
        pthread_cond_wait(&journal->has_settled, &journal->lock);
    pthread_mutex_unlock(&journal->lock);
    enum status status = ticket->error.status;
    if (status != OK)
        (void)error_set(err, status, "%s", ticket->error.cause);
    free_ticket(ticket);
    return status;
}

void journal_settle(struct journal *journal)
{
    pthread_mutex_lock(&journal->lock);
    uint64_t target = journal->queued_total;
    while (journal->settled_total < target)
        pthread_cond_wait(&journal->has_settled, &journal->lock);
    pthread_mutex_unlock(&journal->lock);
}

uint64_t journal_synced(struct journal *journal)
{
    pthread_mutex_lock(&journal->lock);
    uint64_t synced = journal->synced;
    pthread_mutex_unlock(&journal->lock);
    return synced;
}

void journal_stats_now(struct journal *journal, struct journal_stats *ret_stats)
{
    pthread_mutex_lock(&journal->lock);
    *ret_stats = (struct journal_stats){
        .commits_total = journal->commits_total,
        .failures_total = journal->failures_total,
        .queue_bytes = journal->queue_bytes,
        .is_failed = journal->failure.status != OK,
    };
    for (size_t i = 0; i < journal->segment_count; i++)
        ret_stats->bytes += journal->segments[i].bytes;
    pthread_mutex_unlock(&journal->lock);
}
