#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "format/json.h"
#include "serve/pyfunc/pyfunc_internal.h"

#define SETUP_BYTES_MAX ((size_t)64 << 10) /* an argument of a process holds 128 KB */
#define NS_PER_MS 1000000

/* ---- predict ---- */

/* What is owed to a worker once a request has it: to give it back, sound only if all went well. */
struct borrowed {
    struct pyfunc_runtime *runtime;
    struct pyfunc_worker *worker;
    bool is_sound;
};

static void borrowed_done(struct borrowed *borrowed)
{
    if (borrowed->worker != NULL)
        pyfunc_give_worker(borrowed->runtime, borrowed->worker, borrowed->is_sound);
}

/* One question and its answer's frame, without its size. */
static enum status ask(struct borrowed *borrowed, str question, int64_t deadline_ns, struct arena *arena,
                       str *ret_frame,
                       struct error *err)
{
    struct pyfunc_worker *worker = borrowed->worker;
    if (!worker->has_columns)
        TRY(pyfunc_worker_send(worker, borrowed->runtime->columns_frame, deadline_ns, err));
    worker->has_columns = true;
    TRY(pyfunc_worker_send(worker, question, deadline_ns, err));
    uint32_t size = 0;
    TRY(pyfunc_worker_receive(worker, &size, sizeof size, deadline_ns, err));
    if (size == 0 || size > PYFUNC_FRAME_MAX)
        return error_set(err, ERR_UNAVAILABLE, "the Python worker sent bytes that are no answer, and is started again");
    char *frame = arena_try_array(arena, size, 1);
    if (frame == NULL)
        return error_set(err, ERR_LIMIT, "an answer of %u bytes does not fit in memory", size);
    TRY(pyfunc_worker_receive(worker, frame, size, deadline_ns, err));
    *ret_frame = (str){ frame, size };
    return OK;
}

/* The first output says what is predicted: its first column. */
static enum status make_answer(const struct pyfunc_runtime *runtime, const struct pyfunc_answer *given, size_t rows,
                               struct arena *arena, struct runtime_answer *ret_answer, struct error *err)
{
    const struct runtime_output *first = &given->outputs[0];
    struct runtime_answer answer = { .rows = rows, .outputs = given->outputs, .output_count = given->output_count };
    double *values = arena_array(arena, double, rows);
    str *texts = arena_array(arena, str, rows);
    if (values == NULL || texts == NULL)
        return error_set(err, ERR_LIMIT, "%zu predictions do not fit in memory", rows);
    for (size_t row = 0; row < rows; row++) {
        values[row] = first->numbers == NULL ? 0 : first->numbers[row * first->columns];
        texts[row] = first->texts == NULL ? (str){ 0 } : first->texts[row * first->columns];
    }
    answer.values = values;
    if (runtime->classes.count > 0 || first->texts != NULL)
        TRY(class_index_labels(&runtime->classes, values, first->texts != NULL ? texts : NULL, rows, arena, values,
                               &answer.labels, err));
    if (given->shares != NULL && given->class_count == runtime->classes.count) {
        answer.probabilities = given->shares;
        answer.class_count = given->class_count;
    }
    *ret_answer = answer;
    return OK;
}

static enum status predict(struct runtime *handle, const struct runtime_rows *rows, struct arena *arena,
                           struct runtime_answer *ret_answer, struct error *err)
{
    struct pyfunc_runtime *runtime = (struct pyfunc_runtime *)handle;
    if (rows->rows == 0) {
        *ret_answer = (struct runtime_answer){ 0 };
        return OK;
    }
    int64_t deadline_ns = clock_monotonic_ns() + runtime->pool->options.timeout_ms * NS_PER_MS;
    CLEANUP(buf_done) struct buf question;
    buf_init(&question, PYFUNC_FRAME_MAX);
    TRY(pyfunc_frame_rows(rows, &handle->info, &question, err));
    CLEANUP(borrowed_done) struct borrowed borrowed = { .runtime = runtime };
    TRY(pyfunc_take_worker(runtime, deadline_ns, &borrowed.worker, err));
    str frame;
    TRY(ask(&borrowed, buf_str(&question), deadline_ns, arena, &frame, err));
    struct pyfunc_answer answer;
    struct error own = { 0 };
    enum status status = pyfunc_frame_answer(frame, rows->rows, arena, &answer, &own);
    borrowed.is_sound = status != ERR_CORRUPT; /* a refusal is an answer too */
    if (status == ERR_CORRUPT)
        return error_set(err, ERR_UNAVAILABLE, "%s, and is started again", own.cause);
    if (status != OK)
        return error_set(err, status, "%s", own.cause);
    return make_answer(runtime, &answer, rows->rows, arena, ret_answer, err);
}

static void runtime_done(struct runtime *handle)
{
    struct pyfunc_runtime *runtime = (struct pyfunc_runtime *)handle;
    pyfunc_leave(runtime);
    arena_done(&runtime->arena);
    mem_free(runtime);
}

static const struct runtime_methods methods = { .predict = predict, .free = runtime_done };

/* ---- load ---- */

/* What worker.py reads from its command line. */
static enum status write_setup(const struct mlmodel *model, const struct pyfunc_options *options, struct buf *setup,
                               struct error *err)
{
    struct json_writer json;
    json_writer_init(&json, setup, JSON_COMPACT);
    json_begin_object(&json);
    json_i64(&json, "parent", getpid());
    json_u64(&json, "memory_bytes", options->memory_bytes);
    json_str(&json, "folder", model->folder);
    json_str(&json, "flavor", model->flavor);
    json_bool(&json, "has_mlmodel", model->has_file);
    json_str(&json, "loader_module", model->pyfunc_loader);
    json_str(&json, "data", model->pyfunc_data);
    json_str(&json, "code", model->pyfunc_code);
    json_str(&json, "pickle", model->pickle_path);
    json_end_object(&json);
    if (!json_writer_end(&json) || !buf_append_byte(setup, '\0'))
        return error_set(err, ERR_LIMIT, "the names in %s are too long for a command line", model->folder.data);
    return OK;
}

static void make_columns(struct pyfunc_runtime *runtime, size_t count, const str *names)
{
    struct field *fields = arena_alloc(&runtime->arena, (count + 1) * sizeof *fields);
    for (size_t i = 0; i < count; i++) {
        str name = names != NULL ? names[i] : arena_printf(&runtime->arena, "f%zu", i);
        fields[i] = (struct field){ .name = name, .type = FIELD_DOUBLE, .is_required = true };
    }
    runtime->runtime.info.inputs = fields;
    runtime->runtime.info.input_count = count;
    runtime->runtime.info.has_names = names != NULL;
}

static enum status columns_of_tensors(struct pyfunc_runtime *runtime, const struct mlmodel *model, struct error *err)
{
    size_t width = 1;
    const struct tensor_spec *tensor = &model->input_tensors[0];
    for (size_t i = 1; i < tensor->dimensions; i++)
        if (tensor->shape[i] <= 0 || __builtin_mul_overflow(width, (size_t)tensor->shape[i], &width))
            width = SIZE_MAX;
    if (model->input_tensor_count != 1 || tensor->dimensions == 0 || width > PYFUNC_NAMES_MAX)
        return error_set(err, ERR_INVALID,
                         "the signature's inputs are not one tensor of rows with a fixed number of columns");
    make_columns(runtime, width, NULL);
    runtime->is_tensor = true;
    return OK;
}

/* From the signature, else from what the estimator remembers of its training. */
static enum status settle_columns(struct pyfunc_runtime *runtime, const struct mlmodel *model, struct error *err)
{
    const struct pyfunc_facts *facts = &runtime->facts;
    if (model->input_tensor_count > 0)
        return columns_of_tensors(runtime, model, err);
    if (model->input_count == 0) {
        if (facts->feature_count == 0)
            return error_set(err, ERR_INVALID,
                             "neither a signature nor the model itself tells its columns: log it with a signature");
        make_columns(runtime, facts->feature_count, facts->features);
        return OK;
    }
    str *names = arena_alloc(&runtime->arena, model->input_count * sizeof *names);
    bool has_names = true;
    for (size_t i = 0; i < model->input_count; i++) {
        has_names &= !str_is_empty(model->inputs[i].name);
        names[i] = arena_copy(&runtime->arena, model->inputs[i].name);
    }
    make_columns(runtime, model->input_count, has_names ? names : NULL);
    struct field *fields = (struct field *)(uintptr_t)runtime->runtime.info.inputs; /* made above, ours */
    for (size_t i = 0; i < model->input_count; i++) {
        fields[i].type = model->inputs[i].type;
        fields[i].is_required = model->inputs[i].is_required;
    }
    return OK;
}

static enum status settle(struct pyfunc_runtime *runtime, const struct mlmodel *model, struct error *err)
{
    struct runtime_info *info = &runtime->runtime.info;
    const struct pyfunc_facts *facts = &runtime->facts;
    TRY(settle_columns(runtime, model, err));
    info->class_names = facts->classes;
    info->class_count = facts->class_count;
    if (facts->class_count > 0)
        info->task = facts->class_count == 2 ? MODEL_BINARY : MODEL_MULTICLASS;
    else if (facts->is_regressor)
        info->task = MODEL_REGRESSION;
    class_index_init(&runtime->classes, facts->classes, facts->class_count, &runtime->arena);
    CLEANUP(buf_done) struct buf frame;
    buf_init(&frame, PYFUNC_FRAME_MAX);
    TRY(pyfunc_frame_columns(info, model->input_tensors, runtime->is_tensor ? model->input_tensor_count : 0, &frame,
                             err));
    runtime->columns_frame = arena_copy(&runtime->arena, buf_str(&frame));
    return OK;
}

static enum status load(struct pyfunc_runtime *runtime, const struct mlmodel *model, struct error *err)
{
    TRY(pyfunc_join(runtime, err));
    TRY(settle(runtime, model, err));
    LOG_INFO("a Python model is loaded", log_str("model", runtime->folder), log_str("by", runtime->facts.how),
             log_u64("workers", runtime->worker_count));
    return OK;
}

enum status runtime_pyfunc_load(const struct mlmodel *model, struct pyfunc_pool *pool, struct runtime **ret_runtime,
                                struct error *err)
{
    CLEANUP(buf_done) struct buf setup;
    buf_init(&setup, SETUP_BYTES_MAX);
    TRY(write_setup(model, &pool->options, &setup, err));
    struct pyfunc_runtime *runtime = mem_must(sizeof *runtime);
    arena_init(&runtime->arena, 0);
    runtime->pool = pool;
    runtime->setup = arena_copy(&runtime->arena, buf_str(&setup)).data;
    runtime->folder = arena_copy(&runtime->arena, model->folder);
    runtime->worker_count = pool->options.workers;
    for (size_t i = 0; i < runtime->worker_count; i++)
        pyfunc_worker_init(&runtime->workers[i]);
    runtime->runtime.methods = &methods;
    runtime->runtime.info = (struct runtime_info){ .runtime = "pyfunc", .may_wait = true };
    runtime->runtime.info.flavor = arena_copy(&runtime->arena, model->flavor);
    enum status status = load(runtime, model, err);
    if (status != OK) {
        runtime_done(&runtime->runtime);
        return error_while(err, "load %s in Python", model->folder.data);
    }
    *ret_runtime = &runtime->runtime;
    return OK;
}
