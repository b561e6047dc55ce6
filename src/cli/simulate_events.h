/* cli/simulate_events.h - rows of a table as request bodies for /capture/batch and /labels, drifted on the way. */
#ifndef CLI_SIMULATE_EVENTS_H
#define CLI_SIMULATE_EVENTS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/random.h"
#include "cli/simulate_options.h"
#include "data/frame.h"

/* A column that is sent as a feature. */
struct simulated_feature {
    const struct column *column;
    double shift; /* what full drift adds, in the column's own unit; 0 = stays as it is */
};

/* What each column of the file is to an event. Borrows frame and options. */
struct simulated_events {
    struct simulated_feature *features;
    size_t feature_count;
    const struct column *prediction, *target, *timestamp, *id; /* NULL: none */
    const struct column **probabilities;
    size_t probability_count;
    size_t rows;     /* of the file */
    size_t events;   /* to send */
    bool drift_grows, holds_targets_back;
    bool asks_model; /* the server's model predicts: neither predictions nor a version are sent */
    str model_version;
    size_t *drawn;   /* [events] rows of the file in the order of sending; NULL: in its own order, from the start again */
    char id_prefix[48];
};

/* Finds the columns and draws the rows. ERR_NOT_FOUND names a column that is not there, ERR_INVALID one that cannot be
 * shifted. Lives in `arena`. */
must_use enum status simulated_events_init(struct simulated_events *events, const struct simulate_options *options,
                                           const struct frame *frame, struct arena *arena, struct error *err);

/* Appends the body with events [from, to). False when it does not fit. */
must_use bool simulated_events_write(const struct simulated_events *events, size_t from, size_t to, struct buf *body);

/* Appends a body with the labels of events [from, to), without those whose target is missing, and counts them. */
must_use bool simulated_events_write_labels(const struct simulated_events *events, size_t from, size_t to,
                                            struct buf *body, size_t *ret_labels);

#endif
