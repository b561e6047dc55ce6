#include "monitor/column_type.h"

#include "base/attributes.h"

static const char *const type_names[TYPE_COUNT] = {
    [TYPE_NUM] = "num",           [TYPE_CAT] = "cat",   [TYPE_BOOL] = "bool",
    [TYPE_DATETIME] = "datetime", [TYPE_TEXT] = "text", [TYPE_ID] = "id",
};

const char *column_type_name(enum column_type type)
{
    return type_names[type];
}

bool column_type_parse(str name, enum column_type *ret_type)
{
    static const struct {
        const char *word;
        enum column_type type;
    } synonyms[] = {
        { "numerical", TYPE_NUM }, { "numeric", TYPE_NUM },     { "categorical", TYPE_CAT },
        { "boolean", TYPE_BOOL },  { "timestamp", TYPE_DATETIME },
    };
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (str_equal(name, str_of(type_names[i]))) {
            *ret_type = (enum column_type)i;
            return true;
        }
    }
    for (size_t i = 0; i < COUNT(synonyms); i++) {
        if (str_equal(name, str_of(synonyms[i].word))) {
            *ret_type = synonyms[i].type;
            return true;
        }
    }
    return false;
}

const char *column_role_name(enum column_role role)
{
    static const char *const names[ROLE_COUNT] = {
        [ROLE_FEATURE] = "feature",         [ROLE_TARGET] = "target",
        [ROLE_PREDICTION] = "prediction",   [ROLE_PROBABILITY] = "probability",
        [ROLE_TIMESTAMP] = "timestamp",     [ROLE_ID] = "id",
        [ROLE_SEGMENT] = "segment",
    };
    return names[role];
}

static const char *const task_names[TASK_COUNT] = {
    [TASK_AUTO] = "auto",
    [TASK_REGRESSION] = "regression",
    [TASK_BINARY] = "binary",
    [TASK_MULTICLASS] = "multiclass",
};

const char *task_name(enum task task)
{
    return task_names[task];
}

bool task_parse(str name, enum task *ret_task)
{
    /* Two labels or more: that shows in the data. */
    if (str_equal(name, STR("classification"))) {
        *ret_task = TASK_AUTO;
        return true;
    }
    for (size_t i = 0; i < TASK_COUNT; i++) {
        if (str_equal(name, str_of(task_names[i]))) {
            *ret_task = (enum task)i;
            return true;
        }
    }
    return false;
}
