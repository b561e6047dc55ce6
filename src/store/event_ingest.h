/* store/event_ingest.h - from the journal into DuckDB, exactly once.
 *
 * (I1) Rows and the number of the last record among them are one transaction, so a crash anywhere repeats
 *      nothing and leaves nothing out.
 * One thread at a time: the log's ingest lock. */
#ifndef STORE_EVENT_INGEST_H
#define STORE_EVENT_INGEST_H

#include "store/event_tables.h"
#include "store/journal.h"

struct event_ingest;

/* Makes or loads the catalog. Borrows `connection` and `history_folder`, below which the files of store.files are. */
must_use enum status event_ingest_open(duckdb_connection connection, const char *history_folder,
                                       struct event_ingest **ret_ingest, struct error *err);

/* Ends the statements; the connection stays open. NULL is fine. */
void event_ingest_close(struct event_ingest *ingest);
DEFINE_CLEANUP(struct event_ingest, event_ingest_close);

/* The last record in DuckDB. */
uint64_t event_ingest_sequence(const struct event_ingest *ingest);

/* The catalog, for who holds the ingest lock. */
struct event_tables *event_ingest_tables(struct event_ingest *ingest);

/* Moves every record up to `through` over, in transactions of some 32 MiB. After an error, what was committed
 * counts, and the next call goes on behind it. */
must_use enum status event_ingest_run(struct event_ingest *ingest, struct journal *journal, uint64_t through,
                                      struct error *err);

#endif
