/* store/frame_parquet.h - a frame as a Parquet file; data/read.h reads it back. */
#ifndef STORE_FRAME_PARQUET_H
#define STORE_FRAME_PARQUET_H

#include "data/frame.h"

/* Writes all columns to `path` (zstd), then syncs the file and its folder: all or nothing, as file_write. Integers
 * stay integers, booleans booleans; missing cells become NULL. */
must_use enum status frame_write_parquet(const struct frame *frame, const char *path, struct error *err);

#endif
