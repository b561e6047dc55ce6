/* monitor/table_fixture.h - small tables for tests, written as they read. */
#ifndef MONITOR_TABLE_FIXTURE_H
#define MONITOR_TABLE_FIXTURE_H

#include "data/frame.h"

/* A frame of lines of comma-separated cells under a line of names: "x,s\n1.5,a\n,b\n". An empty cell is missing; "1" is
 * an integer, "1.0" a float, "inf" infinite, true and false booleans, "2026-01-01" a time, the rest text. Ends the
 * program where the text is no table. Free with frame_free. */
struct frame *table_of(const char *text);

/* The table with column `name` alone holding `count` values, as floats. */
struct frame *table_of_numbers(const char *name, const double *values, size_t count);

#endif
