/* data/csv_dialect.h - which delimiter a CSV uses, and whether its first row is a header. */
#ifndef DATA_CSV_DIALECT_H
#define DATA_CSV_DIALECT_H

#include "base/status.h"
#include "data/csv_scan.h"

/* Finds the delimiter among comma, semicolon, tab and bar with '"' as the quote: the one that splits the first rows
 * into most fields, and all into as many. Where none does but half of the rows agree with the first one, the file is
 * taken for ragged, and the reader will name the line. False where neither holds (a preamble, another
 * delimiter, one column): duckdb_dialect_find() knows more dialects and costs more. `ret_dialect` is a usable
 * guess then too. Looks at the first 256 KiB. */
bool csv_dialect_find(str content, struct csv_dialect *ret_dialect);

#endif
