/* monitor/column_type.h - what a column means, and what it is for: the words that users declare. */
#ifndef MONITOR_COLUMN_TYPE_H
#define MONITOR_COLUMN_TYPE_H

#include <stdbool.h>

#include "base/str.h"

enum column_type { TYPE_NUM, TYPE_CAT, TYPE_BOOL, TYPE_DATETIME, TYPE_TEXT, TYPE_ID, TYPE_COUNT };

/* "num", "cat", "bool", "datetime", "text", "id"; parse also takes numerical, categorical, boolean. */
const char *column_type_name(enum column_type type);

/* False for a name that is none, `*ret_type` stays as it was. */
bool column_type_parse(str name, enum column_type *ret_type);

enum column_role {
    ROLE_FEATURE,
    ROLE_TARGET,
    ROLE_PREDICTION,
    ROLE_PROBABILITY,
    ROLE_TIMESTAMP,
    ROLE_ID,
    ROLE_SEGMENT,
    ROLE_COUNT
};

/* "feature", "target", ... */
const char *column_role_name(enum column_role role);

/* What the model does; TASK_AUTO asks for it to be found out from target and prediction. */
enum task { TASK_AUTO, TASK_REGRESSION, TASK_BINARY, TASK_MULTICLASS, TASK_COUNT };

/* "auto", "regression", "binary", "multiclass"; parse takes "classification" as auto. */
const char *task_name(enum task task);

/* False for a name that is none, `*ret_task` stays as it was. */
bool task_parse(str name, enum task *ret_task);

/* Whether drift methods for categories apply (cat and bool). */
static inline bool column_type_is_categorical(enum column_type type)
{
    return type == TYPE_CAT || type == TYPE_BOOL;
}

#endif
