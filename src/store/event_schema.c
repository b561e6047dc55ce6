#include "store/event_schema.h"

#include <string.h>

#include "base/mem.h"

const str event_fixed_columns[] = { STR("arrival_index"), STR("arrived"), STR("prediction_id"), STR("timestamp"),
                                    STR("model_version") };
_Static_assert(COUNT(event_fixed_columns) == EVENT_FIXED_COLUMNS, "the header says how many");

/* Features can't be called what every event has already. */
static const str taken_names[] = { STR("prediction_id"), STR("timestamp"), STR("model_version"), STR("prediction"),
                                   STR("target") };

static const char *const role_words[] = {
    [EVENT_ROLE_PREDICTION] = "the", [EVENT_ROLE_TARGET] = "the", [EVENT_ROLE_FEATURE] = "feature",
    [EVENT_ROLE_PROBABILITY] = "class", [EVENT_ROLE_TAG] = "tag",
};

const char *event_kind_name(enum event_value_kind kind)
{
    switch (kind) {
    case EVENT_MISSING:
        return "missing";
    case EVENT_NUMBER:
        return "number";
    case EVENT_INTEGER:
        return "integer";
    case EVENT_BOOLEAN:
        return "boolean";
    case EVENT_TEXT:
        return "text";
    case EVENT_TIME:
        return "time";
    }
    return "unknown";
}

void event_schema_init(struct event_schema *schema)
{
    *schema = (struct event_schema){ 0 };
    arena_init(&schema->arena, 0);
    map_init(&schema->by_name, &schema->arena, EVENT_COLUMNS_MAX + 2);
    map_init(&schema->by_column, &schema->arena, EVENT_COLUMNS_MAX + 2 + EVENT_FIXED_COLUMNS);
}

void event_schema_done(struct event_schema *schema)
{
    mem_free(schema->columns);
    arena_done(&schema->arena);
    *schema = (struct event_schema){ 0 };
}

/* role, name: names of different roles do not meet. */
static str name_key(enum event_role role, str name, char text[EVENT_NAME_BYTES_MAX + 1])
{
    text[0] = (char)('0' + role);
    size_t size = MIN_OF(name.size, EVENT_NAME_BYTES_MAX);
    if (size != 0)
        memcpy(text + 1, name.data, size);
    return (str){ text, size + 1 };
}

struct event_column *event_schema_find(const struct event_schema *schema, enum event_role role, str name)
{
    char text[EVENT_NAME_BYTES_MAX + 1];
    const struct map_entry *entry = map_find(&schema->by_name, name_key(role, name, text));
    return entry == NULL ? NULL : &schema->columns[entry->index];
}

/* ---- column names ---- */

static str lower_case(struct arena *arena, str text)
{
    str copy = arena_copy(arena, text);
    char *bytes = (char *)copy.data; /* our own copy */
    for (size_t i = 0; i < copy.size; i++)
        if (bytes[i] >= 'A' && bytes[i] <= 'Z')
            bytes[i] = (char)(bytes[i] - 'A' + 'a');
    return copy;
}

static bool is_column_taken(struct event_schema *schema, str column)
{
    str lower = lower_case(&schema->arena, column);
    for (size_t i = 0; i < EVENT_FIXED_COLUMNS; i++)
        if (str_equal(lower, event_fixed_columns[i]))
            return true;
    return map_find(&schema->by_column, lower) != NULL;
}

/* The name itself, with a prefix for probabilities and tags, and _2, _3, ... where that is taken. */
static str make_column_name(struct event_schema *schema, enum event_role role, str name)
{
    const char *prefix = role == EVENT_ROLE_PROBABILITY ? "probability_" : role == EVENT_ROLE_TAG ? "tag_" : "";
    str column = arena_printf(&schema->arena, "%s%.*s", prefix, STR_ARG(name));
    for (unsigned n = 2; is_column_taken(schema, column); n++)
        column = arena_printf(&schema->arena, "%s%.*s_%u", prefix, STR_ARG(name), n);
    return column;
}

static enum status add_column(struct event_schema *schema, struct event_column column, struct error *err)
{
    if (schema->count == schema->capacity) {
        size_t capacity = MAX_OF(schema->capacity * 2, 16);
        struct event_column *grown = mem_regrow(schema->columns, capacity, sizeof *grown);
        if (grown == NULL)
            return error_set(err, ERR_LIMIT, "no memory for column \"%.*s\"", STR_ARG(column.name));
        schema->columns = grown;
        schema->capacity = capacity;
    }
    char text[EVENT_NAME_BYTES_MAX + 1];
    struct map_entry *entry;
    TRY(map_insert(&schema->by_column, lower_case(&schema->arena, column.column), &entry, err));
    TRY(map_insert(&schema->by_name, name_key(column.role, column.name, text), &entry, err));
    entry->index = schema->count;
    schema->columns[schema->count++] = column;
    return OK;
}

enum status event_schema_restore(struct event_schema *schema, const struct event_column *column, struct error *err)
{
    struct event_column copy = *column;
    copy.name = arena_copy(&schema->arena, column->name);
    copy.column = arena_copy(&schema->arena, column->column);
    return add_column(schema, copy, err);
}

/* ---- looking at what arrives ---- */

static enum status check_name(const char *what, str name, bool may_be_empty, struct error *err)
{
    if (name.size > EVENT_NAME_BYTES_MAX || (name.size == 0 && !may_be_empty))
        return error_set(err, ERR_INVALID, "%s name \"%.*s...\" has %zu bytes; 1 to %zu are allowed", what,
                         STR_ARG(str_slice(name, 0, 40)), name.size, EVENT_NAME_BYTES_MAX);
    size_t bad;
    if (!str_is_utf8(name, &bad) || str_find(name, '\0') < name.size)
        return error_set(err, ERR_INVALID, "%s name is no text: byte %zu", what, MIN_OF(bad, str_find(name, '\0')));
    return OK;
}

static enum status see(struct event_sight *sight, const struct event_value *value, size_t row, struct error *err)
{
    if (value->kind == EVENT_MISSING)
        return OK;
    if (value->kind == EVENT_TEXT) {
        if (value->text.size > EVENT_TEXT_BYTES_MAX)
            return error_set(err, ERR_INVALID, "row %zu: %s \"%.*s\" has a text of %zu bytes; %zu are allowed", row,
                             role_words[sight->role], STR_ARG(sight->name), value->text.size, EVENT_TEXT_BYTES_MAX);
        if (!str_is_utf8(value->text, NULL))
            return error_set(err, ERR_INVALID, "row %zu: %s \"%.*s\" is no UTF-8", row, role_words[sight->role],
                             STR_ARG(sight->name));
    }
    unsigned bit = 1u << value->kind;
    if ((sight->kinds & bit) == 0)
        sight->first_rows[value->kind] = row;
    sight->kinds |= bit;
    return OK;
}

static enum status see_column(struct event_sight *sight, const struct event_value *values, size_t rows, size_t stride,
                              struct error *err)
{
    for (size_t row = 0; row < rows; row++)
        TRY(see(sight, &values[row * stride], row, err));
    return OK;
}

static enum status check_ids(const struct event_batch *batch, struct error *err)
{
    for (size_t row = 0; row < batch->rows; row++) {
        str id = batch->prediction_ids[row];
        if (id.size > EVENT_ID_BYTES_MAX)
            return error_set(err, ERR_INVALID, "row %zu: the prediction id has %zu bytes; %zu are allowed", row,
                             id.size,
                             EVENT_ID_BYTES_MAX);
        if (!str_is_utf8(id, NULL))
            return error_set(err, ERR_INVALID, "row %zu: the prediction id is no UTF-8", row);
    }
    return OK;
}

static enum status check_names(const char *what, const str *names, size_t count, struct error *err)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct map seen;
    map_init(&seen, &arena, EVENT_COLUMNS_MAX);
    enum status status = OK;
    for (size_t i = 0; i < count && status == OK; i++) {
        struct map_entry *entry;
        status = check_name(what, names[i], false, err);
        if (status == OK)
            status = map_insert(&seen, names[i], &entry, err);
        if (status == OK && seen.count != i + 1)
            status = error_set(err, ERR_INVALID, "%s \"%.*s\" comes twice", what, STR_ARG(names[i]));
    }
    arena_done(&arena);
    return status;
}

static enum status check_shape(const struct event_batch *batch, struct error *err)
{
    if (batch->rows == 0 || batch->rows > EVENT_ROWS_MAX)
        return error_set(err, ERR_LIMIT, "a batch has 1 to %zu rows, not %zu", EVENT_ROWS_MAX, batch->rows);
    size_t columns = batch->feature_count + batch->class_count + batch->tag_count;
    if (columns > EVENT_COLUMNS_MAX)
        return error_set(err, ERR_LIMIT, "%zu features, classes and tags; %zu are allowed", columns, EVENT_COLUMNS_MAX);
    TRY(check_name("the model's", batch->model_name, false, err));
    TRY(check_name("the version's", batch->model_version, true, err));
    TRY(check_names("feature", batch->feature_names, batch->feature_count, err));
    TRY(check_names("class", batch->class_names, batch->class_count, err));
    TRY(check_names("tag", batch->tag_names, batch->tag_count, err));
    for (size_t i = 0; i < batch->feature_count; i++)
        for (size_t j = 0; j < COUNT(taken_names); j++)
            if (str_equal_ignoring_case(batch->feature_names[i], taken_names[j]))
                return error_set(err, ERR_INVALID,
                                 "a feature can't be called \"%.*s\": every event has a field of that name",
                                 STR_ARG(batch->feature_names[i]));
    return check_ids(batch, err);
}

static enum status see_tags(const struct event_batch *batch, struct event_sight *sights, struct error *err)
{
    for (size_t i = 0; i < batch->tag_count; i++) {
        for (size_t row = 0; row < batch->rows; row++) {
            str tag = batch->tags[row * batch->tag_count + i];
            struct event_value value = { .kind = tag.data == NULL ? EVENT_MISSING : EVENT_TEXT, .text = tag };
            TRY(see(&sights[i], &value, row, err));
        }
    }
    return OK;
}

enum status event_batch_look(const struct event_batch *batch, struct arena *arena, struct event_sight **ret_sights,
                             size_t *ret_count, struct error *err)
{
    TRY(check_shape(batch, err));
    size_t count = 2 + batch->feature_count + batch->class_count + batch->tag_count;
    struct event_sight *sights = arena_array(arena, struct event_sight, count), *next = sights;
    if (sights == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu columns", count);
    *next = (struct event_sight){ .role = EVENT_ROLE_PREDICTION, .name = STR("prediction") };
    TRY(see_column(next++, batch->predictions, batch->rows, 1, err));
    *next = (struct event_sight){ .role = EVENT_ROLE_TARGET, .name = STR("target") };
    TRY(see_column(next++, batch->targets, batch->targets != NULL ? batch->rows : 0, 1, err));
    for (size_t i = 0; i < batch->feature_count; i++, next++) {
        *next = (struct event_sight){ .role = EVENT_ROLE_FEATURE, .name = batch->feature_names[i] };
        TRY(see_column(next, batch->features + i, batch->rows, batch->feature_count, err));
    }
    for (size_t i = 0; i < batch->class_count; i++)
        *next++ = (struct event_sight){ .role = EVENT_ROLE_PROBABILITY, .name = batch->class_names[i],
                                        .kinds = 1u << EVENT_NUMBER };
    struct event_sight *tags = next;
    for (size_t i = 0; i < batch->tag_count; i++)
        *next++ = (struct event_sight){ .role = EVENT_ROLE_TAG, .name = batch->tag_names[i] };
    TRY(see_tags(batch, tags, err));
    *ret_sights = sights;
    *ret_count = count;
    return OK;
}

enum status event_labels_look(const struct event_label *labels, size_t count, struct event_sight *ret_sight,
                              struct error *err)
{
    struct event_sight sight = { .role = EVENT_ROLE_TARGET, .name = STR("target") };
    if (count == 0 || count > EVENT_ROWS_MAX)
        return error_set(err, ERR_LIMIT, "a call has 1 to %zu labels, not %zu", EVENT_ROWS_MAX, count);
    for (size_t row = 0; row < count; row++) {
        str id = labels[row].prediction_id;
        if (id.size == 0 || id.size > EVENT_ID_BYTES_MAX || !str_is_utf8(id, NULL))
            return error_set(err, ERR_INVALID, "label %zu: a prediction id is 1 to %zu bytes of UTF-8", row,
                             EVENT_ID_BYTES_MAX);
        if (labels[row].target.kind == EVENT_MISSING)
            return error_set(err, ERR_INVALID, "label %zu has no target", row);
        TRY(see(&sight, &labels[row].target, row, err));
    }
    *ret_sight = sight;
    return OK;
}

/* ---- admission ---- */

#define NUMERIC_KINDS ((1u << EVENT_NUMBER) | (1u << EVENT_INTEGER))

static enum status clash(const struct event_sight *sight, enum event_value_kind kind, enum event_value_kind type,
                         struct error *err)
{
    return error_set(err, ERR_INVALID, "row %zu: %s \"%.*s\" is %s, but it was %s before", sight->first_rows[kind],
                     role_words[sight->role], STR_ARG(sight->name), event_kind_name(kind), event_kind_name(type));
}

/* The type that the column has with this sight; MISSING where neither knows. */
static enum status merge(const struct event_sight *sight, enum event_value_kind before, enum event_value_kind *ret_type,
                         struct error *err)
{
    enum event_value_kind type = before;
    for (int kind = EVENT_NUMBER; kind <= EVENT_TIME; kind++) {
        if ((sight->kinds & (1u << kind)) == 0 || kind == (int)type)
            continue;
        bool is_numeric = (NUMERIC_KINDS >> kind & 1) != 0;
        if (type == EVENT_MISSING)
            type = (enum event_value_kind)kind;
        else if (is_numeric && (NUMERIC_KINDS >> type & 1) != 0)
            type = EVENT_NUMBER;
        else
            return clash(sight, (enum event_value_kind)kind, type, err);
    }
    *ret_type = type;
    return OK;
}

enum status event_schema_admit(struct event_schema *schema, const struct event_sight *sights, size_t count,
                               bool *ret_changed, struct error *err)
{
    size_t added = 0;
    for (size_t i = 0; i < count; i++) {
        const struct event_column *column = event_schema_find(schema, sights[i].role, sights[i].name);
        enum event_value_kind type;
        TRY(merge(&sights[i], column != NULL ? column->type : EVENT_MISSING, &type, err));
        added += column == NULL && type != EVENT_MISSING;
    }
    if (schema->count + added > EVENT_COLUMNS_MAX)
        return error_set(err, ERR_LIMIT, "the model has %zu columns; %zu more are over the limit of %zu", schema->count,
                         added, EVENT_COLUMNS_MAX);
    *ret_changed = false;
    for (size_t i = 0; i < count; i++) {
        struct event_column *column = event_schema_find(schema, sights[i].role, sights[i].name);
        enum event_value_kind type = EVENT_MISSING;
        TRY(merge(&sights[i], column != NULL ? column->type : EVENT_MISSING, &type, err));
        if (type == EVENT_MISSING || (column != NULL && column->type == type))
            continue;
        *ret_changed = true;
        if (column != NULL)
            column->type = type;
        else
            TRY(add_column(schema, (struct event_column){ sights[i].role, arena_copy(&schema->arena, sights[i].name),
                                                          make_column_name(schema, sights[i].role, sights[i].name),
                                                              type },
                           err));
    }
    return OK;
}
