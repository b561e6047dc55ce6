#include "serve/encoding.h"

#include <math.h>
#include <stdint.h>

#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "format/json.h"

#define PATH_BYTES_MAX 4096
#define ENCODING_BYTES_MAX ((size_t)16 << 20)
#define CATEGORIES_MAX ((size_t)1 << 16)

struct encoded_feature {
    bool is_category;
    double fill; /* NaN = stays missing */
    struct map categories;
    size_t first_column, columns; /* of the inner model */
};

struct encoded {
    struct runtime runtime; /* first: it is one */
    struct runtime *inner;
    struct arena arena;
    struct encoded_feature *features;
    struct field *fields;
    size_t feature_count;
    bool is_one_hot;
};

/* ---- reading ---- */

static enum status read_categories(struct json_reader *json, struct encoded *encoded, struct encoded_feature *feature)
{
    feature->is_category = true;
    for (json_enter_array(json); json_next_element(json);) {
        struct map_entry *entry;
        str value = { 0 };
        size_t before = feature->categories.count;
        if (json_take_str(json, &value) != OK)
            break;
        if (map_insert(&feature->categories, arena_copy(&encoded->arena, value), &entry, json->err) != OK ||
            feature->categories.count == before)
            return json_fail(json, "a category stands there twice, or there are too many");
        entry->index = before;
    }
    return json_status(json);
}

static enum status read_feature(struct json_reader *json, struct encoded *encoded)
{
    str key, name = { 0 };
    size_t place = encoded->feature_count;
    struct encoded_feature *feature = &encoded->features[place];
    feature->fill = NAN;
    map_init(&feature->categories, &encoded->arena, CATEGORIES_MAX);
    json_enter_object(json);
    while (json_next_member(json, &key)) {
        if (str_equal(key, STR("name")))
            json_take_str(json, &name);
        else if (str_equal(key, STR("fill")))
            json_take_f64_or_null(json, &feature->fill);
        else if (str_equal(key, STR("categories")))
            TRY(read_categories(json, encoded, feature));
    }
    TRY(json_status(json));
    if (str_is_empty(name))
        return json_fail(json, "a feature needs a name");
    encoded->fields[place] = (struct field){
        .name = arena_copy(&encoded->arena, name),
        .type = feature->is_category ? FIELD_STRING : FIELD_DOUBLE,
        .is_required = true,
    };
    encoded->feature_count++;
    return OK;
}

static enum status read_features(struct json_reader *json, struct encoded *encoded)
{
    for (json_enter_array(json); json_next_element(json);) {
        if (encoded->feature_count == encoded->inner->info.input_count)
            return json_fail(json, "more features than the model's %zu columns", encoded->feature_count);
        TRY(read_feature(json, encoded));
    }
    return json_status(json);
}

static enum status read_classes(struct json_reader *json, struct encoded *encoded, str *classes)
{
    size_t count = 0;
    for (json_enter_array(json); json_next_element(json);) {
        str name = { 0 };
        if (count == encoded->inner->info.class_count)
            return json_fail(json, "more classes than the model's %zu", count);
        if (json_take_str(json, &name) != OK)
            break;
        classes[count++] = arena_copy(&encoded->arena, name);
    }
    TRY(json_status(json));
    if (count == 0)
        return OK;
    if (count != encoded->inner->info.class_count)
        return json_fail(json, "%zu classes, the model has %zu", count, encoded->inner->info.class_count);
    encoded->runtime.info.class_names = classes;
    return OK;
}

static enum status read_document(struct encoded *encoded, str text, struct error *err)
{
    struct json_reader json;
    str key, *classes = arena_array(&encoded->arena, str, encoded->inner->info.class_count + 1);
    encoded->features = arena_array(&encoded->arena, struct encoded_feature, encoded->inner->info.input_count);
    encoded->fields = arena_array(&encoded->arena, struct field, encoded->inner->info.input_count);
    if (classes == NULL || encoded->features == NULL || encoded->fields == NULL)
        return error_set(err, ERR_LIMIT, "no memory");
    json_reader_init(&json, text, &encoded->arena, err);
    json_enter_object(&json);
    while (json_next_member(&json, &key)) {
        if (str_equal(key, STR("features")))
            TRY(read_features(&json, encoded));
        else if (str_equal(key, STR("one_hot")))
            json_take_bool(&json, &encoded->is_one_hot);
        else if (str_equal(key, STR("classes")))
            TRY(read_classes(&json, encoded, classes));
    }
    return json_finish(&json);
}

static enum status place_columns(struct encoded *encoded, struct error *err)
{
    size_t columns = 0;
    for (size_t i = 0; i < encoded->feature_count; i++) {
        struct encoded_feature *feature = &encoded->features[i];
        feature->first_column = columns;
        feature->columns = encoded->is_one_hot && feature->is_category ? feature->categories.count : 1;
        columns += feature->columns;
    }
    if (columns != encoded->inner->info.input_count)
        return error_set(err, ERR_INVALID, "encodes %zu columns, the model takes %zu", columns, encoded->inner->info.input_count);
    return OK;
}

/* ---- answering ---- */

static void encode_cell(const struct encoded *encoded, const struct encoded_feature *feature, double number, str text,
                        double *out)
{
    if (!feature->is_category) {
        out[0] = isnan(number) ? feature->fill : number;
        return;
    }
    const struct map_entry *entry = text.data != NULL ? map_find(&feature->categories, text) : NULL;
    if (!encoded->is_one_hot) {
        out[0] = entry != NULL ? (double)entry->index : NAN;
        return;
    }
    for (size_t c = 0; c < feature->columns; c++)
        out[c] = entry != NULL && entry->index == c;
}

static enum status encode(const struct encoded *encoded, const struct runtime_rows *rows, struct arena *arena,
                          struct runtime_rows *ret_rows, struct error *err)
{
    size_t width = encoded->inner->info.input_count;
    double *numbers = arena_array(arena, double, rows->rows * width);
    if (numbers == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu rows", rows->rows);
    for (size_t r = 0; r < rows->rows; r++)
        for (size_t i = 0; i < encoded->feature_count; i++) {
            size_t cell = r * encoded->feature_count + i;
            encode_cell(encoded, &encoded->features[i], rows->numbers[cell], rows->texts != NULL ? rows->texts[cell] : (str){ 0 },
                        numbers + r * width + encoded->features[i].first_column);
        }
    *ret_rows = (struct runtime_rows){ .rows = rows->rows, .numbers = numbers };
    return OK;
}

static enum status encoded_predict(struct runtime *runtime, const struct runtime_rows *rows, struct arena *arena,
                                   struct runtime_answer *ret_answer, struct error *err)
{
    const struct encoded *encoded = (const struct encoded *)runtime;
    struct runtime_rows inner;
    TRY(encode(encoded, rows, arena, &inner, err));
    return encoded->inner->methods->predict(encoded->inner, &inner, arena, ret_answer, err);
}

/* A feature's contribution is the sum of those of its columns; the bias stays. */
static enum status encoded_explain(struct runtime *runtime, const struct runtime_rows *rows, struct arena *arena,
                                   struct runtime_explanation *ret_explanation, struct error *err)
{
    const struct encoded *encoded = (const struct encoded *)runtime;
    struct runtime_rows inner;
    struct runtime_explanation of_columns;
    TRY(encode(encoded, rows, arena, &inner, err));
    TRY(encoded->inner->methods->explain(encoded->inner, &inner, arena, &of_columns, err));
    size_t cells = of_columns.rows * of_columns.outputs, width = encoded->feature_count + 1;
    double *sums = arena_array(arena, double, cells * width);
    if (sums == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu rows", rows->rows);
    for (size_t cell = 0; cell < cells; cell++) {
        const double *from = of_columns.contributions + cell * (of_columns.inputs + 1);
        for (size_t i = 0; i < encoded->feature_count; i++)
            for (size_t c = 0; c < encoded->features[i].columns; c++)
                sums[cell * width + i] += from[encoded->features[i].first_column + c];
        sums[cell * width + width - 1] = from[of_columns.inputs];
    }
    *ret_explanation = (struct runtime_explanation){
        .rows = of_columns.rows, .outputs = of_columns.outputs, .inputs = encoded->feature_count, .contributions = sums
    };
    return OK;
}

static void encoded_free(struct runtime *runtime)
{
    struct encoded *encoded = (struct encoded *)runtime;
    if (encoded->inner != NULL)
        encoded->inner->methods->free(encoded->inner);
    arena_done(&encoded->arena);
    mem_free(encoded);
}

static const struct runtime_methods methods = { .predict = encoded_predict, .explain = encoded_explain, .free = encoded_free };
static const struct runtime_methods methods_without_explain = { .predict = encoded_predict, .free = encoded_free };

static enum status open_encoding(struct encoded *encoded, const char *path, struct error *err)
{
    struct buf text;
    buf_init(&text, ENCODING_BYTES_MAX);
    enum status status = file_read(path, &text, err);
    if (status == OK)
        status = read_document(encoded, buf_str(&text), err);
    if (status == OK)
        status = place_columns(encoded, err);
    buf_done(&text);
    return status;
}

/* False where the path is too long for any file to be there. */
static bool path_of(const char *folder, char path[PATH_BYTES_MAX])
{
    int size = snprintf(path, PATH_BYTES_MAX, "%s/" ENCODING_FILE, folder);
    return size > 0 && size < PATH_BYTES_MAX;
}

bool encoding_is_there(const char *folder)
{
    char path[PATH_BYTES_MAX];
    return path_of(folder, path) && file_exists(path);
}

enum status encoding_wrap(const char *folder, struct runtime **runtime, struct error *err)
{
    char path[PATH_BYTES_MAX];
    if (!path_of(folder, path) || !file_exists(path))
        return OK;
    struct encoded *encoded = mem_must(sizeof *encoded);
    *encoded = (struct encoded){ .inner = *runtime, .runtime.info = (*runtime)->info };
    encoded->runtime.methods = (*runtime)->methods->explain != NULL ? &methods : &methods_without_explain;
    arena_init(&encoded->arena, 0);
    enum status status = open_encoding(encoded, path, err);
    if (status != OK) {
        encoded->inner = NULL; /* stays the caller's */
        encoded_free(&encoded->runtime);
        return error_while(err, "%s", path);
    }
    encoded->runtime.info.inputs = encoded->fields;
    encoded->runtime.info.input_count = encoded->feature_count;
    encoded->runtime.info.has_names = true;
    *runtime = &encoded->runtime;
    return OK;
}
