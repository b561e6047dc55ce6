/* data/duckdb_library.h - libduckdb, loaded when it is first needed.
 *
 * Linking its 60 MB costs a process 20 ms before main, half of a small `kedge check`, and most commands never
 * call it. duckdb_library.c therefore defines each function of <duckdb.h> that we call; the first call finds the
 * real one. A function not in its list is linked as usual, and the library with it. */
#ifndef DATA_DUCKDB_LIBRARY_H
#define DATA_DUCKDB_LIBRARY_H

#include "base/status.h"

/* Loads the library where that has not happened yet; any thread. Needed before any other call of DuckDB, which ends the
 * process where there is no library. ERR_UNAVAILABLE with the loader's words. */
must_use enum status duckdb_library_load(struct error *err);

#endif
