/* What each search knows: its attributes and entities. The tables are the whole of it. */
#include <stdio.h>
#include <string.h>

#include "registry/filter_internal.h"

#define NUMBER FILTER_KIND_NUMBER
#define TEXT FILTER_KIND_TEXT
#define LISTABLE FILTER_KIND_LISTABLE

static const struct filter_attribute run_attributes[] = {
    { "start_time", "start_time", NUMBER, true, true },
    { "end_time", "end_time", NUMBER, true, true },
    { "created", "start_time", NUMBER, true, true },
    { "Created", "start_time", NUMBER, true, true },
    { "run_id", "run_id", LISTABLE, true, true },
    { "run_name", "run_name", TEXT, true, true },
    { "run name", "run_name", TEXT, true, true },
    { "Run name", "run_name", TEXT, true, true },
    { "Run Name", "run_name", TEXT, true, true },
    { "status", "status", TEXT, true, true },
    { "user_id", "user_id", TEXT, true, true },
    { "artifact_uri", "artifact_uri", TEXT, true, true },
    { 0 },
};

static const struct filter_attribute experiment_attributes[] = {
    { "name", "name", TEXT, true, true },
    { "creation_time", "creation_time", NUMBER, true, true },
    { "last_update_time", "last_update_time", NUMBER, true, true },
    { "experiment_id", "experiment_id", NUMBER, false, true },
    { 0 },
};

static const struct filter_attribute registered_model_attributes[] = {
    { "name", "name", TEXT, true, true },
    { "timestamp", "last_updated_timestamp", NUMBER, false, true },
    { "last_updated_timestamp", "last_updated_timestamp", NUMBER, false, true },
    { 0 },
};

static const struct filter_attribute model_version_attributes[] = {
    { "name", "name", TEXT, true, true },
    { "run_id", "run_id", LISTABLE, true, false },
    { "source_path", "source_path", TEXT, true, false },
    { "version_number", "version_number", NUMBER, true, true },
    { "creation_timestamp", "creation_timestamp", NUMBER, false, true },
    { "last_updated_timestamp", "last_updated_timestamp", NUMBER, false, true },
    { 0 },
};

static const struct filter_attribute logged_model_attributes[] = {
    { "name", "name", LISTABLE, true, true },
    { "model_id", "model_id", LISTABLE, true, true },
    { "model_type", "model_type", LISTABLE, true, true },
    { "status", "status", LISTABLE, true, true },
    { "source_run_id", "source_run_id", LISTABLE, true, true },
    { "creation_timestamp", "creation_timestamp", NUMBER, true, true },
    { "creation_timestamp_ms", "creation_timestamp", NUMBER, true, true },
    { "creation_time", "creation_timestamp", NUMBER, true, true },
    { "last_updated_timestamp", "last_updated_timestamp", NUMBER, true, true },
    { "last_updated_timestamp_ms", "last_updated_timestamp", NUMBER, true, true },
    { 0 },
};

static const struct {
    const struct filter_attribute *attributes;
    unsigned entities; /* a bit each */
    const char *entity_names;
} searches[FILTER_SEARCH_COUNT] = {
    [FILTER_RUNS] = { run_attributes,
                      1u << FILTER_ATTRIBUTE | 1u << FILTER_METRIC | 1u << FILTER_PARAM | 1u << FILTER_TAG |
                          1u << FILTER_DATASET,
                      "['metric', 'parameter', 'tag', 'attribute', 'dataset']" },
    [FILTER_EXPERIMENTS] = { experiment_attributes, 1u << FILTER_ATTRIBUTE | 1u << FILTER_TAG, "['tag', 'attribute']" },
    [FILTER_REGISTERED_MODELS] = { registered_model_attributes, 1u << FILTER_ATTRIBUTE | 1u << FILTER_TAG,
                                   "['tag', 'attribute']" },
    [FILTER_MODEL_VERSIONS] = { model_version_attributes, 1u << FILTER_ATTRIBUTE | 1u << FILTER_TAG,
                                "['tag', 'attribute']" },
    [FILTER_LOGGED_MODELS] = { logged_model_attributes,
                               1u << FILTER_ATTRIBUTE | 1u << FILTER_METRIC | 1u << FILTER_PARAM | 1u << FILTER_TAG,
                               "['metric', 'parameter', 'tag', 'attribute']" },
};

static const struct {
    const char *word;
    enum filter_entity entity;
} entity_words[] = {
    { "metric", FILTER_METRIC },       { "metrics", FILTER_METRIC },   { "param", FILTER_PARAM },
    { "params", FILTER_PARAM },        { "parameter", FILTER_PARAM },  { "parameters", FILTER_PARAM },
    { "tag", FILTER_TAG },             { "tags", FILTER_TAG },         { "attribute", FILTER_ATTRIBUTE },
    { "attributes", FILTER_ATTRIBUTE }, { "attr", FILTER_ATTRIBUTE },  { "run", FILTER_ATTRIBUTE },
    { "dataset", FILTER_DATASET },     { "datasets", FILTER_DATASET },
};

enum status filter_find_entity(enum filter_search search, str word, enum filter_entity *ret_entity, struct error *err)
{
    *ret_entity = FILTER_ATTRIBUTE;
    if (str_is_empty(word))
        return OK;
    for (size_t i = 0; i < COUNT(entity_words); i++)
        if (str_equal(word, str_of(entity_words[i].word)) &&
            (searches[search].entities >> entity_words[i].entity & 1)) {
            *ret_entity = entity_words[i].entity;
            return OK;
        }
    return error_set(err, ERR_INVALID, "Invalid entity type '%.*s'. Valid values are %s", STR_ARG(word),
                     searches[search].entity_names);
}

/* Adds "'NAME', " to a text that is cut where it is full. */
static void add_name(char *text, size_t text_bytes, const char *name)
{
    size_t used = strlen(text);
    (void)snprintf(text + used, text_bytes - used, "%s'%s'", used > 0 ? ", " : "", name);
}

enum status filter_find_attribute(enum filter_search search, str key, bool is_order,
                                  const struct filter_attribute **ret_attribute, struct error *err)
{
    char names[300] = "";
    for (const struct filter_attribute *attribute = searches[search].attributes; attribute->name != NULL; attribute++) {
        bool is_known = is_order ? attribute->is_ordered : attribute->is_filtered;
        if (is_known && str_equal(key, str_of(attribute->name))) {
            *ret_attribute = attribute;
            return OK;
        }
        if (is_known)
            add_name(names, sizeof names, attribute->name);
    }
    return error_set(err, ERR_INVALID, "Invalid %s key '%.*s' specified. Valid keys are '{%s}'",
                     is_order ? "order_by" : "attribute", (int)MIN_OF(key.size, 100), key.data, names);
}

static const char *const op_names[FILTER_OP_COUNT] = {
    [FILTER_EQ] = "=",    [FILTER_NE] = "!=",     [FILTER_GT] = ">",   [FILTER_GE] = ">=",
    [FILTER_LT] = "<",    [FILTER_LE] = "<=",     [FILTER_LIKE] = "LIKE", [FILTER_ILIKE] = "ILIKE",
    [FILTER_IN] = "IN",   [FILTER_NOT_IN] = "NOT IN", [FILTER_IS_NULL] = "IS NULL",
    [FILTER_IS_NOT_NULL] = "IS NOT NULL",
};

const char *filter_op_name(enum filter_op op)
{
    return op_names[op];
}

enum status filter_check_op(unsigned ops, str op, enum filter_op *ret_op, struct error *err)
{
    char names[100] = "";
    for (enum filter_op known = 0; known < FILTER_OP_COUNT; known++) {
        if ((ops >> known & 1) == 0)
            continue;
        if (str_equal_ignoring_case(op, str_of(op_names[known]))) {
            *ret_op = known;
            return OK;
        }
        add_name(names, sizeof names, op_names[known]);
    }
    return error_set(err, ERR_INVALID, "Invalid comparator '%.*s' not one of '{%s}'", (int)MIN_OF(op.size, 50), op.data,
                     names);
}
