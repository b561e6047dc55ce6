/* data/csv_cell.h - what the text of one CSV cell is: missing, boolean, integer, float, time or text. */
#ifndef DATA_CSV_CELL_H
#define DATA_CSV_CELL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum csv_type { CSV_MISSING, CSV_BOOLEAN, CSV_INTEGER, CSV_FLOAT, CSV_TIME, CSV_TEXT, CSV_TYPE_COUNT };

/* Whether pandas.read_csv() takes the text for a missing value by default (its na_values, 2.x): "", "NA",
 * "N/A", "nan", "None", "null", "<NA>", "#N/A", "-1.#IND", ... */
bool csv_cell_is_missing(str text);

/* "true", "True", "TRUE" and the same of false. */
bool csv_cell_boolean(str text, bool *ret_value);

/* A decimal number with white space around it; "inf", "-Infinity"; beyond the largest double an infinity. */
bool csv_cell_number(str text, double *ret_value);

/* The narrowest type whose values include the text. */
enum csv_type csv_cell_type(str text);

#endif
