/* data/csv_scan.h - the fields of one line of CSV after another (RFC 4180, and what else people write).
 *
 * Rows end with LF, CRLF or CR; blank lines are no rows. A field that begins with the quote ends at the next
 * single one; text behind that belongs to it, as pandas reads it. Allocates nothing, copies nothing. */
#ifndef DATA_CSV_SCAN_H
#define DATA_CSV_SCAN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

struct csv_dialect {
    char delimiter;
    char quote;   /* 0 = none */
    char escape;  /* of a quote inside quotes: the quote itself, or '\\' */
    char comment; /* lines that start with it are no rows; 0 = none */
    size_t skip_lines; /* before the first row */
};

struct csv_field {
    str raw;        /* without the quotes around it */
    bool has_escape; /* csv_field_text() must look at it */
};

struct csv_scanner {
    struct csv_dialect dialect;
    const char *at, *end;
    size_t line;     /* of the row that was read last, from 1 */
    size_t next_line;
    unsigned char stops[256]; /* 1 for bytes that end a field without quotes */
};

/* From the first row of `content`, behind a UTF-8 byte order mark. */
void csv_scanner_init(struct csv_scanner *scanner, const struct csv_dialect *dialect, str content);

/* Reads one row: at most `fields_max` fields are stored, all are counted. False at the end. ERR_INVALID: a quote
 * that is never closed; the message begins with "line N". */
must_use enum status csv_scanner_row(struct csv_scanner *scanner, struct csv_field *fields, size_t fields_max,
                                     size_t *ret_count, bool *ret_has_row, struct error *err);

/* The field's text; `scratch` holds it where quotes inside had to be undone. */
str csv_field_text(const struct csv_field *field, const struct csv_dialect *dialect, struct buf *scratch);

#endif
