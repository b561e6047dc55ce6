/* serve/split_tally.h - what one variant did since its version was loaded: requests, errors, latencies, predictions.
 *
 * A lock of its own, held for some additions; only models with a split pay it. */
#ifndef SERVE_SPLIT_TALLY_H
#define SERVE_SPLIT_TALLY_H

#include <pthread.h>

#include "serve/served_version.h"

/* Eight buckets an octave from a microsecond to 16 seconds: quantiles to 5 %. */
#define TALLY_BUCKETS 192

struct tally_facts {
    int64_t loaded_us; /* of the version that is counted; 0 = nothing was counted yet */
    char version[64];
    uint64_t requests, errors, predictions;
    double mean, squares; /* of predictions that are numbers: their mean, the sum of squares around it */
    uint64_t numbers;
    uint64_t latencies[TALLY_BUCKETS]; /* of requests that were answered */
};

struct split_tally {
    pthread_mutex_t lock;
    struct tally_facts facts; /* under lock */
};

void split_tally_init(struct split_tally *tally);
void split_tally_done(struct split_tally *tally);

/* An answered request; `seconds` from its arrival. A newer version starts the tally anew, an older one that drains is
 * left out. Of a binary model the prediction is the probability of its second class, of others with classes none. */
void split_tally_answered(struct split_tally *tally, const struct served_version *version,
                          const struct runtime_answer *answer, double seconds);

/* A request that the version failed at. */
void split_tally_failed(struct split_tally *tally, const struct served_version *version);

/* A copy of it now. */
void split_tally_read(struct split_tally *tally, struct tally_facts *ret_facts);

/* Latency below which this share (0 to 1) of the answers stayed, in milliseconds; NaN without any. */
double tally_latency_ms(const struct tally_facts *facts, double share);

/* With numbers - 1; NaN for less than two. */
double tally_variance(const struct tally_facts *facts);

#endif
