/* serve/runtime.h - a model in memory that answers rows: what every runtime (trees, ONNX, Python) can do.
 *
 * A runtime is loaded from the folder of a model version (mlmodel.h), is used from many threads at a time, and
 * never changes. Who calls it has matched the rows to `info` already: same columns, same order, same types. */
#ifndef SERVE_RUNTIME_H
#define SERVE_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

/* How a column reaches the model. The names are MLflow's: "double", "float", "integer", "long", "boolean", "string",
 * "datetime". */
enum field_type { FIELD_DOUBLE, FIELD_FLOAT, FIELD_INTEGER, FIELD_LONG, FIELD_BOOLEAN, FIELD_STRING, FIELD_DATETIME };

struct field {
    str name;
    enum field_type type;
    bool is_required; /* false: the column may be left out, and is then missing */
};

enum model_task { MODEL_TASK_UNKNOWN, MODEL_REGRESSION, MODEL_BINARY, MODEL_MULTICLASS };

struct runtime_info {
    const char *runtime; /* "trees", "onnx", "pyfunc" */
    str flavor;          /* MLflow's: "xgboost", "lightgbm", "onnx", "sklearn" */
    enum model_task task;
    const struct field *inputs; /* [input_count], in the model's order */
    size_t input_count;
    bool has_names;         /* false: the names were made up ("f0", "f1"); any name of a caller's is then unknown */
    const str *class_names; /* [class_count]; 0 for regression and where the model does not tell */
    size_t class_count;
    bool gives_scores; /* the library's own predict gives probabilities or margins (a Booster), not labels: what
                          /invocations must answer; /predict answers the class in any case */
    bool may_wait; /* answers come from another process: never call it on a thread that serves connections */
};

/* Rows as the model wants them. Both arrays are row-major, [rows * input_count]. */
struct runtime_rows {
    size_t rows;
    const double *numbers; /* NaN = missing; of text columns ignored; datetimes in microseconds UTC */
    const str *texts;      /* of FIELD_STRING columns, data NULL = missing; NULL where no column is text */
};

/* One output of a model that has several by name (ONNX): numbers or texts, [rows * columns]. */
struct runtime_output {
    str name;
    size_t columns;
    const double *numbers;
    const str *texts; /* NULL where they are numbers */
};

/* Lives in the arena of the call. `values` are predictions as numbers: a regression's value, else the index of the
 * class in info->class_names. Where labels are known only by the model (pyfunc) they are in `labels`, else NULL. */
struct runtime_answer {
    size_t rows, class_count;
    const double *values;        /* [rows]; NaN where `labels` speaks */
    const str *labels;           /* [rows] or NULL */
    const double *probabilities; /* [rows * class_count] or NULL */
    const struct runtime_output *outputs; /* [output_count] as the library gave them; 0: no more than the above */
    size_t output_count;
};

/* contributions[row][class][input], then the bias at [input_count]; they add up to the raw margin of that class
 * (one "class" for regression and binary). float64 of TreeSHAP. */
struct runtime_explanation {
    size_t rows, outputs, inputs;
    const double *contributions; /* [rows * outputs * (inputs + 1)] */
};

struct runtime;

struct runtime_methods {
    /* ERR_UNAVAILABLE: the worker died or is busy, try again; ERR_INVALID: the model refused the input. */
    enum status (*predict)(struct runtime *runtime, const struct runtime_rows *rows, struct arena *arena,
                           struct runtime_answer *ret_answer, struct error *err);
    /* NULL: cannot explain. */
    enum status (*explain)(struct runtime *runtime, const struct runtime_rows *rows, struct arena *arena,
                           struct runtime_explanation *ret_explanation, struct error *err);
    void (*free)(struct runtime *runtime);
};

/* Runtimes embed it as their first member. */
struct runtime {
    const struct runtime_methods *methods;
    struct runtime_info info;
};

#endif
