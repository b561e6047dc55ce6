#include "train/xgboost_door.h"

#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <xgboost/c_api.h>

#include "base/mem.h"
#include "base/number.h"

#define LIBRARY "libxgboost.so.0"

static struct {
    __typeof__(XGBGetLastError) *last_error;
    __typeof__(XGDMatrixCreateFromMat) *matrix_create;
    __typeof__(XGDMatrixFree) *matrix_free;
    __typeof__(XGDMatrixSetFloatInfo) *matrix_set_floats;
    __typeof__(XGDMatrixSetStrFeatureInfo) *matrix_set_texts;
    __typeof__(XGBoosterCreate) *create;
    __typeof__(XGBoosterFree) *free;
    __typeof__(XGBoosterSetParam) *set_parameter;
    __typeof__(XGBoosterSetStrFeatureInfo) *set_texts;
    __typeof__(XGBoosterUpdateOneIter) *update;
    __typeof__(XGBoosterEvalOneIter) *evaluate;
    __typeof__(XGBoosterSaveModelToBuffer) *save;
    __typeof__(XGBoosterFeatureScore) *feature_score;
    __typeof__(XGBSetGlobalConfig) *configure;
} xgboost;

static const struct {
    void *slot;
    const char *name;
} symbols[] = {
    { &xgboost.last_error, "XGBGetLastError" },
    { &xgboost.matrix_create, "XGDMatrixCreateFromMat" },
    { &xgboost.matrix_free, "XGDMatrixFree" },
    { &xgboost.matrix_set_floats, "XGDMatrixSetFloatInfo" },
    { &xgboost.matrix_set_texts, "XGDMatrixSetStrFeatureInfo" },
    { &xgboost.create, "XGBoosterCreate" },
    { &xgboost.free, "XGBoosterFree" },
    { &xgboost.set_parameter, "XGBoosterSetParam" },
    { &xgboost.set_texts, "XGBoosterSetStrFeatureInfo" },
    { &xgboost.update, "XGBoosterUpdateOneIter" },
    { &xgboost.evaluate, "XGBoosterEvalOneIter" },
    { &xgboost.save, "XGBoosterSaveModelToBuffer" },
    { &xgboost.feature_score, "XGBoosterFeatureScore" },
    { &xgboost.configure, "XGBSetGlobalConfig" },
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool is_loaded;

static void load(void)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return;
    for (size_t i = 0; i < COUNT(symbols); i++) {
        void *symbol = dlsym(library, symbols[i].name);
        if (symbol == NULL)
            return;
        memcpy(symbols[i].slot, &symbol, sizeof symbol);
    }
    (void)xgboost.configure("{\"verbosity\": 0}");
    is_loaded = true;
}

enum status xgboost_load(struct error *err)
{
    (void)pthread_once(&once, load);
    return is_loaded ? OK : error_set(err, ERR_UNAVAILABLE, LIBRARY " cannot be loaded: apt-get install libxgboost0");
}

static enum status failed(struct error *err)
{
    return error_set(err, ERR_INVALID, "XGBoost: %s", xgboost.last_error());
}

/* ---- data ---- */

struct matrix {
    DMatrixHandle handle;
};

static void matrix_done(struct matrix *matrix)
{
    if (matrix->handle != NULL)
        (void)xgboost.matrix_free(matrix->handle);
}

typedef int set_texts_function(void *handle, const char *field, const char **texts, const bst_ulong count);

/* Matrix and booster take names and types in the same way; only what the booster has is saved with the model. */
static enum status name_features(const struct training_table *table, set_texts_function *set_texts, void *handle,
                                 struct error *err)
{
    struct arena arena;
    arena_init(&arena, 0);
    const char **names = arena_array(&arena, const char *, table->feature_count);
    const char **types = arena_array(&arena, const char *, table->feature_count);
    enum status status = names == NULL || types == NULL ? error_set(err, ERR_LIMIT, "no memory for names") : OK;
    for (size_t i = 0; status == OK && i < table->feature_count; i++) {
        names[i] = arena_copy(&arena, table->features[i].name).data;
        types[i] = table->features[i].category_count > 0 ? "c" : "q";
    }
    if (status == OK && (set_texts(handle, "feature_name", names, table->feature_count) != 0 ||
                         set_texts(handle, "feature_type", types, table->feature_count) != 0))
        status = failed(err);
    arena_done(&arena);
    return status;
}

/* Rows [from, from + rows) of the table. */
static enum status make_matrix(const struct training_table *table, size_t from, size_t rows, struct matrix *ret_matrix,
                               struct error *err)
{
    size_t columns = table->feature_count;
    if (xgboost.matrix_create(table->matrix + from * columns, rows, columns, NAN, &ret_matrix->handle) != 0)
        return failed(err);
    TRY(name_features(table, xgboost.matrix_set_texts, ret_matrix->handle, err));
    float *labels = mem_array(rows, sizeof *labels);
    if (labels == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu labels", rows);
    for (size_t i = 0; i < rows; i++)
        labels[i] = (float)table->target[from + i];
    int code = xgboost.matrix_set_floats(ret_matrix->handle, "label", labels, rows);
    mem_free(labels);
    return code == 0 ? OK : failed(err);
}

/* ---- training ---- */

static enum status run_rounds(BoosterHandle booster, const struct booster_plan *plan, const struct matrix *sides,
                              struct error *err)
{
    DMatrixHandle handles[2] = { sides[0].handle, sides[1].handle };
    const char *names[2] = { "train", "test" }, *evaluation = NULL;
    for (size_t round = 0; round < plan->rounds; round++) {
        if (xgboost.update(booster, (int)round, sides[0].handle) != 0)
            return failed(err);
        if (plan->on_round == NULL)
            continue;
        if (xgboost.evaluate(booster, (int)round, handles, names, 2, &evaluation) != 0)
            return failed(err);
        plan->on_round(plan->context, round + 1, plan->rounds, evaluation);
    }
    return OK;
}

static enum status read_gain(BoosterHandle booster, const struct training_table *table, double *ret_gain, struct error *err)
{
    bst_ulong count = 0, dimensions = 0;
    const bst_ulong *shape = NULL;
    const char **names = NULL;
    const float *scores = NULL;
    memset(ret_gain, 0, table->feature_count * sizeof *ret_gain);
    if (xgboost.feature_score(booster, "{\"importance_type\": \"gain\"}", &count, &names, &dimensions, &shape, &scores) != 0)
        return failed(err);
    for (size_t i = 0; i < count; i++)
        for (size_t f = 0; f < table->feature_count; f++)
            if (str_equal(str_of(names[i]), table->features[f].name))
                ret_gain[f] = (double)scores[i];
    return OK;
}

static enum status train(BoosterHandle booster, const struct training_table *table, const struct booster_plan *plan,
                         const struct matrix *sides, struct buf *ret_model, double *ret_gain, struct error *err)
{
    const char *bytes = NULL;
    bst_ulong size = 0;
    for (size_t i = 0; i < plan->parameter_count; i++)
        if (xgboost.set_parameter(booster, plan->parameters[i].name, plan->parameters[i].value) != 0)
            return failed(err);
    TRY(name_features(table, xgboost.set_texts, booster, err));
    TRY(run_rounds(booster, plan, sides, err));
    TRY(read_gain(booster, table, ret_gain, err));
    if (xgboost.save(booster, "{\"format\": \"ubj\"}", &size, &bytes) != 0)
        return failed(err);
    if (!buf_append(ret_model, (str){ bytes, size }))
        return error_set(err, ERR_LIMIT, "the model has %llu bytes, more than fit", (unsigned long long)size);
    return OK;
}

enum status booster_train(const struct training_table *table, const struct booster_plan *plan, struct buf *ret_model,
                          double *ret_gain, struct error *err)
{
    struct matrix sides[2] = { 0 };
    BoosterHandle booster = NULL;
    TRY(xgboost_load(err));
    enum status status = make_matrix(table, 0, table->train_rows, &sides[0], err);
    if (status == OK)
        status = make_matrix(table, table->train_rows, table->rows - table->train_rows, &sides[1], err);
    if (status == OK && xgboost.create(&sides[0].handle, 1, &booster) != 0)
        status = failed(err);
    if (status == OK)
        status = train(booster, table, plan, sides, ret_model, ret_gain, err);
    if (booster != NULL)
        (void)xgboost.free(booster);
    matrix_done(&sides[0]);
    matrix_done(&sides[1]);
    return status;
}
