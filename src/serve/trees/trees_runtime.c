#include "serve/trees/trees_runtime.h"

#include "base/file.h"
#include "base/mem.h"
#include "serve/trees/forest.h"
#include "serve/trees/tree_shap.h"
#include "serve/trees/trees_inputs.h"

#define MODEL_FILE_BYTES_MAX ((size_t)2 << 30)
/* What a file may grow to, while it is read (numbers of one byte become nodes of 48) and as a runtime (a tree that is
 * one long path takes the square of its length to explain). Models that libraries write take a tenth of it. */
#define BYTES_PER_BYTE 64
#define BYTES_LEAST ((size_t)256 << 20)

struct trees_runtime {
    struct runtime runtime;
    struct arena arena; /* all that follows, and the texts of runtime.info */
    struct trees_inputs inputs;
    struct forest *forest;
    struct tree_shap *shap; /* NULL = linear trees */
    enum tree_kind kind;
    enum tree_link link;
    double sigmoid;
    bool is_float;
    size_t output_count, class_count;
};

/* Row `r`'s answer from its margins, which the link overwrites. */
static void answer_row(const struct trees_runtime *trees, size_t r, double *margins, double *values,
                       double *probabilities)
{
    tree_link_apply(trees->link, trees->sigmoid, margins, trees->output_count);
    for (size_t k = 0; trees->is_float && k < trees->output_count; k++)
        margins[k] = (double)(float)margins[k]; /* XGBoost's answers are float32, and 0.5 is a bound */
    values[r] = margins[0];
    if (trees->kind == TREE_BINARY) {
        values[r] = margins[0] > 0.5;
        if (probabilities != NULL) {
            probabilities[2 * r] = trees->is_float ? (double)(1.0f - (float)margins[0]) : 1 - margins[0];
            probabilities[2 * r + 1] = margins[0];
        }
    } else if (trees->kind == TREE_MULTICLASS) {
        size_t best = 0;
        for (size_t k = 0; k < trees->output_count; k++) {
            best = margins[k] > margins[best] ? k : best;
            probabilities[r * trees->output_count + k] = margins[k];
        }
        values[r] = (double)best;
    }
}

static enum status trees_predict(struct runtime *runtime, const struct runtime_rows *rows, struct arena *arena,
                                 struct runtime_answer *ret_answer, struct error *err)
{
    const struct trees_runtime *trees = (const struct trees_runtime *)runtime;
    const double *inputs;
    TRY(trees_inputs_values(&trees->inputs, rows, arena, &inputs, err));
    bool has_probabilities = trees->kind != TREE_REGRESSION && trees->link != LINK_SIGN;
    double *margins = arena_try_array(arena, rows->rows, trees->output_count * sizeof *margins);
    double *values = arena_array(arena, double, rows->rows);
    double *probabilities =
        has_probabilities ? arena_try_array(arena, rows->rows, trees->class_count * sizeof *probabilities) : NULL;
    if (rows->rows > 0 && (margins == NULL || values == NULL || (has_probabilities && probabilities == NULL)))
        return error_set(err, ERR_LIMIT, "%zu rows do not fit in memory", rows->rows);
    TRY(forest_margins(trees->forest, inputs, rows->rows, arena, margins, err));
    for (size_t r = 0; r < rows->rows; r++)
        answer_row(trees, r, margins + r * trees->output_count, values, probabilities);
    *ret_answer = (struct runtime_answer){
        .rows = rows->rows,
        .class_count = trees->class_count,
        .values = values,
        .probabilities = probabilities,
    };
    return OK;
}

/* From the features' order into the columns'; `scratch` holds one output of one row. */
static void order_contributions(const struct trees_inputs *inputs, double *contributions, size_t outputs,
                                double *scratch)
{
    for (size_t i = 0; i < outputs; i++, contributions += inputs->count + 1) {
        memcpy(scratch, contributions, inputs->count * sizeof *scratch);
        for (size_t c = 0; c < inputs->count; c++)
            contributions[c] = scratch[inputs->feature_of[c]];
    }
}

static enum status trees_explain(struct runtime *runtime, const struct runtime_rows *rows, struct arena *arena,
                                 struct runtime_explanation *ret_explanation, struct error *err)
{
    const struct trees_runtime *trees = (const struct trees_runtime *)runtime;
    const double *inputs;
    TRY(trees_inputs_values(&trees->inputs, rows, arena, &inputs, err));
    size_t width = trees->inputs.count + 1;
    double *contributions = arena_try_array(arena, rows->rows, trees->output_count * width * sizeof *contributions);
    double *scratch = arena_array(arena, double, width);
    if (rows->rows > 0 && (contributions == NULL || scratch == NULL))
        return error_set(err, ERR_LIMIT, "the explanation of %zu rows does not fit in memory", rows->rows);
    TRY(tree_shap_explain(trees->shap, inputs, rows->rows, arena, contributions, err));
    if (!trees->inputs.is_identity)
        order_contributions(&trees->inputs, contributions, rows->rows * trees->output_count, scratch);
    *ret_explanation = (struct runtime_explanation){ rows->rows, trees->output_count, trees->inputs.count,
                                                     contributions };
    return OK;
}

static void trees_free(struct runtime *runtime)
{
    struct trees_runtime *trees = (struct trees_runtime *)runtime;
    if (trees == NULL)
        return;
    arena_done(&trees->arena);
    mem_free(trees);
}

static const struct runtime_methods explained_methods = { trees_predict, trees_explain, trees_free };
static const struct runtime_methods unexplained_methods = { trees_predict, NULL, trees_free };

/* A wrapper of scikit-learn answers classes and stops at the best iteration. Where MLmodel does not say what the model
 * was, the file itself may. */
static bool is_wrapped(const struct mlmodel *model, const struct tree_model *trees)
{
    return model->model_class.size > 0 ? !str_has_suffix(model->model_class, STR("Booster")) : trees->is_wrapped;
}

static void fill_info(struct trees_runtime *runtime, const struct mlmodel *model, const struct tree_model *trees)
{
    static const enum model_task tasks[] = { MODEL_REGRESSION, MODEL_BINARY, MODEL_MULTICLASS };
    struct runtime_info *info = &runtime->runtime.info;
    size_t classes = trees->kind == TREE_REGRESSION ? 0 : trees->kind == TREE_BINARY ? 2 : trees->output_count;
    str *names = arena_alloc(&runtime->arena, (classes + 1) * sizeof *names);
    for (size_t i = 0; i < classes; i++)
        names[i] = arena_printf(&runtime->arena, "%zu", i);
    *info = (struct runtime_info){
        .runtime = "trees",
        .flavor = str_of(trees->flavor),
        .task = tasks[trees->kind],
        .inputs = runtime->inputs.fields,
        .input_count = runtime->inputs.count,
        .has_names = runtime->inputs.has_names,
        .class_names = classes > 0 ? names : NULL,
        .class_count = classes,
        .gives_scores = trees->kind != TREE_REGRESSION && !trees->gives_labels && !is_wrapped(model, trees),
    };
    runtime->class_count = classes;
}

static enum status fill_runtime(struct trees_runtime *runtime, const struct mlmodel *model,
                                const struct tree_model *trees, struct error *err)
{
    if (trees->kind != TREE_MULTICLASS && trees->output_count != 1)
        return error_set(err, ERR_INVALID, "the model answers %zu numbers a row; only one can be served",
                         trees->output_count);
    size_t tree_count = is_wrapped(model, trees) ? trees->best_tree_count : trees->tree_count;
    TRY(trees_inputs_make(trees, model, &runtime->arena, &runtime->inputs, err));
    TRY(forest_new(trees, tree_count, &runtime->arena, &runtime->forest, err));
    bool has_linear_trees = false;
    for (size_t i = 0; i < tree_count; i++)
        has_linear_trees |= trees->trees[i].linear != NULL;
    if (!has_linear_trees)
        TRY(tree_shap_new(trees, tree_count, runtime->forest, &runtime->arena, &runtime->shap, err));
    runtime->runtime.methods = has_linear_trees ? &unexplained_methods : &explained_methods;
    runtime->kind = trees->kind;
    runtime->link = trees->link;
    runtime->sigmoid = trees->sigmoid;
    runtime->is_float = trees->is_float;
    runtime->output_count = trees->output_count;
    fill_info(runtime, model, trees);
    return OK;
}

enum status runtime_trees_load(const struct mlmodel *model, struct runtime **ret_runtime, struct error *err)
{
    CLEANUP(buf_done) struct buf content;
    buf_init(&content, MODEL_FILE_BYTES_MAX);
    CLEANUP(arena_done) struct arena reading;
    arena_init(&reading, BYTES_LEAST);
    str path = arena_printf(&reading, "%.*s/%.*s", STR_ARG(model->folder), STR_ARG(model->data_path));
    TRY(file_read(path.data, &content, err));
    reading.max_bytes += BYTES_PER_BYTE * content.size;
    struct tree_model trees;
    TRY(tree_model_read(buf_str(&content), path.data, &reading, &trees, err));
    struct trees_runtime *runtime = mem_must(sizeof *runtime);
    arena_init(&runtime->arena, reading.max_bytes);
    if (fill_runtime(runtime, model, &trees, err) != OK) {
        trees_free(&runtime->runtime);
        return error_while(err, "%s", path.data);
    }
    *ret_runtime = &runtime->runtime;
    return OK;
}
