/* data/csv_names.h - column names out of a header: well-formed, unique, never empty. */
#ifndef DATA_CSV_NAMES_H
#define DATA_CSV_NAMES_H

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

struct csv_name {
    str name;
    const char *note; /* NULL, or how it differs from the header */
};

/* `texts`: the header's fields; NULL where the file has none. Empty names become "column0" after their place, the
 * second "a" becomes "a_1" (or the next number that is free), bytes that are no UTF-8 become \xNN. */
must_use enum status csv_names_make(const str *texts, size_t count, struct arena *arena, struct csv_name **ret_names,
                                    struct error *err);

#endif
