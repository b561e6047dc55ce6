/* The ring is the bounded queue of D. Vyukov: every cell has a turn, which says whose it is. A writer may fill cell
 * `place` when its turn equals the place, and hands it over by turn = place + 1; the reader empties it then and hands it
 * on to the writer one round later by turn = place + cells. What a cell stores is its turn less its index, so that zeroed
 * memory is a ring: pages that no prediction came to are never touched. */
#include "serve/prediction_log.h"

#include <math.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"

#define TICK_MS 20
#define BATCH_ROWS_MAX ((size_t)1024)
#define BATCH_CELLS_MAX ((size_t)1 << 17)
#define RING_BYTES_MAX ((size_t)8 << 20)
#define RING_CELLS_MAX ((size_t)8192)
#define RING_CELLS_MIN ((size_t)64)
#define SHORT_TEXT_MAX 40 /* a uuid has 36 bytes */
#define TAGS_MAX 64       /* different ones in a batch; more are left out */
#define NS_PER_MS 1000000

/* Texts of a prediction that has any besides a usual id: one block, freed by the reader. */
struct extra {
    str label, prediction_id;
    size_t tag_count;
    str *tag_names, *tags, *texts; /* texts [input_count] or NULL */
};

struct cell {
    atomic_size_t turn; /* less the cell's index */
    int64_t timestamp_us;
    double latency_ms, value;
    char id[SHORT_TEXT_MAX], variant[SHORT_TEXT_MAX];
    uint8_t id_bytes, variant_bytes;
    bool has_probabilities;
    struct extra *extra; /* NULL: none */
    double numbers[];    /* [input_count + class_count] */
};

struct prediction_ring {
    alignas(64) atomic_size_t tail; /* relaxed: a cell's turn orders what is in it */
    alignas(64) size_t head;        /* the log's thread only */
    size_t mask, cell_bytes;
    char *cells;
    struct counter *dropped;
    bool is_closed; /* under the log's lock */
    struct prediction_log *log;
    struct prediction_ring *next; /* under the log's lock */
    struct runtime_info info;     /* texts in `arena` */
    str model_name, model_version;
    str *feature_names;
    struct arena arena;
};

struct prediction_log {
    struct prediction_log_options options;
    pthread_t thread;
    pthread_mutex_t lock; /* over what follows, but not the cells */
    pthread_cond_t wake, flushed;
    struct prediction_ring *rings;
    uint64_t flushes_wanted, flushes_done;
    bool is_stopping;
};

static struct cell *cell_at(const struct prediction_ring *ring, size_t place)
{
    return (struct cell *)(void *)(ring->cells + (place & ring->mask) * ring->cell_bytes);
}

/* ---- values ---- */

struct event_value prediction_value_of(const struct runtime_info *info, double value, str label)
{
    if (label.data == NULL && !(value >= 0 && value < (double)info->class_count))
        return value == value ? (struct event_value){ EVENT_NUMBER, .number = value }
                              : (struct event_value){ .kind = EVENT_MISSING };
    str name = label.data != NULL ? label : info->class_names[(size_t)value];
    int64_t integer;
    double number;
    if (number_parse_i64(name, &integer))
        return (struct event_value){ EVENT_INTEGER, .integer = integer };
    if (number_parse_f64(name, &number))
        return (struct event_value){ EVENT_NUMBER, .number = number };
    return (struct event_value){ EVENT_TEXT, .text = name };
}

static struct event_value feature_value(enum field_type type, double number, str text)
{
    bool is_missing = type == FIELD_STRING ? text.data == NULL : number != number;
    if (is_missing)
        return (struct event_value){ .kind = EVENT_MISSING };
    switch (type) {
    case FIELD_DOUBLE:
    case FIELD_FLOAT:
        break;
    case FIELD_INTEGER:
    case FIELD_LONG:
        return (struct event_value){ EVENT_INTEGER, .integer = (int64_t)number };
    case FIELD_BOOLEAN:
        return (struct event_value){ EVENT_BOOLEAN, .boolean = number != 0 };
    case FIELD_STRING:
        return (struct event_value){ EVENT_TEXT, .text = text };
    case FIELD_DATETIME:
        return (struct event_value){ EVENT_TIME, .integer = (int64_t)number };
    }
    return (struct event_value){ EVENT_NUMBER, .number = number };
}

/* ---- writing, on any thread ---- */

static str put_text(char **at, str text)
{
    if (text.size > 0)
        memcpy(*at, text.data, text.size);
    str copy = { text.data != NULL ? *at : NULL, text.size };
    *at += text.size;
    return copy;
}

static bool needs_extra(const struct prediction *prediction)
{
    return prediction->texts != NULL || prediction->label.data != NULL || prediction->tag_count > 0 ||
           prediction->prediction_id.size > SHORT_TEXT_MAX;
}

/* NULL without memory. */
static struct extra *make_extra(const struct prediction *prediction, size_t inputs)
{
    size_t texts = prediction->texts != NULL ? inputs : 0, strs = 2 * prediction->tag_count + texts;
    size_t bytes = sizeof(struct extra) + strs * sizeof(str) + prediction->label.size + prediction->prediction_id.size;
    for (size_t i = 0; i < prediction->tag_count; i++)
        bytes += prediction->tag_names[i].size + prediction->tags[i].size;
    for (size_t i = 0; i < texts; i++)
        bytes += prediction->texts[i].size;
    struct extra *extra = mem_array(1, bytes);
    if (extra == NULL)
        return NULL;
    extra->tag_names = (str *)(extra + 1);
    extra->tags = extra->tag_names + prediction->tag_count;
    extra->texts = texts > 0 ? extra->tags + prediction->tag_count : NULL;
    extra->tag_count = prediction->tag_count;
    char *at = (char *)(extra->tags + prediction->tag_count + texts);
    extra->label = put_text(&at, prediction->label);
    extra->prediction_id = put_text(&at, prediction->prediction_id);
    for (size_t i = 0; i < prediction->tag_count; i++) {
        extra->tag_names[i] = put_text(&at, prediction->tag_names[i]);
        extra->tags[i] = put_text(&at, prediction->tags[i]);
    }
    for (size_t i = 0; i < texts; i++)
        extra->texts[i] = put_text(&at, prediction->texts[i]);
    return extra;
}

static uint8_t put_short(char to[SHORT_TEXT_MAX], str text)
{
    size_t bytes = MIN_OF(text.size, (size_t)SHORT_TEXT_MAX);
    if (bytes > 0)
        memcpy(to, text.data, bytes);
    return (uint8_t)bytes;
}

static void fill(struct cell *cell, const struct prediction_ring *ring, const struct prediction *prediction,
                 struct extra *extra)
{
    size_t inputs = ring->info.input_count, classes = ring->info.class_count;
    cell->timestamp_us = prediction->timestamp_us;
    cell->latency_ms = prediction->latency_ms;
    cell->value = prediction->value;
    cell->id_bytes = put_short(cell->id, prediction->prediction_id);
    cell->variant_bytes = put_short(cell->variant, prediction->variant);
    cell->extra = extra;
    cell->has_probabilities = prediction->probabilities != NULL && classes > 0;
    memcpy(cell->numbers, prediction->numbers, inputs * sizeof(double));
    if (cell->has_probabilities)
        memcpy(cell->numbers + inputs, prediction->probabilities, classes * sizeof(double));
}

/* The next free cell, which is the caller's alone; NULL where the ring is full. */
static struct cell *claim(struct prediction_ring *ring, size_t *ret_place)
{
    size_t place = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    for (;;) {
        struct cell *cell = cell_at(ring, place);
        size_t turn = atomic_load_explicit(&cell->turn, memory_order_acquire) + (place & ring->mask); /* reader's release */
        if (turn == place) {
            if (atomic_compare_exchange_weak_explicit(&ring->tail, &place, place + 1, memory_order_relaxed,
                                                      memory_order_relaxed)) {
                *ret_place = place;
                return cell;
            }
        } else if ((ptrdiff_t)(turn - place) < 0) {
            return NULL;
        } else {
            place = atomic_load_explicit(&ring->tail, memory_order_relaxed);
        }
    }
}

bool prediction_ring_put(struct prediction_ring *ring, const struct prediction *prediction)
{
    struct extra *extra = NULL;
    bool has_memory = true;
    size_t place;
    if (needs_extra(prediction)) {
        extra = make_extra(prediction, ring->info.input_count);
        has_memory = extra != NULL;
    }
    struct cell *cell = has_memory ? claim(ring, &place) : NULL;
    if (cell == NULL) {
        mem_free(extra);
        counter_increment(ring->dropped);
        return false;
    }
    fill(cell, ring, prediction, extra);
    atomic_store_explicit(&cell->turn, place + 1 - (place & ring->mask), memory_order_release); /* for is_filled */
    return true;
}

/* ---- reading, on the log's thread ---- */

/* The arrays of a batch on their way to the log; they live in `arena`, for one batch. */
struct drain {
    struct prediction_ring *ring;
    struct arena arena;
    size_t rows_max;
    struct event_batch batch;
    struct event_value *features, *predictions;
    str *ids, *tags, *tag_names;
    int64_t *times_us;
    double *probabilities;
    bool has_probabilities;
};

enum { TAG_LATENCY, TAG_VARIANT, TAG_FIXED_COUNT };

static size_t tag_index(struct drain *drain, str name)
{
    for (size_t i = 0; i < drain->batch.tag_count; i++)
        if (str_equal(drain->tag_names[i], name))
            return i;
    if (drain->batch.tag_count == TAGS_MAX)
        return SIZE_MAX;
    drain->tag_names[drain->batch.tag_count] = arena_copy(&drain->arena, name);
    return drain->batch.tag_count++;
}

static void read_tags(struct drain *drain, const struct cell *cell, str *tags)
{
    char text[NUMBER_TEXT_MAX];
    int size = snprintf(text, sizeof text, "%.3f", cell->latency_ms);
    tags[TAG_LATENCY] = arena_copy(&drain->arena, (str){ text, (size_t)MIN_OF(size, (int)sizeof text - 1) });
    if (cell->variant_bytes > 0)
        tags[TAG_VARIANT] = arena_copy(&drain->arena, (str){ cell->variant, cell->variant_bytes });
    for (size_t i = 0; cell->extra != NULL && i < cell->extra->tag_count; i++) {
        size_t index = tag_index(drain, cell->extra->tag_names[i]);
        if (index != SIZE_MAX)
            tags[index] = arena_copy(&drain->arena, cell->extra->tags[i]);
    }
}

static void read_cell(struct drain *drain, const struct cell *cell)
{
    const struct runtime_info *info = &drain->ring->info;
    const struct extra *extra = cell->extra;
    size_t row = drain->batch.rows++, inputs = info->input_count;
    for (size_t i = 0; i < inputs; i++) {
        struct event_value *value = &drain->features[row * inputs + i];
        *value = feature_value(info->inputs[i].type, cell->numbers[i],
                               extra != NULL && extra->texts != NULL ? extra->texts[i] : (str){ 0 });
        if (value->kind == EVENT_TEXT)
            value->text = arena_copy(&drain->arena, value->text);
    }
    struct event_value *prediction = &drain->predictions[row];
    *prediction = prediction_value_of(info, cell->value, extra != NULL ? extra->label : (str){ 0 });
    if (prediction->kind == EVENT_TEXT)
        prediction->text = arena_copy(&drain->arena, prediction->text);
    str id = extra != NULL ? extra->prediction_id : (str){ cell->id, cell->id_bytes };
    drain->ids[row] = arena_copy(&drain->arena, id);
    drain->times_us[row] = cell->timestamp_us;
    for (size_t i = 0; i < info->class_count; i++)
        drain->probabilities[row * info->class_count + i] = cell->has_probabilities ? cell->numbers[inputs + i] : (double)NAN;
    drain->has_probabilities |= cell->has_probabilities;
    read_tags(drain, cell, &drain->tags[row * TAGS_MAX]);
}

static bool drain_init(struct drain *drain, struct prediction_ring *ring)
{
    const struct runtime_info *info = &ring->info;
    size_t waiting = atomic_load_explicit(&ring->tail, memory_order_relaxed) - ring->head;
    size_t rows = MIN_OF(MIN_OF(waiting, BATCH_ROWS_MAX), BATCH_CELLS_MAX / (info->input_count + info->class_count) + 1);
    *drain = (struct drain){ .ring = ring, .rows_max = rows };
    arena_init(&drain->arena, 0);
    drain->features = arena_array(&drain->arena, struct event_value, rows * info->input_count);
    drain->predictions = arena_array(&drain->arena, struct event_value, rows);
    drain->ids = arena_array(&drain->arena, str, rows);
    drain->tags = arena_array(&drain->arena, str, rows * TAGS_MAX);
    drain->tag_names = arena_array(&drain->arena, str, TAGS_MAX);
    drain->times_us = arena_array(&drain->arena, int64_t, rows);
    drain->probabilities = arena_array(&drain->arena, double, rows * info->class_count + 1);
    if (drain->features == NULL || drain->predictions == NULL || drain->ids == NULL || drain->tags == NULL ||
        drain->tag_names == NULL || drain->times_us == NULL || drain->probabilities == NULL)
        return false;
    drain->tag_names[TAG_LATENCY] = STR("latency_ms");
    drain->tag_names[TAG_VARIANT] = STR("variant");
    drain->batch.tag_count = TAG_FIXED_COUNT;
    return true;
}

/* Tags lie TAGS_MAX apart while their number grows; the batch wants them side by side. */
static void pack_tags(struct drain *drain)
{
    size_t count = drain->batch.tag_count;
    for (size_t row = 0; row < drain->batch.rows; row++)
        memmove(&drain->tags[row * count], &drain->tags[row * TAGS_MAX], count * sizeof(str));
    drain->batch.tags = drain->tags;
    drain->batch.tag_names = drain->tag_names;
}

static void send(struct prediction_log *log, struct drain *drain)
{
    struct prediction_ring *ring = drain->ring;
    struct event_batch *batch = &drain->batch;
    struct error err = { 0 };
    pack_tags(drain);
    batch->model_name = ring->model_name;
    batch->model_version = ring->model_version;
    batch->feature_count = ring->info.input_count;
    batch->feature_names = ring->feature_names;
    batch->features = drain->features;
    batch->prediction_ids = drain->ids;
    batch->timestamps_us = drain->times_us;
    batch->predictions = drain->predictions;
    batch->class_count = drain->has_probabilities ? ring->info.class_count : 0;
    batch->class_names = ring->info.class_names;
    batch->probabilities = drain->probabilities;
    if (event_log_append_later(log->options.log, batch, &err) != OK) {
        counter_add(ring->dropped, (double)batch->rows);
        LOG_WARN("predictions were answered but not stored", log_str("model", ring->model_name), log_u64("rows", batch->rows),
                 log_error(&err));
    } else if (log->options.on_batch != NULL) {
        log->options.on_batch(log->options.self, batch);
    }
}

static bool is_filled(const struct prediction_ring *ring, const struct cell *cell)
{
    size_t turn = atomic_load_explicit(&cell->turn, memory_order_acquire) + (ring->head & ring->mask); /* put's release */
    return turn == ring->head + 1;
}

/* One batch of the ring; false when it is empty. */
static bool drain_some(struct prediction_log *log, struct prediction_ring *ring)
{
    struct drain drain;
    if (!is_filled(ring, cell_at(ring, ring->head)))
        return false;
    bool has_memory = drain_init(&drain, ring);
    for (size_t rows = 0; rows < drain.rows_max; rows++) {
        struct cell *cell = cell_at(ring, ring->head);
        if (!is_filled(ring, cell))
            break;
        if (has_memory)
            read_cell(&drain, cell);
        else
            counter_increment(ring->dropped);
        mem_free(cell->extra);
        size_t turn = ring->head + ring->mask + 1;
        atomic_store_explicit(&cell->turn, turn - (ring->head & ring->mask), memory_order_release); /* for claim */
        ring->head++;
    }
    if (drain.batch.rows > 0)
        send(log, &drain);
    arena_done(&drain.arena);
    return true;
}

static void free_ring(struct prediction_ring *ring)
{
    arena_done(&ring->arena);
    mem_free(ring->cells);
    free(ring); /* aligned_alloc's */
}

/* Rings that are closed and empty go. The lock is held. */
static void remove_closed(struct prediction_log *log)
{
    for (struct prediction_ring **at = &log->rings; *at != NULL;) {
        struct prediction_ring *ring = *at;
        bool is_empty = ring->head == atomic_load_explicit(&ring->tail, memory_order_relaxed);
        if (!ring->is_closed || !is_empty) {
            at = &ring->next;
            continue;
        }
        *at = ring->next;
        free_ring(ring);
    }
}

/* Rings are added in front and removed by this thread only, so the list may be walked without the lock. */
static void drain_all(struct prediction_log *log, struct prediction_ring *first)
{
    for (struct prediction_ring *ring = first; ring != NULL; ring = ring->next)
        while (drain_some(log, ring)) {
        }
}

static void wait_for_tick(struct prediction_log *log)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)TICK_MS * NS_PER_MS;
    if (until.tv_nsec >= 1000L * NS_PER_MS) {
        until.tv_nsec -= 1000L * NS_PER_MS;
        until.tv_sec++;
    }
    if (!log->is_stopping && log->flushes_wanted == log->flushes_done)
        (void)pthread_cond_timedwait(&log->wake, &log->lock, &until); /* early or late is the same to us */
}

static void *run(void *self)
{
    struct prediction_log *log = self;
    pthread_mutex_lock(&log->lock);
    for (;;) {
        wait_for_tick(log);
        bool is_stopping = log->is_stopping;
        uint64_t flushes = log->flushes_wanted;
        struct prediction_ring *first = log->rings;
        pthread_mutex_unlock(&log->lock);
        drain_all(log, first);
        pthread_mutex_lock(&log->lock);
        remove_closed(log);
        if (log->flushes_done != flushes) {
            log->flushes_done = flushes;
            pthread_cond_broadcast(&log->flushed);
        }
        if (is_stopping && log->rings == NULL)
            break;
    }
    pthread_mutex_unlock(&log->lock);
    return NULL;
}

/* ---- life ---- */

struct prediction_log *prediction_log_start(const struct prediction_log_options *options)
{
    struct prediction_log *log = mem_must(sizeof *log);
    pthread_condattr_t monotonic;
    log->options = *options;
    pthread_mutex_init(&log->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&log->wake, &monotonic);
    pthread_cond_init(&log->flushed, NULL);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&log->thread, NULL, run, log) != 0)
        abort(); /* as without memory: there is no service without its threads */
    (void)pthread_setname_np(log->thread, "predictions"); /* a name is for people */
    return log;
}

void prediction_log_stop(struct prediction_log *log)
{
    if (log == NULL)
        return;
    pthread_mutex_lock(&log->lock);
    log->is_stopping = true;
    pthread_cond_signal(&log->wake);
    pthread_mutex_unlock(&log->lock);
    pthread_join(log->thread, NULL);
    pthread_cond_destroy(&log->wake);
    pthread_cond_destroy(&log->flushed);
    pthread_mutex_destroy(&log->lock);
    mem_free(log);
}

void prediction_log_flush(struct prediction_log *log)
{
    pthread_mutex_lock(&log->lock);
    uint64_t mine = ++log->flushes_wanted;
    pthread_cond_signal(&log->wake);
    while (log->flushes_done < mine)
        pthread_cond_wait(&log->flushed, &log->lock);
    pthread_mutex_unlock(&log->lock);
}

static void copy_info(struct prediction_ring *ring, const struct runtime_info *info)
{
    struct field *inputs = arena_alloc(&ring->arena, info->input_count * sizeof *inputs);
    str *classes = arena_alloc(&ring->arena, (info->class_count + 1) * sizeof *classes);
    ring->feature_names = arena_alloc(&ring->arena, info->input_count * sizeof *ring->feature_names);
    for (size_t i = 0; i < info->input_count; i++) {
        inputs[i] = info->inputs[i];
        inputs[i].name = ring->feature_names[i] = arena_copy(&ring->arena, info->inputs[i].name);
    }
    for (size_t i = 0; i < info->class_count; i++)
        classes[i] = arena_copy(&ring->arena, info->class_names[i]);
    ring->info = (struct runtime_info){ .inputs = inputs, .input_count = info->input_count, .class_names = classes,
                                        .class_count = info->class_count };
}

static size_t cells_of(size_t cell_bytes)
{
    size_t cells = RING_CELLS_MAX;
    while (cells > RING_CELLS_MIN && cells * cell_bytes > RING_BYTES_MAX)
        cells /= 2;
    return cells;
}

struct prediction_ring *prediction_ring_open(struct prediction_log *log, str model_name, str model_version,
                                             const struct runtime_info *info)
{
    if (info->input_count + info->class_count > EVENT_COLUMNS_MAX) {
        LOG_WARN("a model has too many columns for the event log: its predictions are not captured",
                 log_str("model", model_name), log_u64("columns", info->input_count + info->class_count));
        return NULL;
    }
    struct prediction_ring *ring = aligned_alloc(alignof(struct prediction_ring), sizeof *ring);
    if (ring == NULL)
        abort(); /* as mem_must: the size is ours */
    *ring = (struct prediction_ring){ .log = log };
    arena_init(&ring->arena, 0);
    copy_info(ring, info);
    ring->model_name = arena_copy(&ring->arena, model_name);
    ring->model_version = arena_copy(&ring->arena, model_version);
    ring->cell_bytes = sizeof(struct cell) + (info->input_count + info->class_count) * sizeof(double);
    size_t cells = cells_of(ring->cell_bytes);
    ring->mask = cells - 1;
    ring->cells = mem_must(cells * ring->cell_bytes);
    ring->dropped = metric_counter(log->options.dropped, &ring->model_name);
    pthread_mutex_lock(&log->lock);
    ring->next = log->rings;
    log->rings = ring;
    pthread_mutex_unlock(&log->lock);
    return ring;
}

void prediction_ring_close(struct prediction_ring *ring)
{
    if (ring == NULL)
        return;
    struct prediction_log *log = ring->log;
    pthread_mutex_lock(&log->lock);
    ring->is_closed = true;
    pthread_mutex_unlock(&log->lock);
}
