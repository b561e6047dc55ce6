/* serve/canary.h - a new version on a growing share of the requests, taken out by itself when it does badly.
 *
 *     waiting --loaded--> step 0 --time and requests--> step 1 ... last step --> done
 *                            \__________ errors or latency above their limits ______/--> rolled back
 *
 * A pure function of counters and time: who owns the state calls canary_tick now and then. A rolled-back version gets
 * no request any more; another version of the candidate starts anew. */
#ifndef SERVE_CANARY_H
#define SERVE_CANARY_H

#include "serve/split_config.h"

enum canary_phase { CANARY_WAITING, CANARY_STEPPING, CANARY_DONE, CANARY_ROLLED_BACK, CANARY_PHASE_COUNT };

/* "waiting", "stepping", "done", "rolled_back" */
const char *canary_phase_name(enum canary_phase phase);

struct canary {
    enum canary_phase phase;
    size_t step;
    int64_t step_started_ms, version_loaded_us; /* of the candidate that the state speaks of */
    uint64_t requests_before, errors_before;    /* this step */
    uint64_t rollbacks;
    char reason[128]; /* of the last rollback */
};

/* What the candidate did since it was loaded. */
struct canary_sample {
    int64_t loaded_us; /* of the version; 0: none is loaded */
    uint64_t requests, errors;
    double latency_p99_ms; /* NaN without requests */
};

/* Moves by at most one step. True where the share or the phase changed. Zeroed state is the beginning. */
bool canary_tick(struct canary *canary, const struct canary_config *config, const struct canary_sample *sample,
                 int64_t now_ms);

/* Percent of the requests that the candidate gets now. */
double canary_share(const struct canary *canary, const struct canary_config *config);

#endif
