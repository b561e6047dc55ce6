/* data/csv_read.h - CSV files become a frame; inside data/ only. */
#ifndef DATA_CSV_READ_H
#define DATA_CSV_READ_H

#include "data/input.h"
#include "data/read.h"

/* Reads the files one behind the other; all have the first one's columns, in any order. Types, missing values and
 * errors as data/read.h says. One pass over the bytes, and a second one for columns whose type turned out wrong.
 * `first` is the first file where it is open already, else NULL; it is taken over, also on failure. */
must_use enum status csv_read(const struct read_options *options, const str *files, size_t file_count,
                              struct input *first, struct frame **ret_frame, struct error *err);

#endif
