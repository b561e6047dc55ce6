/* monitor/model_quality.h - how good the model is on both sides, where target and predictions are there. */
#ifndef MONITOR_MODEL_QUALITY_H
#define MONITOR_MODEL_QUALITY_H

#include "base/status.h"
#include "monitor/analysis_options.h"
#include "monitor/report.h"
#include "monitor/schema.h"

struct model_input {
    const struct analysis_options *options;
    const struct schema *schema;
    size_t rows[2]; /* reference, current */
};

/* What of a side a model is judged by; NULL: not there. */
struct model_columns {
    const struct schema_column *target, *prediction;
    const struct schema_column **probabilities;
    size_t probability_count;
};

/* Fills classification, regression and fairness of `report` (in its model_arena), as the task says. Nothing without a
 * target, or without predictions or probabilities. ERR_LIMIT without memory. */
must_use enum status model_quality_make(const struct model_input *input, struct report *report, struct error *err);

/* The parts, for model_quality_make: each for its task. */
must_use enum status classification_quality_make(const struct model_input *input, const struct model_columns *columns,
                                                 enum task task, struct report *report, struct error *err);
must_use enum status regression_quality_make(const struct model_input *input, const struct model_columns *columns,
                                             struct report *report, struct error *err);

#endif
