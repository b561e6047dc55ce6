/* A runtime of trees for callers that are not C, as a shared library: the differential tests load it into Python. */
#include "base/mem.h"
#include "serve/trees/trees_runtime.h"

/* All of the library's own; NULL and a text where the model does not load. */
struct runtime *trees_door_open(const char *folder, const char *file, const char *model_class, char *ret_error,
                                size_t error_bytes);
void trees_door_close(struct runtime *runtime);

/* What sizes the arrays below: 0 inputs, 1 classes, 2 outputs that are explained, 3 task, 4 gives_scores. */
size_t trees_door_count(struct runtime *runtime, int what);

/* values [rows], probabilities [rows * classes] or untouched; contributions [rows * outputs * (inputs + 1)]. 0 = OK. */
int trees_door_predict(struct runtime *runtime, const double *numbers, const char *const *texts, size_t rows,
                       double *ret_values, double *ret_probabilities);
int trees_door_explain(struct runtime *runtime, const double *numbers, const char *const *texts, size_t rows,
                       double *ret_contributions);

struct runtime *trees_door_open(const char *folder, const char *file, const char *model_class, char *ret_error,
                                size_t error_bytes)
{
    struct mlmodel model = { .folder = str_of(folder), .data_path = str_of(file), .model_class = str_of(model_class) };
    struct runtime *runtime = NULL;
    struct error err = { 0 };
    if (runtime_trees_load(&model, &runtime, &err) != OK)
        error_text(&err, ret_error, error_bytes);
    return runtime;
}

void trees_door_close(struct runtime *runtime)
{
    runtime->methods->free(runtime);
}

size_t trees_door_count(struct runtime *runtime, int what)
{
    const struct runtime_info *info = &runtime->info;
    switch (what) {
    case 0:
        return info->input_count;
    case 1:
        return info->class_count;
    case 2:
        return info->class_count > 2 ? info->class_count : 1;
    case 3:
        return (size_t)info->task;
    default:
        return info->gives_scores;
    }
}

static struct runtime_rows make_rows(struct runtime *runtime, const double *numbers, const char *const *texts,
                                     size_t rows, struct arena *arena)
{
    size_t count = rows * runtime->info.input_count;
    str *copies = texts == NULL ? NULL : arena_alloc(arena, count * sizeof *copies);
    for (size_t i = 0; copies != NULL && i < count; i++)
        copies[i] = str_of(texts[i]);
    return (struct runtime_rows){ rows, numbers, copies };
}

int trees_door_predict(struct runtime *runtime, const double *numbers, const char *const *texts, size_t rows,
                       double *ret_values, double *ret_probabilities)
{
    CLEANUP(arena_done) struct arena arena;
    arena_init(&arena, 0);
    struct runtime_rows in = make_rows(runtime, numbers, texts, rows, &arena);
    struct runtime_answer answer;
    enum status status = runtime->methods->predict(runtime, &in, &arena, &answer, NULL);
    if (status != OK)
        return (int)status;
    memcpy(ret_values, answer.values, rows * sizeof *ret_values);
    if (answer.probabilities != NULL)
        memcpy(ret_probabilities, answer.probabilities, rows * answer.class_count * sizeof *ret_probabilities);
    return 0;
}

int trees_door_explain(struct runtime *runtime, const double *numbers, const char *const *texts, size_t rows,
                       double *ret_contributions)
{
    CLEANUP(arena_done) struct arena arena;
    arena_init(&arena, 0);
    struct runtime_rows in = make_rows(runtime, numbers, texts, rows, &arena);
    struct runtime_explanation explained;
    if (runtime->methods->explain == NULL)
        return -1;
    enum status status = runtime->methods->explain(runtime, &in, &arena, &explained, NULL);
    if (status == OK)
        memcpy(ret_contributions, explained.contributions,
               rows * explained.outputs * (explained.inputs + 1) * sizeof *ret_contributions);
    return (int)status;
}
