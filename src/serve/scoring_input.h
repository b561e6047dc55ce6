/* serve/scoring_input.h - the bodies that MLflow's scoring server takes, as rows of a model.
 *
 *     {"dataframe_split": {"columns": [...], "data": [[...]]}}     {"dataframe_records": [{...}]}
 *     {"instances": [...]}     {"inputs": [[...]] or {"column": [...]}}     text/csv with a header
 *
 * The same JSON is what a model folder carries as its input example. */
#ifndef SERVE_SCORING_INPUT_H
#define SERVE_SCORING_INPUT_H

#include "serve/row_reader.h"

/* ERR_INVALID names the place. `reader` is initialised and lenient. */
must_use enum status scoring_input_json(struct row_reader *reader, str body);
must_use enum status scoring_input_csv(struct row_reader *reader, str body);

#endif
