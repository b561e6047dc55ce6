#include "api/model_table.h"

#include <pthread.h>

#include "base/closest_name.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"

#define UNKNOWN_NAMED_MAX 3 /* of the unknown features of a request; one typo rarely comes with ten */

struct model {
    str name;
    char version[META_NAME_MAX + 1]; /* of the newest events; a longer one is cut off */
    uint64_t events;
    bool has_reference;
    struct map features; /* in `arena`; order is that of the entries */
    struct arena arena;
};

struct model_table {
    pthread_rwlock_t lock; /* everything below */
    struct arena arena;    /* names and models, which stay for the life of the process */
    struct map models;
};

struct model_table *model_table_new(void)
{
    struct model_table *table = mem_must(sizeof *table);
    pthread_rwlock_init(&table->lock, NULL);
    arena_init(&table->arena, 0);
    map_init(&table->models, &table->arena, MODELS_MAX);
    return table;
}

static void drop_features(struct model *model)
{
    arena_done(&model->arena);
    arena_init(&model->arena, 0);
    map_init(&model->features, &model->arena, EVENT_FEATURES_MAX);
}

void model_table_free(struct model_table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->models.count; i++) {
        struct model *model = table->models.entries[i].pointer;
        if (model != NULL)
            arena_done(&model->arena);
    }
    arena_done(&table->arena);
    pthread_rwlock_destroy(&table->lock);
    mem_free(table);
}

/* The model of that name, made where there is none; the lock is held for writing. */
static enum status model_of(struct model_table *table, str name, struct model **ret_model, struct error *err)
{
    struct map_entry *entry;
    if (map_insert(&table->models, name, &entry, NULL) != OK)
        return error_set(err, ERR_LIMIT, "more than %d models", MODELS_MAX);
    if (entry->pointer == NULL) {
        struct model *model = arena_new(&table->arena, struct model);
        model->name = entry->key;
        drop_features(model);
        entry->pointer = model;
    }
    *ret_model = entry->pointer;
    return OK;
}

static enum status add_feature(struct model *model, str name, struct error *err)
{
    struct map_entry *entry;
    return map_insert(&model->features, name, &entry, err);
}

/* ---- what is stored ---- */

static enum status load_events(struct model_table *table, struct event_log *log, struct arena *arena, struct error *err)
{
    struct event_model *stored = NULL;
    size_t count = 0;
    TRY(event_log_models(log, arena, &stored, &count, err));
    for (size_t i = 0; i < count; i++) {
        struct model *model;
        TRY(model_of(table, stored[i].name, &model, err));
        model->events = stored[i].rows;
        for (size_t f = 0; f < stored[i].feature_count; f++)
            TRY(add_feature(model, stored[i].feature_names[f], err));
    }
    return OK;
}

static bool is_listed(const struct strs *list, str name)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_equal(list->items[i], name))
            return true;
    return false;
}

/* Columns of a reference that events have outside of `features`. */
static bool is_no_feature(const struct model_settings *settings, str column)
{
    static const char *const own[] = { "prediction", "target", "prediction_id", "timestamp", "model_version" };
    const struct analysis_options *options = &settings->options;
    for (size_t i = 0; i < COUNT(own); i++)
        if (str_equal(column, str_of(own[i])))
            return true;
    return str_equal(column, options->target) || str_equal(column, options->prediction) ||
           is_listed(&options->probabilities, column);
}

static enum status learn(struct model_table *table, const struct model_settings *settings, str name,
                         const struct frame *reference, struct error *err)
{
    struct model *model;
    TRY(model_of(table, name, &model, err));
    drop_features(model);
    model->has_reference = true;
    for (size_t i = 0; i < reference->column_count; i++)
        if (!is_no_feature(settings, reference->columns[i].name))
            TRY(add_feature(model, reference->columns[i].name, err));
    return OK;
}

enum status model_table_learn_reference(struct model_table *table, const struct model_settings *model, str name,
                                        const struct frame *reference, struct error *err)
{
    pthread_rwlock_wrlock(&table->lock);
    enum status status = learn(table, model, name, reference, err);
    pthread_rwlock_unlock(&table->lock);
    return status;
}

enum status model_table_learn_features(struct model_table *table, str name, const str *features, size_t count,
                                       struct error *err)
{
    struct model *model;
    pthread_rwlock_wrlock(&table->lock);
    enum status status = model_of(table, name, &model, err);
    bool is_known = status == OK && model->features.count > 0;
    for (size_t i = 0; i < count && status == OK && !is_known; i++)
        status = add_feature(model, features[i], err);
    pthread_rwlock_unlock(&table->lock);
    return status;
}

static enum status load_references(struct model_table *table, struct meta *meta, struct reference_store *references,
                                   const struct api_settings *settings, struct arena *arena, struct error *err)
{
    struct meta_reference *stored = NULL;
    size_t count = 0;
    TRY(meta_reference_list(meta, (str){ 0 }, arena, &stored, &count, err));
    for (size_t i = 0; i < count; i++) {
        bool is_newest = i == 0 || !str_equal(stored[i].model_name, stored[i - 1].model_name);
        if (!is_newest)
            continue;
        CLEANUP(frame_free_slot) struct frame *frame = NULL;
        struct error unread = { 0 };
        if (reference_get(references, stored[i].model_name, 0, arena, NULL, &frame, &unread) != OK) {
            /* Its analyses fail until another reference comes; the other models, and its events, need not wait. */
            LOG_ERROR("a reference does not read back", log_str("model", stored[i].model_name), log_error(&unread));
            continue;
        }
        TRY(learn(table, api_settings_model(settings, stored[i].model_name), stored[i].model_name, frame, err));
    }
    return OK;
}

enum status model_table_load(struct model_table *table, struct event_log *log, struct meta *meta,
                             struct reference_store *references, const struct api_settings *settings, struct error *err)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct model *model;
    pthread_rwlock_wrlock(&table->lock);
    enum status status = OK;
    for (size_t i = 0; i < settings->model_count && status == OK; i++)
        status = model_of(table, settings->models[i].name, &model, err);
    if (status == OK)
        status = load_events(table, log, &arena, err);
    if (status == OK)
        status = load_references(table, meta, references, settings, &arena, err);
    pthread_rwlock_unlock(&table->lock);
    arena_done(&arena);
    return status;
}

void model_table_forget_events(struct model_table *table, str name)
{
    pthread_rwlock_wrlock(&table->lock);
    for (size_t i = 0; i < table->models.count; i++) {
        struct model *model = table->models.entries[i].pointer;
        bool is_meant = str_is_empty(name) || str_equal(model->name, name);
        if (is_meant && !model->has_reference)
            drop_features(model);
        if (is_meant)
            model->events = 0;
    }
    pthread_rwlock_unlock(&table->lock);
}

/* ---- admission ---- */

static str *feature_names(const struct model *model, struct arena *arena)
{
    str *names = arena_array(arena, str, model->features.count);
    for (size_t i = 0; names != NULL && i < model->features.count; i++)
        names[i] = arena_copy(arena, model->features.entries[i].key);
    return names;
}

/* Names features that came by position. */
static enum status name_positions(const struct model *model, struct event_group *group, struct arena *arena,
                                  struct error *err)
{
    struct event_batch *batch = &group->batch;
    size_t known = model == NULL ? 0 : model->features.count;
    if (known == 0)
        return error_set(err, ERR_INVALID, "feature_names are missing, and the model \"%.*s\" has no reference that "
                         "could tell them", STR_ARG(batch->model_name));
    if (known != batch->feature_count)
        return error_set(err, ERR_INVALID, "features: %zu values without feature_names, but the model \"%.*s\" has %zu "
                         "features", batch->feature_count, STR_ARG(batch->model_name), known);
    batch->feature_names = feature_names(model, arena);
    group->has_names = true;
    return batch->feature_names != NULL ? OK : error_set(err, ERR_LIMIT, "too many features for the memory");
}

static enum status refuse_unknown(const struct model *model, const struct event_reading *reading,
                                  const struct event_group *group, struct arena *arena, struct error *err)
{
    struct buf text;
    buf_init(&text, sizeof err->cause);
    size_t unknown = 0;
    const str *known = feature_names(model, arena);
    for (size_t i = 0; i < group->batch.feature_count; i++) {
        str name = group->batch.feature_names[i];
        if (map_find(&model->features, name) != NULL)
            continue;
        if (unknown++ >= UNKNOWN_NAMED_MAX)
            continue;
        str path = event_reading_path(reading, group->first_events[i], "features", name, arena);
        buf_printf(&text, "%s%.*s is not a feature of the model", unknown > 1 ? "; " : "", STR_ARG(path));
        str meant = known != NULL ? closest_name(name, known, model->features.count) : (str){ 0 };
        if (!str_is_empty(meant))
            buf_printf(&text, "; did you mean %.*s?", STR_ARG(meant));
    }
    enum status status = OK;
    if (unknown > 0)
        status = error_set(err, ERR_INVALID, "%.*s%s", STR_ARG(buf_str(&text)),
                           unknown > UNKNOWN_NAMED_MAX ? "; and more" : "");
    buf_done(&text);
    return status;
}

static enum status refuse_unknown_member(const struct event_reading *reading, struct arena *arena, struct error *err)
{
    static const char *const members[] = {
        "features",      "prediction", "prediction_id", "timestamp",     "model_name",  "model_version",
        "probabilities", "target",     "tags",          "feature_names", "class_names", "latency_ms",
    };
    str known[COUNT(members)];
    for (size_t i = 0; i < COUNT(members); i++)
        known[i] = str_of(members[i]);
    if (reading->unknown_member.data == NULL)
        return OK;
    str path = event_reading_path(reading, reading->unknown_event, "", reading->unknown_member, arena);
    str meant = closest_name(reading->unknown_member, known, COUNT(known));
    return error_set(err, ERR_INVALID, "%.*s: unknown%s%.*s%s", STR_ARG(path), meant.size > 0 ? "; did you mean " : "",
                     STR_ARG(meant), meant.size > 0 ? "?" : "");
}

/* The first event of a model without reference says what its features are. */
static enum status learn_features(struct model_table *table, const struct event_group *group, struct error *err)
{
    struct model *model;
    pthread_rwlock_wrlock(&table->lock);
    enum status status = model_of(table, group->batch.model_name, &model, err);
    for (size_t i = 0; i < group->batch.feature_count && status == OK; i++)
        status = add_feature(model, group->batch.feature_names[i], err);
    pthread_rwlock_unlock(&table->lock);
    return status;
}

enum status model_table_admit(struct model_table *table, const struct model_settings *settings,
                              const struct event_reading *reading, struct event_group *group, struct arena *arena,
                              struct error *err)
{
    enum status status = OK;
    if (str_is_empty(group->batch.model_version))
        group->batch.model_version = settings->version;
    if (settings->is_closed)
        TRY(refuse_unknown_member(reading, arena, err));
    pthread_rwlock_rdlock(&table->lock);
    const struct model *model = map_get(&table->models, group->batch.model_name);
    bool is_defined = model != NULL && model->features.count > 0;
    if (!group->has_names)
        status = name_positions(model, group, arena, err);
    if (status == OK && is_defined && settings->is_closed)
        status = refuse_unknown(model, reading, group, arena, err);
    pthread_rwlock_unlock(&table->lock);
    if (status == OK && (!is_defined || !settings->is_closed))
        status = learn_features(table, group, err);
    return status;
}

void model_table_count(struct model_table *table, str name, str version, uint64_t stored)
{
    pthread_rwlock_wrlock(&table->lock);
    struct model *model = map_get(&table->models, name);
    if (model != NULL) {
        model->events += stored;
        (void)snprintf(model->version, sizeof model->version, "%.*s", STR_ARG(version));
    }
    pthread_rwlock_unlock(&table->lock);
}

/* ---- lists ---- */

static bool describe(const struct model *model, struct arena *arena, struct model_facts *ret_facts)
{
    *ret_facts = (struct model_facts){
        .name = arena_copy(arena, model->name),
        .version = arena_copy(arena, str_of(model->version)),
        .events = model->events,
        .feature_count = model->features.count,
        .features = feature_names(model, arena),
        .has_reference = model->has_reference,
    };
    return ret_facts->features != NULL;
}

static int by_name(const void *a, const void *b)
{
    return str_compare(((const struct model_facts *)a)->name, ((const struct model_facts *)b)->name);
}

enum status model_table_list(struct model_table *table, struct arena *arena, struct model_facts **ret_facts,
                             size_t *ret_count, struct error *err)
{
    pthread_rwlock_rdlock(&table->lock);
    size_t count = table->models.count;
    struct model_facts *facts = arena_array(arena, struct model_facts, count);
    bool is_whole = facts != NULL;
    for (size_t i = 0; is_whole && i < count; i++)
        is_whole = describe(table->models.entries[i].pointer, arena, &facts[i]);
    pthread_rwlock_unlock(&table->lock);
    if (!is_whole)
        return error_set(err, ERR_LIMIT, "the list of %zu models does not fit in memory", count);
    qsort(facts, count, sizeof *facts, by_name);
    *ret_facts = facts;
    *ret_count = count;
    return OK;
}

enum status model_table_get(struct model_table *table, str name, struct arena *arena, struct model_facts *ret_facts,
                            struct error *err)
{
    pthread_rwlock_rdlock(&table->lock);
    const struct model *model = map_get(&table->models, name);
    bool is_there = model != NULL && describe(model, arena, ret_facts);
    pthread_rwlock_unlock(&table->lock);
    return is_there ? OK : error_set(err, ERR_NOT_FOUND, "there is no model \"%.*s\"", STR_ARG(name));
}
