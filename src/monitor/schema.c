#include "monitor/schema.h"

#include <math.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/time_text.h"

/* Distinct values of an integer column, but no more than one above `limit`: continuous ones stop in a few rows, and
 * small codes, as most such columns hold, are known by one bit each. */
static size_t distinct_up_to(const struct column *column, size_t limit)
{
    double seen[SCHEMA_INTEGER_CATEGORIES + 1];
    uint64_t small_seen = 0;
    size_t count = 0;
    for (size_t row = 0; row < column->rows; row++) {
        double value = column->f64[row];
        bool is_small = value >= 0 && value < 64;
        uint64_t bit = UINT64_C(1) << (is_small ? (unsigned)value : 0);
        if (is_small && (small_seen & bit))
            continue;
        small_seen |= is_small ? bit : 0;
        size_t i = 0;
        while (i < count && seen[i] != value)
            i++;
        if (i < count || isnan(value))
            continue;
        if (count == limit)
            return limit + 1;
        seen[count++] = value;
    }
    return count;
}

static enum column_type type_of_texts(const struct column *column, bool is_compat)
{
    size_t present = column->rows - column->missing, distinct = column->category_count;
    bool is_diverse = (double)distinct > 0.5 * (double)present;
    if (!is_diverse || (!is_compat && distinct < SCHEMA_TEXT_DISTINCT_MIN))
        return TYPE_CAT;
    return TYPE_TEXT;
}

/* The type that one side has by itself. */
static enum column_type type_of_side(const struct column *column, bool is_compat)
{
    if (column->storage == STORAGE_TIME)
        return TYPE_DATETIME;
    if (column->source == SOURCE_BOOLEAN)
        return TYPE_BOOL;
    if (column->storage == STORAGE_CATEGORY)
        return type_of_texts(column, is_compat);
    /* pandas makes floats of integers with gaps, and people rely on the same types from the same file. */
    if (column->source == SOURCE_INTEGER && column->missing == 0 &&
        distinct_up_to(column, SCHEMA_INTEGER_CATEGORIES) <= SCHEMA_INTEGER_CATEGORIES)
        return TYPE_CAT;
    return TYPE_NUM;
}

static bool is_all_missing(const struct column *column)
{
    return column->missing >= column->rows;
}

static enum column_type infer_type(const struct schema_column *column, bool is_compat)
{
    const struct column *reference = column->reference_raw, *current = column->current_raw;
    /* Nothing can be seen in a column of gaps: the other side knows better. */
    if (!current || (is_all_missing(current) && reference && !is_all_missing(reference)))
        return type_of_side(reference, is_compat);
    enum column_type type = type_of_side(current, is_compat);
    if (is_compat || !reference || is_all_missing(reference))
        return type;
    enum column_type before = type_of_side(reference, is_compat);
    bool are_numbers = reference->storage == STORAGE_NUMBER && current->storage == STORAGE_NUMBER;
    bool are_texts = reference->storage == STORAGE_CATEGORY && current->storage == STORAGE_CATEGORY;
    if (are_numbers && (type == TYPE_NUM || before == TYPE_NUM))
        return TYPE_NUM;
    if (are_texts && type == TYPE_TEXT && before != TYPE_TEXT)
        return before;
    return type;
}

static void choose_type(const struct analysis_options *options, struct schema_column *column)
{
    bool is_named = false;
    column->is_inferred = true;
    for (size_t i = 0; i < options->type_count; i++) {
        const struct type_choice *choice = &options->types[i];
        bool names_it = str_equal(choice->column, column->name);
        if (!names_it && (is_named || !str_equal(choice->column, STR("*"))))
            continue;
        is_named = names_it;
        column->type = choice->type;
        column->is_inferred = false;
    }
    if (column->is_inferred)
        column->type = infer_type(column, options->is_compat);
}

static enum status times_of_texts(const struct column *column, struct arena *arena, struct column *ret_column,
                                  size_t *ret_failed, struct error *err)
{
    int64_t *of_category = arena_array(arena, int64_t, column->category_count);
    int64_t *times = arena_array(arena, int64_t, column->rows);
    if ((!of_category && column->category_count) || (!times && column->rows))
        return error_set(err, ERR_LIMIT, "column %.*s does not fit in memory", STR_ARG(column->name));
    for (size_t i = 0; i < column->category_count; i++)
        if (time_text_parse(column->categories[i], &of_category[i], NULL) != OK)
            of_category[i] = FRAME_TIME_MISSING;
    size_t missing = 0;
    for (size_t row = 0; row < column->rows; row++) {
        uint32_t code = column->codes[row];
        times[row] = code == FRAME_MISSING ? FRAME_TIME_MISSING : of_category[code];
        missing += times[row] == FRAME_TIME_MISSING;
    }
    *ret_failed = missing - column->missing;
    *ret_column = *column;
    ret_column->storage = STORAGE_TIME;
    ret_column->us = times;
    ret_column->missing = missing;
    return OK;
}

/* The column in the storage that its type is analysed in; `ret_failed` values could not be read so. */
static enum status view_as(const struct column *column, enum column_type type, struct arena *arena,
                           const struct column **ret_view, size_t *ret_failed, struct error *err)
{
    *ret_failed = 0;
    *ret_view = column;
    struct column view;
    if (type == TYPE_NUM && column->storage != STORAGE_NUMBER)
        TRY(column_to_number(column, arena, &view, ret_failed, err));
    else if (type == TYPE_DATETIME && column->storage == STORAGE_CATEGORY)
        TRY(times_of_texts(column, arena, &view, ret_failed, err));
    else if (type != TYPE_DATETIME && type != TYPE_NUM && column->storage == STORAGE_TIME)
        TRY(column_to_category(column, arena, &view, err));
    else if (type == TYPE_TEXT && column->storage == STORAGE_NUMBER)
        TRY(column_to_category(column, arena, &view, err));
    else
        return OK;
    struct column *kept = arena_new(arena, struct column);
    *kept = view;
    *ret_view = kept;
    return OK;
}

static const char *kind_of(const struct column *column)
{
    if (column->source == SOURCE_BOOLEAN)
        return "booleans";
    return column->storage == STORAGE_NUMBER ? "numbers" : column->storage == STORAGE_TIME ? "times" : "texts";
}

static void note_type_change(struct schema_column *column, size_t failed_reference, size_t failed_current)
{
    const struct column *reference = column->reference_raw, *current = column->current_raw;
    if (failed_reference || failed_current) {
        bool is_current = failed_current > 0;
        column->type_change = arena_printf(&column->arena, "%zu values of the %s data are no %s",
                                           is_current ? failed_current : failed_reference,
                                           is_current ? "current" : "reference",
                                           column->type == TYPE_DATETIME ? "times" : "numbers");
        return;
    }
    if (!reference || !current || is_all_missing(reference) || is_all_missing(current))
        return;
    if (reference->storage != current->storage ||
        (reference->source == SOURCE_BOOLEAN) != (current->source == SOURCE_BOOLEAN))
        column->type_change = arena_printf(&column->arena, "%s in the reference, %s in the current data",
                                           kind_of(reference), kind_of(current));
}

/* Texts on one side that are no numbers: nobody said that they should be, so both sides are compared as categories. */
static bool is_no_number(const struct schema_column *column, size_t failed)
{
    return failed > 0 && column->is_inferred && column->type == TYPE_NUM;
}

static enum status make_views(struct schema_column *column, struct error *err)
{
    size_t failed_reference = 0, failed_current = 0;
    /* Numbers have no calendar: what was declared a time but holds numbers is analysed as what it holds. */
    bool has_numbers = (column->reference_raw && column->reference_raw->storage == STORAGE_NUMBER) ||
                       (column->current_raw && column->current_raw->storage == STORAGE_NUMBER);
    if (column->type == TYPE_DATETIME && has_numbers) {
        column->type = TYPE_NUM;
        column->type_change = STR("declared or read as times, but one side holds numbers: compared as numbers");
    }
    if (column->reference_raw)
        TRY(view_as(column->reference_raw, column->type, &column->arena, &column->reference, &failed_reference, err));
    if (column->current_raw)
        TRY(view_as(column->current_raw, column->type, &column->arena, &column->current, &failed_current, err));
    if (is_no_number(column, failed_reference + failed_current)) {
        column->type = TYPE_CAT;
        return make_views(column, err);
    }
    if (str_is_empty(column->type_change))
        note_type_change(column, failed_reference, failed_current);
    return OK;
}

static bool strs_have(const struct strs *list, str name)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_equal(list->items[i], name))
            return true;
    return false;
}

static enum column_role role_of(const struct analysis_options *options, str name)
{
    if (str_equal(name, options->target) && name.size)
        return ROLE_TARGET;
    if (str_equal(name, options->prediction) && name.size)
        return ROLE_PREDICTION;
    if (strs_have(&options->probabilities, name))
        return ROLE_PROBABILITY;
    if (str_equal(name, options->timestamp) && name.size)
        return ROLE_TIMESTAMP;
    if (str_equal(name, options->id) && name.size)
        return ROLE_ID;
    return strs_have(&options->segments, name) ? ROLE_SEGMENT : ROLE_FEATURE;
}

static enum status require_column(const struct schema *schema, str name, const char *what, struct error *err)
{
    if (str_is_empty(name) || str_equal(name, STR("*")) || schema_find(schema, name))
        return OK;
    return error_set(err, ERR_INVALID, "%s: neither the reference nor the current data has a column \"%.*s\"", what,
                     STR_ARG(name));
}

/* A mistyped name would otherwise be an option without effect. */
static enum status check_names(const struct analysis_options *options, const struct schema *schema, struct error *err)
{
    TRY(require_column(schema, options->target, "target", err));
    TRY(require_column(schema, options->prediction, "prediction", err));
    TRY(require_column(schema, options->timestamp, "timestamp", err));
    TRY(require_column(schema, options->id, "id", err));
    for (size_t i = 0; i < options->probabilities.count; i++)
        TRY(require_column(schema, options->probabilities.items[i], "probability", err));
    for (size_t i = 0; i < options->segments.count; i++)
        TRY(require_column(schema, options->segments.items[i], "segment", err));
    for (size_t i = 0; i < options->type_count; i++)
        TRY(require_column(schema, options->types[i].column, "type", err));
    for (size_t i = 0; i < options->column_count; i++)
        TRY(require_column(schema, options->columns[i].column, "column method", err));
    return OK;
}

static enum status gather_columns(struct schema *schema, const struct frame *reference, const struct frame *current,
                                  struct error *err)
{
    size_t reference_count = reference ? reference->column_count : 0;
    size_t capacity = reference_count + (current ? current->column_count : 0);
    schema->columns = arena_array(&schema->arena, struct schema_column, capacity);
    if (!schema->columns && capacity)
        return error_set(err, ERR_LIMIT, "%zu columns do not fit in memory", capacity);
    struct map by_name;
    map_init(&by_name, &schema->arena, capacity + 1);
    for (size_t side = 0; side < 2; side++) {
        const struct frame *frame = side == 0 ? reference : current;
        for (size_t i = 0; frame && i < frame->column_count; i++) {
            struct map_entry *entry;
            size_t known = by_name.count;
            TRY(map_insert(&by_name, frame->columns[i].name, &entry, err));
            if (by_name.count > known)
                entry->index = schema->count++;
            struct schema_column *column = &schema->columns[entry->index];
            column->name = frame->columns[i].name;
            *(side == 0 ? &column->reference_raw : &column->current_raw) = &frame->columns[i];
        }
    }
    return OK;
}

struct view_job {
    const struct analysis_options *options;
    struct schema *schema;
    struct error *errors; /* one a column: the first in column order is reported */
};

static void view_column(size_t index, void *argument)
{
    struct view_job *job = argument;
    struct schema_column *column = &job->schema->columns[index];
    arena_init(&column->arena, 0);
    column->role = role_of(job->options, column->name);
    choose_type(job->options, column);
    job->errors[index].status = make_views(column, &job->errors[index]);
}

/* One datetime column and no other word: it is the rows' time, as Evidently takes it. */
static void infer_timestamp(const struct analysis_options *options, struct schema *schema)
{
    struct schema_column *found = NULL;
    for (size_t i = 0; i < schema->count; i++) {
        if (schema->columns[i].type != TYPE_DATETIME)
            continue;
        if (found)
            return;
        found = &schema->columns[i];
    }
    if (found && str_is_empty(options->timestamp) && found->role == ROLE_FEATURE)
        found->role = ROLE_TIMESTAMP;
}

static void note_untested(const struct analysis_options *options, struct schema_column *column)
{
    bool has_no_method = column->type == TYPE_DATETIME || column->type == TYPE_TEXT || column->type == TYPE_ID;
    const struct column *current = column->current_raw;
    if (column->role == ROLE_TIMESTAMP || column->role == ROLE_ID)
        column->note = arena_printf(&column->arena, "not tested: it is the %s", column_role_name(column->role));
    else if (has_no_method)
        column->note =
            arena_printf(&column->arena, "not tested: no drift method takes %s columns", column_type_name(column->type));
    else if (options->is_compat && column->is_inferred && column->type == TYPE_BOOL && current && current->missing)
        column->note = STR("not tested: Evidently leaves out booleans with missing values");
}

enum status schema_new(const struct analysis_options *options, const struct frame *reference,
                       const struct frame *current, struct pool *pool, struct schema **ret_schema, struct error *err)
{
    CLEANUP(schema_free_slot) struct schema *schema = mem_must(sizeof *schema);
    arena_init(&schema->arena, 0);
    TRY(gather_columns(schema, reference, current, err));
    TRY(check_names(options, schema, err));
    struct view_job job = { options, schema, arena_array(&schema->arena, struct error, schema->count + 1) };
    if (!job.errors)
        return error_set(err, ERR_LIMIT, "%zu columns do not fit in memory", schema->count);
    pool_run(pool, schema->count, view_column, &job);
    for (size_t i = 0; i < schema->count; i++)
        if (job.errors[i].status != OK)
            return error_set(err, job.errors[i].status, "%s", job.errors[i].cause);
    infer_timestamp(options, schema);
    for (size_t i = 0; i < schema->count; i++)
        note_untested(options, &schema->columns[i]);
    *ret_schema = schema;
    schema = NULL;
    return OK;
}

void schema_free(struct schema *schema)
{
    if (!schema)
        return;
    for (size_t i = 0; i < schema->count; i++)
        arena_done(&schema->columns[i].arena);
    arena_done(&schema->arena);
    mem_free(schema);
}

const struct schema_column *schema_find(const struct schema *schema, str name)
{
    for (size_t i = 0; i < schema->count; i++)
        if (str_equal(schema->columns[i].name, name))
            return &schema->columns[i];
    return NULL;
}
