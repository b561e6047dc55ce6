/* store/event_chunk.h - rows on their way into one DuckDB table, 2048 at a time.
 *
 * Lives within one transaction of its connection. Cells that a row does not have are NULL, and so are NaN
 * and, should one ever come, values of another type than their column's. */
#ifndef STORE_EVENT_CHUNK_H
#define STORE_EVENT_CHUNK_H

#include "data/duckdb_door.h"
#include "store/event_log.h"

struct event_chunk;

/* `kinds` are the types of the table's columns, all of them, in order. */
must_use enum status event_chunk_open(duckdb_connection connection, const char *table_name,
                                      const enum event_value_kind *kinds, size_t column_count,
                                      struct event_chunk **ret_chunk, struct error *err);

/* Discards what was not flushed. NULL is fine. */
void event_chunk_close(struct event_chunk *chunk);

/* Sets a cell of the row being filled. */
void event_chunk_put(struct event_chunk *chunk, size_t column, const struct event_value *value);

/* Ends the row. Every 2048th call hands the rows to DuckDB. */
must_use enum status event_chunk_end_row(struct event_chunk *chunk, struct error *err);

/* Hands over the rest; the chunk is only good for closing then. */
must_use enum status event_chunk_flush(struct event_chunk *chunk, struct error *err);

#endif
