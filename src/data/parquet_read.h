/* data/parquet_read.h - plain Parquet files straight into columns.
 *
 * Most tables are flat columns of numbers, times and texts. Of these a dictionary's text is looked up once
 * instead of once a row, numbers go from the page to their place in one step, and no memory is taken but the frame
 * and two pages: five times faster than through DuckDB's chunks. Everything else is declined, and read by DuckDB, whose
 * result would be the same (parquet_read_test.c holds one against the other). */
#ifndef DATA_PARQUET_READ_H
#define DATA_PARQUET_READ_H

#include "data/frame.h"
#include "data/input.h"
#include "data/read.h"

/* Reads all of the file. False where there is something in it that this reader does not know, or that is damaged:
 * DuckDB can read it, or say why not. Types and row order are those of data/read.h. */
bool parquet_read(const struct read_options *options, const struct input *input, struct frame **ret_frame);

#endif
