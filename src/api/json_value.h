/* api/json_value.h - single values of requests: cells, times, names; each complaint carries the value's path. */
#ifndef API_JSON_VALUE_H
#define API_JSON_VALUE_H

#include "format/json.h"
#include "store/event_log.h"

/* A number, text, boolean or null; an array of one such value counts as the value (model.predict() of one row
 * gives one). Whole numbers come back as INTEGER. */
enum status json_value_cell(struct json_reader *json, struct event_value *ret_value);

/* RFC 3339 text, or a number of seconds since the Unix epoch; null leaves `ret_time_us` as it is. */
enum status json_value_time(struct json_reader *json, int64_t *ret_time_us);

/* Text; a whole number becomes its digits ("model_version": 1). Null gives the empty str. */
enum status json_value_name(struct json_reader *json, str *ret_name);

/* A list that grows in the arena: room for one more of `size` bytes, NULL without memory. */
void *json_value_grow(struct arena *arena, void **list, size_t *capacity, size_t count, size_t size);

#endif
