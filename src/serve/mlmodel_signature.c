#include "format/json.h"
#include "serve/mlmodel_internal.h"

#define SIGNATURE_ITEMS_MAX ((size_t)1 << 16)
#define TENSOR_DIMENSIONS_MAX 32

static const struct {
    str name;
    enum field_type type;
} field_types[] = {
    { { "double", 6 }, FIELD_DOUBLE },   { { "float", 5 }, FIELD_FLOAT },     { { "integer", 7 }, FIELD_INTEGER },
    { { "long", 4 }, FIELD_LONG },       { { "boolean", 7 }, FIELD_BOOLEAN }, { { "string", 6 }, FIELD_STRING },
    { { "datetime", 8 }, FIELD_DATETIME },
};

static bool find_type(str name, enum field_type *ret_type)
{
    for (size_t i = 0; i < COUNT(field_types); i++) {
        if (str_equal(field_types[i].name, name)) {
            *ret_type = field_types[i].type;
            return true;
        }
    }
    return false;
}

/* One element of the signature, a column or a tensor. */
struct item {
    str name, type;
    bool is_required;
    struct tensor_spec tensor;
};

static void read_shape(struct json_reader *json, struct arena *arena, struct tensor_spec *tensor)
{
    int64_t shape[TENSOR_DIMENSIONS_MAX];
    size_t count = 0;
    for (json_enter_array(json); json_next_element(json); count++) {
        if (count == TENSOR_DIMENSIONS_MAX) {
            json_fail(json, "a tensor has at most %d dimensions", TENSOR_DIMENSIONS_MAX);
            return;
        }
        json_take_i64(json, &shape[count]);
    }
    int64_t *kept = arena_alloc(arena, (count + 1) * sizeof *kept);
    memcpy(kept, shape, count * sizeof *kept);
    tensor->shape = kept;
    tensor->dimensions = count;
}

static void read_tensor(struct json_reader *json, struct arena *arena, struct tensor_spec *tensor)
{
    str key;
    for (json_enter_object(json); json_next_member(json, &key);) {
        if (str_equal(key, STR("dtype")))
            json_take_str(json, &tensor->dtype);
        else if (str_equal(key, STR("shape")))
            read_shape(json, arena, tensor);
    }
}

static void read_item(struct json_reader *json, struct arena *arena, struct item *item)
{
    *item = (struct item){ .is_required = true };
    str key;
    bool is_optional = false; /* how 2.4 to 2.6 wrote it */
    for (json_enter_object(json); json_next_member(json, &key);) {
        if (str_equal(key, STR("name")))
            json_take_str(json, &item->name);
        else if (str_equal(key, STR("type")))
            json_take_str(json, &item->type);
        else if (str_equal(key, STR("required")))
            json_take_bool(json, &item->is_required);
        else if (str_equal(key, STR("optional")))
            json_take_bool(json, &is_optional);
        else if (str_equal(key, STR("tensor-spec")))
            read_tensor(json, arena, &item->tensor);
    }
    if (is_optional)
        item->is_required = false;
}

/* All elements; texts are copied, for the JSON text may be shorter-lived than the arena. */
static enum status read_items(str text, struct arena *arena, struct item **ret_items, size_t *ret_count,
                              struct error *err)
{
    struct json_reader json;
    size_t count = 0;
    json_reader_init(&json, text, arena, err);
    for (json_enter_array(&json); json_next_element(&json);)
        count++;
    TRY(json_finish(&json));
    if (count > SIGNATURE_ITEMS_MAX)
        return error_set(err, ERR_LIMIT, "a signature of %zu columns; at most %zu are taken", count,
                         SIGNATURE_ITEMS_MAX);

    struct item *items = arena_array(arena, struct item, count + 1);
    if (items == NULL)
        return error_set(err, ERR_LIMIT, "a signature of %zu columns does not fit in memory", count);
    json_reader_init(&json, text, arena, err);
    size_t at = 0;
    for (json_enter_array(&json); json_next_element(&json); at++) {
        read_item(&json, arena, &items[at]);
        TRY(json_status(&json));
        items[at].name = arena_copy(arena, items[at].name);
        items[at].tensor.dtype = arena_copy(arena, items[at].tensor.dtype);
        items[at].tensor.name = items[at].name;
    }
    TRY(json_finish(&json));
    *ret_items = items;
    *ret_count = count;
    return OK;
}

static bool is_tensor(const struct item *item)
{
    return str_equal(item->type, STR("tensor"));
}

enum status mlmodel_read_signature(str inputs_json, struct arena *arena, const struct field **ret_fields,
                                   size_t *ret_count,
                                   struct error *err)
{
    struct item *items;
    size_t count;
    TRY(read_items(inputs_json, arena, &items, &count, err));
    struct field *fields = arena_array(arena, struct field, count + 1);
    if (fields == NULL)
        return error_set(err, ERR_LIMIT, "a signature of %zu columns does not fit in memory", count);
    size_t columns = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_tensor(&items[i]))
            continue;
        fields[columns] = (struct field){ .name = items[i].name, .is_required = items[i].is_required };
        if (!find_type(items[i].type, &fields[columns].type))
            return error_set(err, ERR_INVALID,
                             "column %zu \"%.*s\" is of type \"%.*s\", which a cell of a table cannot carry",
                             i, STR_ARG(items[i].name), STR_ARG(items[i].type));
        columns++;
    }
    if (columns != 0 && columns != count)
        return error_set(err, ERR_INVALID, "a signature has columns or tensors, not both");
    *ret_fields = fields;
    *ret_count = columns;
    return OK;
}

enum status signature_tensors(str json, struct arena *arena, const struct tensor_spec **ret_tensors, size_t *ret_count,
                              struct error *err)
{
    struct item *items;
    size_t count;
    TRY(read_items(json, arena, &items, &count, err));
    struct tensor_spec *tensors = arena_array(arena, struct tensor_spec, count + 1);
    if (tensors == NULL)
        return error_set(err, ERR_LIMIT, "a signature of %zu tensors does not fit in memory", count);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (is_tensor(&items[i]))
            tensors[kept++] = items[i].tensor;
    *ret_tensors = tensors;
    *ret_count = kept;
    return OK;
}

const char *field_type_name(enum field_type type)
{
    switch (type) {
    case FIELD_DOUBLE:
        return "double";
    case FIELD_FLOAT:
        return "float";
    case FIELD_INTEGER:
        return "integer";
    case FIELD_LONG:
        return "long";
    case FIELD_BOOLEAN:
        return "boolean";
    case FIELD_STRING:
        return "string";
    case FIELD_DATETIME:
        return "datetime";
    }
    return "double";
}
