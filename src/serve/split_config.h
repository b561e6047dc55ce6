/* serve/split_config.h - what the configuration says of a traffic split: data only. */
#ifndef SERVE_SPLIT_CONFIG_H
#define SERVE_SPLIT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "serve/model_source.h"

#define SPLIT_VARIANTS_MAX 8
#define SPLIT_NAME_MAX 40 /* bytes of a variant's name */
#define CANARY_STEPS_MAX 16

enum split_mode { SPLIT_ANSWERS, SPLIT_SHADOW };

struct split_variant_config {
    str name;
    bool is_own; /* the version that the model itself follows; pick and value mean nothing */
    str path;    /* a folder or file instead of the registry; `value` is then what its version is called */
    enum model_pick pick;
    str value;
    double weight; /* of the requests, relative to the others'; of no meaning to a shadow */
    enum split_mode mode;
};

/* Shares of the requests that the new version gets, one after the other, and what takes it out again. */
struct canary_config {
    double steps[CANARY_STEPS_MAX]; /* percent, rising; the first variant of the split is the candidate */
    size_t step_count;              /* 0: no canary */
    int64_t every_ms;               /* the least time on a step */
    int64_t requests_min;           /* the least requests that the candidate answers on a step */
    double error_rate_max;          /* NaN: not looked at */
    double latency_p99_max_ms;      /* NaN: not looked at */
};

struct split_config {
    const struct split_variant_config *variants; /* [count] */
    size_t count;                                /* 0: no split */
    str sticky_key; /* a feature or tag; callers with the same one get the same variant. Empty: only X-Kedge-Key */
    struct canary_config canary;
};

#endif
