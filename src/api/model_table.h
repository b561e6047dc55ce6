/* api/model_table.h - the models that are there now, and what each one's events look like.
 *
 * A model appears with its configuration, its reference or its first event. Its features are those of the
 * newest reference, else of the events stored so far; a closed model takes no others. Any thread. */
#ifndef API_MODEL_TABLE_H
#define API_MODEL_TABLE_H

#include "api/event_reader.h"
#include "api/settings.h"
#include "store/reference_store.h"

#define MODELS_MAX 10000

struct model_table;

struct model_table *model_table_new(void);
void model_table_free(struct model_table *table); /* NULL is fine */

/* Fills the table from what is stored; at start. */
must_use enum status model_table_load(struct model_table *table, struct event_log *log, struct meta *meta,
                                      struct reference_store *references, const struct api_settings *settings,
                                      struct error *err);

/* The model has a new reference: its columns, without those that are no features, are the features now. */
must_use enum status model_table_learn_reference(struct model_table *table, const struct model_settings *model, str name,
                                                 const struct frame *reference, struct error *err);

/* The columns of a model that is served here; nothing new where its features are known. */
must_use enum status model_table_learn_features(struct model_table *table, str name, const str *features, size_t count,
                                                struct error *err);

/* The model's events and reference are gone or new rows came. */
void model_table_forget_events(struct model_table *table, str name);

/* Fits a group to its model: gives names to features that came by position, refuses unknown ones where the
 * model is closed (ERR_INVALID with path and closest name), and lets a first event define the features. */
must_use enum status model_table_admit(struct model_table *table, const struct model_settings *model,
                                       const struct event_reading *reading, struct event_group *group,
                                       struct arena *arena, struct error *err);

/* Counts stored events; ret total since ever, for schedules by rows. */
void model_table_count(struct model_table *table, str name, str version, uint64_t stored);

struct model_facts {
    str name, version; /* version of the newest event, empty = none yet */
    uint64_t events;   /* stored since ever, as far as known */
    size_t feature_count;
    str *features;
    bool has_reference;
};

/* All models by name, in `arena`; ERR_LIMIT without memory. */
must_use enum status model_table_list(struct model_table *table, struct arena *arena, struct model_facts **ret_facts,
                                      size_t *ret_count, struct error *err);

/* One of them; ERR_NOT_FOUND names it. */
must_use enum status model_table_get(struct model_table *table, str name, struct arena *arena,
                                     struct model_facts *ret_facts, struct error *err);

#endif
