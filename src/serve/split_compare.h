/* serve/split_compare.h - how two variants of a split differ, with evidence that may be looked at at any time. */
#ifndef SERVE_SPLIT_COMPARE_H
#define SERVE_SPLIT_COMPARE_H

#include "serve/split_tally.h"
#include "stats/sequential.h"

#define SPLIT_ALPHA 0.05 /* intervals hold with 95 %, at all times together */

struct split_comparison {
    struct stats_sequential errors;      /* shares of requests that failed */
    struct stats_sequential predictions; /* means of predictions that are numbers */
    bool has_errors, has_predictions;    /* false: one side has too few */
};

/* `other` against `baseline`. Rows of one request count as independent. */
void split_compare(const struct tally_facts *baseline, const struct tally_facts *other, struct split_comparison *ret);

#endif
