/* Any bytes as a model file of either library. What is accepted answers the same whether rows come alone or in a block,
 * and can be explained; what is refused has a reason. */
#include <math.h>
#include <stdint.h>

#include "serve/trees/forest.h"
#include "serve/trees/tree_shap.h"

#define ROWS 20
#define FEATURES_MAX 256
#define OUTPUTS_MAX 16
#define MEMORY_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_answers(const struct tree_model *model, const struct forest *forest, struct arena *arena)
{
    static const double kinds[] = { 0, 1, -1, 0.5, 3, 1e30, -1e-36, NAN, INFINITY, 7.25 };
    double values[ROWS * FEATURES_MAX], block[ROWS * OUTPUTS_MAX], single[OUTPUTS_MAX];
    for (size_t i = 0; i < ROWS * model->feature_count; i++)
        values[i] = kinds[(i * 7 + i / 10) % COUNT(kinds)];
    if (forest_margins(forest, values, ROWS, arena, block, NULL) != OK)
        return;
    for (size_t r = 0; r < ROWS; r++) {
        if (forest_margins(forest, values + r * model->feature_count, 1, arena, single, NULL) != OK)
            return;
        for (size_t k = 0; k < model->output_count; k++) {
            double other = block[r * model->output_count + k];
            if (single[k] != other && !(isnan(single[k]) && isnan(other)))
                abort();
        }
    }
    struct tree_shap *shap;
    if (tree_shap_new(model, model->tree_count, forest, arena, &shap, NULL) != OK)
        return;
    size_t row_bytes = (model->feature_count + 1) * model->output_count * sizeof(double);
    double *contributions = arena_try_array(arena, ROWS, row_bytes);
    if (contributions == NULL || tree_shap_explain(shap, values, ROWS, arena, contributions, NULL) != OK)
        return; /* no memory is an answer */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena, MEMORY_MAX);
    struct tree_model model;
    struct forest *forest;
    struct error err = { 0 };
    if (tree_model_read((str){ (const char *)data, size }, "fuzz", &arena, &model, &err) != OK) {
        if (err.cause[0] == '\0' || strstr(err.context, "fuzz") == NULL)
            abort();
    } else if (model.feature_count <= FEATURES_MAX && model.output_count <= OUTPUTS_MAX &&
               forest_new(&model, model.tree_count, &arena, &forest, NULL) == OK) {
        check_answers(&model, forest, &arena);
    }
    arena_done(&arena);
    return 0;
}
