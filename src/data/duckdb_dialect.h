/* data/duckdb_dialect.h - the dialects of CSV that DuckDB's sniffer knows and csv_dialect.h does not: preambles,
 * comments, odd delimiters and quotes. */
#ifndef DATA_DUCKDB_DIALECT_H
#define DATA_DUCKDB_DIALECT_H

#include "base/status.h"
#include "data/csv_scan.h"

/* Sniffs the file at `path`. ERR_INVALID: it can't tell either. About 40 ms. */
must_use enum status duckdb_dialect_find(str path, struct csv_dialect *ret_dialect, struct error *err);

#endif
