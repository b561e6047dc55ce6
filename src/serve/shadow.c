#include "serve/shadow.h"

#include <math.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/random.h"

#define SHADOW_THREADS 1 /* shadows are to take what is left, not the half of a machine */

struct shadow_pool {
    struct pool *threads;
};

/* One question to one shadow, which it holds a version of. */
struct job {
    struct split_variant *variant;
    struct served_version *version;
    struct runtime_rows rows;
    str *ids;
    int64_t *times_us;
    struct arena arena;
};

struct shadow_pool *shadow_pool_new(void)
{
    struct shadow_pool *pool = mem_must(sizeof *pool);
    pool->threads = pool_new("shadow", SHADOW_THREADS, SHADOW_JOBS_MAX);
    return pool;
}

void shadow_pool_free(struct shadow_pool *pool)
{
    if (pool == NULL)
        return;
    pool_free(pool->threads);
    mem_free(pool);
}

/* ---- on the thread of the shadows ---- */

static void record(const struct job *job, const struct runtime_answer *answer, double seconds)
{
    size_t inputs = job->version->schema.count;
    for (size_t row = 0; row < job->rows.rows && job->version->ring != NULL; row++) {
        struct prediction prediction = {
            .numbers = job->rows.numbers + row * inputs,
            .texts = job->rows.texts != NULL ? job->rows.texts + row * inputs : NULL,
            .value = answer->values[row],
            .label = answer->labels != NULL ? answer->labels[row] : (str){ 0 },
            .probabilities = answer->probabilities != NULL ? answer->probabilities + row * answer->class_count : NULL,
            .prediction_id = job->ids[row],
            .timestamp_us = job->times_us[row],
            .latency_ms = seconds * 1000,
            .variant = job->variant->config.name,
        };
        (void)prediction_ring_put(job->version->ring, &prediction); /* counts itself where it is full */
    }
}

static void end(struct job *job)
{
    model_slot_release(job->variant->slot, job->version);
    arena_done(&job->arena);
    mem_free(job);
}

static void run(void *argument)
{
    struct job *job = argument;
    struct runtime *runtime = job->version->runtime;
    struct runtime_answer answer = { 0 };
    struct error err = { 0 };
    struct arena arena;
    arena_init(&arena, 0);
    int64_t started_ns = clock_monotonic_ns();
    if (runtime->methods->predict(runtime, &job->rows, &arena, &answer, &err) == OK) {
        double seconds = (double)(clock_monotonic_ns() - started_ns) / 1e9;
        version_instruments_count(&job->version->instruments, &runtime->info, &answer, seconds, seconds);
        split_variant_answered(job->variant, job->version, &answer, seconds);
        record(job, &answer, seconds);
    } else {
        split_variant_failed(job->variant, job->version); /* its series shows it; a log line a request would not help */
    }
    arena_done(&arena);
    end(job);
}

/* ---- on the thread that answered ---- */

static bool is_text(const struct row_schema *schema, size_t input)
{
    return schema->inputs[input].type == FIELD_STRING;
}

/* One column of the answered rows as the shadow's input; false where it has to be there and is not. */
static bool take_column(struct job *job, const struct shadow_question *question, size_t input, double *numbers, str *texts)
{
    const struct row_schema *to = &job->version->schema, *from = question->schema;
    size_t source = to->has_names && from->has_names ? row_schema_find(from, to->inputs[input].name) : input;
    bool is_there = source < from->count && is_text(from, source) == is_text(to, input);
    if (!is_there && to->inputs[input].is_required)
        return false;
    for (size_t row = 0; row < question->rows.rows; row++) {
        size_t cell = row * to->count + input;
        numbers[cell] = is_there ? question->rows.numbers[row * from->count + source] : NAN;
        if (!is_text(to, input))
            continue;
        str text = is_there ? question->rows.texts[row * from->count + source] : (str){ 0 };
        texts[cell] = text.data != NULL ? arena_copy(&job->arena, text) : (str){ 0 };
    }
    return true;
}

static bool take_rows(struct job *job, const struct shadow_question *question)
{
    size_t rows = question->rows.rows, inputs = job->version->schema.count;
    double *numbers = arena_array(&job->arena, double, rows * inputs + 1);
    str *texts = job->version->schema.has_texts ? arena_array(&job->arena, str, rows * inputs + 1) : NULL;
    job->ids = arena_array(&job->arena, str, rows + 1);
    job->times_us = arena_array(&job->arena, int64_t, rows + 1);
    if (numbers == NULL || job->ids == NULL || job->times_us == NULL || (texts == NULL) == job->version->schema.has_texts)
        return false;
    for (size_t input = 0; input < inputs; input++)
        if (!take_column(job, question, input, numbers, texts))
            return false;
    for (size_t row = 0; row < rows; row++) {
        job->ids[row] = arena_copy(&job->arena, question->ids[row]);
        job->times_us[row] = question->times_us != NULL ? question->times_us[row] : question->now_us;
    }
    job->rows = (struct runtime_rows){ .rows = rows, .numbers = numbers, .texts = texts };
    return true;
}

static size_t bytes_of(const struct shadow_question *question)
{
    size_t cells = question->rows.rows * question->schema->count, bytes = cells * sizeof(double);
    for (size_t i = 0; question->rows.texts != NULL && i < cells; i++)
        bytes += sizeof(str) + question->rows.texts[i].size;
    return bytes + question->rows.rows * (sizeof(str) + sizeof(int64_t) + RANDOM_UUID_MAX);
}

static void ask_one(struct shadow_pool *pool, struct split *split, struct split_variant *variant,
                    const struct shadow_question *question)
{
    struct served_version *version = model_slot_acquire(variant->slot);
    if (version == NULL)
        return; /* not loaded (yet): /model/info and the log say why */
    struct job *job = mem_must(sizeof *job);
    *job = (struct job){ .variant = variant, .version = version };
    arena_init(&job->arena, 0);
    bool fits = bytes_of(question) <= SHADOW_ROWS_BYTES_MAX;
    if (fits && !take_rows(job, question)) {
        split_variant_failed(variant, version);
        end(job);
    } else if (!fits || !pool_submit(pool->threads, run, job)) {
        counter_increment(split->shadow_dropped);
        end(job);
    }
}

void shadow_ask(struct shadow_pool *pool, struct split *split, const struct shadow_question *question)
{
    for (size_t i = 0; i < split->count; i++)
        if (split->variants[i].config.mode == SPLIT_SHADOW)
            ask_one(pool, split, &split->variants[i], question);
}
