#include "serve/trees/trees_inputs.h"

#include <math.h>

#include "base/mem.h"

static enum status no_memory(struct error *err)
{
    return error_set(err, ERR_LIMIT, "the inputs of the model do not fit in memory");
}

/* Whether the signature's names are the features' in another order; fills the feature of each column. */
static bool match_names(const struct tree_model *trees, const struct mlmodel *model, struct arena *scratch,
                        uint32_t *feature_of)
{
    struct map features;
    map_init(&features, scratch, trees->feature_count);
    struct map_entry *entry;
    for (size_t i = 0; i < trees->feature_count; i++) {
        if (map_insert(&features, trees->feature_names[i], &entry, NULL) != OK)
            return false;
        entry->index = i;
    }
    if (features.count != trees->feature_count) /* the same name twice */
        return false;
    for (size_t i = 0; i < model->input_count; i++) {
        entry = map_find(&features, model->inputs[i].name);
        if (entry == NULL || entry->index == SIZE_MAX)
            return false;
        feature_of[i] = (uint32_t)entry->index;
        entry->index = SIZE_MAX; /* each once */
    }
    return true;
}

static enum status copy_codes(const struct feature_categories *categories, struct arena *arena,
                              const struct category_codes **ret_codes, struct error *err)
{
    struct category_codes *codes = arena_new(arena, struct category_codes);
    codes->is_text = categories->texts != NULL;
    codes->count = categories->count;
    *ret_codes = codes;
    if (!codes->is_text) {
        double *numbers = arena_array(arena, double, categories->count);
        if (numbers == NULL)
            return no_memory(err);
        memcpy(numbers, categories->numbers, categories->count * sizeof *numbers);
        codes->numbers = numbers;
        return OK;
    }
    map_init(&codes->texts, arena, categories->count);
    for (size_t i = 0; i < categories->count; i++) {
        struct map_entry *entry;
        size_t before = codes->texts.count;
        TRY(map_insert(&codes->texts, categories->texts[i], &entry, err));
        if (codes->texts.count > before)
            entry->index = i;
    }
    return OK;
}

/* The column of a feature: the signature's field where it has one, else the file's name or "f3". */
static enum status make_field(const struct tree_model *trees, const struct field *signed_field, uint32_t feature,
                              bool is_text, struct arena *arena, struct field *ret_field, struct error *err)
{
    struct field field = { .type = FIELD_DOUBLE, .is_required = true };
    if (signed_field != NULL) {
        field = *signed_field;
        field.name = arena_copy(arena, field.name);
    } else if (trees->feature_names != NULL) {
        field.name = arena_copy(arena, trees->feature_names[feature]);
    } else {
        field.name = arena_printf(arena, "f%u", feature);
    }
    if (is_text)
        field.type = FIELD_STRING;
    else if (field.type == FIELD_STRING)
        return error_set(err, ERR_INVALID, "\"%.*s\" is text in the signature, but has no categories in the model file",
                         (int)MIN_OF(field.name.size, 64), field.name.data);
    *ret_field = field;
    return OK;
}

enum status trees_inputs_make(const struct tree_model *trees, const struct mlmodel *model, struct arena *arena,
                              struct trees_inputs *ret_inputs, struct error *err)
{
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch, 0);
    size_t count = trees->feature_count;
    struct field *fields = arena_array(arena, struct field, count + 1);
    uint32_t *feature_of = arena_array(arena, uint32_t, count + 1);
    const struct category_codes **codes = arena_array(arena, const struct category_codes *, count + 1);
    if (fields == NULL || feature_of == NULL || codes == NULL)
        return no_memory(err);
    bool has_signature = model->input_count == count && model->inputs != NULL;
    /* names that match in no order are other spellings of the same columns (LightGBM writes "_" for blanks) */
    bool is_matched =
        has_signature && trees->feature_names != NULL && match_names(trees, model, &scratch, feature_of);
    bool is_identity = true;
    for (size_t i = 0; i < count; i++) {
        if (!is_matched)
            feature_of[i] = (uint32_t)i;
        const struct feature_categories *categories =
            trees->categories == NULL ? NULL : &trees->categories[feature_of[i]];
        if (categories != NULL && categories->count > 0)
            TRY(copy_codes(categories, arena, &codes[i], err));
        is_identity = is_identity && feature_of[i] == i && codes[i] == NULL;
        TRY(make_field(trees, has_signature ? &model->inputs[i] : NULL, feature_of[i],
                       codes[i] != NULL && codes[i]->is_text, arena, &fields[i], err));
    }
    bool has_names = has_signature || trees->feature_names != NULL;
    *ret_inputs = (struct trees_inputs){ fields, count, has_names, feature_of, codes, is_identity };
    return OK;
}

static double code_of(const struct category_codes *codes, double number, const str *text)
{
    if (codes->is_text) {
        const struct map_entry *entry = text == NULL || text->data == NULL ? NULL : map_find(&codes->texts, *text);
        return entry == NULL ? NAN : (double)entry->index;
    }
    for (size_t i = 0; i < codes->count; i++)
        if (codes->numbers[i] == number)
            return (double)i;
    return NAN;
}

enum status trees_inputs_values(const struct trees_inputs *inputs, const struct runtime_rows *rows, struct arena *arena,
                                const double **ret_values, struct error *err)
{
    *ret_values = rows->numbers;
    if (inputs->is_identity)
        return OK;
    size_t bytes;
    double *values = size_mul_overflows(inputs->count, sizeof *values, &bytes)
                         ? NULL
                         : arena_try_array(arena, rows->rows, bytes);
    if (values == NULL && rows->rows > 0)
        return error_set(err, ERR_LIMIT, "%zu rows do not fit in memory", rows->rows);
    for (size_t r = 0; r < rows->rows; r++)
        for (size_t i = 0; i < inputs->count; i++) {
            size_t at = r * inputs->count + i;
            const struct category_codes *codes = inputs->codes[i];
            values[r * inputs->count + inputs->feature_of[i]] =
                codes == NULL ? rows->numbers[at]
                              : code_of(codes, rows->numbers[at], rows->texts == NULL ? NULL : &rows->texts[at]);
        }
    *ret_values = values;
    return OK;
}
