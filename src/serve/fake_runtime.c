#include "serve/fake_runtime.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"

atomic_int fake_runtimes_alive;

static const struct field sum_inputs[] = {
    { { "a", 1 }, FIELD_DOUBLE, true }, { { "b", 1 }, FIELD_DOUBLE, true }, { { "c", 1 }, FIELD_DOUBLE, true }
};
static const struct field mixed_inputs[] = {
    { { "n", 1 }, FIELD_LONG, true },
    { { "flag", 4 }, FIELD_BOOLEAN, true },
    { { "city", 4 }, FIELD_STRING, false },
    { { "at", 2 }, FIELD_DATETIME, false },
};
static const str class_names[] = { { "low", 3 }, { "high", 4 } };

static enum status predict(struct runtime *runtime, const struct runtime_rows *rows, struct arena *arena,
                           struct runtime_answer *ret_answer, struct error *err)
{
    const struct runtime_info *info = &runtime->info;
    double *values = arena_array(arena, double, rows->rows + 1);
    double *shares = info->class_count > 0 ? arena_array(arena, double, rows->rows * info->class_count) : NULL;
    if (values == NULL)
        return error_set(err, ERR_LIMIT, "no memory");
    for (size_t row = 0; row < rows->rows; row++) {
        const double *cells = rows->numbers + row * info->input_count;
        double sum = 0;
        for (size_t i = 0; i < info->input_count && info->inputs == sum_inputs; i++)
            sum += cells[i];
        values[row] = info->inputs == sum_inputs ? sum : cells[0];
        if (shares == NULL)
            continue;
        shares[2 * row + 1] = 1 / (1 + exp(10 - sum));
        shares[2 * row] = 1 - shares[2 * row + 1];
        values[row] = sum > 10;
    }
    *ret_answer = (struct runtime_answer){ .rows = rows->rows, .class_count = info->class_count, .values = values,
                                           .probabilities = shares };
    return OK;
}

static enum status refuse(struct runtime *runtime, const struct runtime_rows *rows, struct arena *arena,
                          struct runtime_answer *ret_answer, struct error *err)
{
    (void)runtime, (void)rows, (void)arena, (void)ret_answer;
    return error_set(err, ERR_INVALID, "this model takes nothing");
}

/* Each input contributes itself. */
static enum status explain(struct runtime *runtime, const struct runtime_rows *rows, struct arena *arena,
                           struct runtime_explanation *ret_explanation, struct error *err)
{
    size_t inputs = runtime->info.input_count;
    double *parts = arena_array(arena, double, rows->rows * (inputs + 1));
    if (parts == NULL)
        return error_set(err, ERR_LIMIT, "no memory");
    for (size_t row = 0; row < rows->rows; row++)
        memcpy(parts + row * (inputs + 1), rows->numbers + row * inputs, inputs * sizeof *parts);
    *ret_explanation = (struct runtime_explanation){ .rows = rows->rows, .outputs = 1, .inputs = inputs,
                                                     .contributions = parts };
    return OK;
}

static void free_runtime(struct runtime *runtime)
{
    atomic_fetch_sub(&fake_runtimes_alive, 1);
    mem_free(runtime);
}

static const struct runtime_methods working = { predict, explain, free_runtime }, refusing = { refuse, NULL, free_runtime };

enum status fake_runtime_load(const char *path, str force, struct pyfunc_pool *pool, struct arena *arena,
                              struct mlmodel *ret_model, struct runtime **ret_runtime, struct error *err)
{
    (void)force, (void)pool, (void)arena;
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    if (strcmp(name, "broken") == 0)
        return error_set(err, ERR_INVALID, "%s: byte 0: this is no model", path);
    bool is_mixed = strcmp(name, "mixed") == 0, has_classes = strcmp(name, "classes") == 0;
    struct runtime *runtime = mem_must(sizeof *runtime);
    runtime->methods = strcmp(name, "refuses") == 0 ? &refusing : &working;
    runtime->info = (struct runtime_info){
        .runtime = "fake",
        .flavor = STR("fake"),
        .inputs = is_mixed ? mixed_inputs : sum_inputs,
        .input_count = is_mixed ? COUNT(mixed_inputs) : COUNT(sum_inputs),
        .has_names = true,
        .class_names = class_names,
        .class_count = has_classes ? 2 : 0,
        .task = has_classes ? MODEL_BINARY : MODEL_REGRESSION,
        .may_wait = strcmp(name, "waits") == 0,
    };
    atomic_fetch_add(&fake_runtimes_alive, 1);
    *ret_model = (struct mlmodel){ .flavor = STR("fake") };
    *ret_runtime = runtime;
    return OK;
}

/* ---- a source ---- */

static enum status resolve(struct model_source *self, const struct model_selector *selector, struct arena *arena,
                           struct model_location *ret_location, struct error *err)
{
    struct fake_source *source = (struct fake_source *)self;
    int64_t version = atomic_load(&source->production);
    if (selector->pick == PICK_VERSION && !number_parse_i64(selector->value, &version))
        version = 0;
    if (!str_equal(selector->name, STR("m")) || version <= 0 || version >= (int64_t)COUNT(source->paths) ||
        source->paths[version] == NULL)
        return error_set(err, ERR_NOT_FOUND, "there is no such version of \"%.*s\"", STR_ARG(selector->name));
    *ret_location = (struct model_location){ .name = STR("m"), .version = arena_printf(arena, "%d", (int)version),
                                             .stage = STR("Production") };
    return OK;
}

static enum status fetch(struct model_source *self, const struct model_location *location, struct arena *arena,
                         const char **ret_folder, struct error *err)
{
    struct fake_source *source = (struct fake_source *)self;
    int64_t version = 0;
    (void)arena;
    if (!number_parse_i64(location->version, &version))
        return error_set(err, ERR_INVALID, "no version");
    atomic_fetch_add(&source->fetches, 1);
    *ret_folder = source->paths[version];
    return OK;
}

static enum status list(struct model_source *self, struct arena *arena, str **ret_names, size_t *ret_count,
                        struct error *err)
{
    (void)self, (void)err;
    *ret_names = arena_alloc(arena, sizeof(str));
    (*ret_names)[0] = STR("m");
    *ret_count = 1;
    return OK;
}

static uint64_t revision(struct model_source *self)
{
    return (uint64_t)atomic_load(&((struct fake_source *)self)->revision);
}

static void keep(struct model_source *self)
{
    (void)self; /* the test's own */
}

void fake_source_init(struct fake_source *source)
{
    static const struct model_source_methods methods = { resolve, fetch, list, revision, keep };
    *source = (struct fake_source){ .base.methods = &methods };
    atomic_init(&source->revision, 1);
}
