/* store/event_sql_gate.h - which SELECTs of people may run: those over the events, and nothing about the machine.
 *
 * DuckDB tells much about where it runs: settings, paths, versions, secrets, files behind a view. Texts can hide a name
 * in many ways, so the gate asks DuckDB's own parser for the tree of the statement and looks at every name in it:
 *
 *     tables           views of models, "events" and "labels"; names that a WITH gives; what information_schema says of
 *                      tables, columns and schemata; nothing else, so no file either
 *     table functions  those that only make rows of their arguments
 *     functions        all but those that tell of the process, its settings and its catalog */
#ifndef STORE_EVENT_SQL_GATE_H
#define STORE_EVENT_SQL_GATE_H

#include "data/duckdb_door.h"

/* Parses `sql`, which is one statement, and looks at its names; nothing of it is bound or run. ERR_INVALID names what
 * is wrong: no SELECT, or the table or function. Costs some 10 ms, and a second for ten thousand
 * constants. */
must_use enum status event_sql_gate(duckdb_connection connection, str sql, struct error *err);

#endif
