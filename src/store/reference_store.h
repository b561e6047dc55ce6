/* store/reference_store.h - the versioned data sets that windows are compared with.
 *
 * The rows are Parquet files below FOLDER/references/, one a version, never changed; what is known about
 * them is in meta.h. A put writes and syncs the file first and its metadata then, so a crash leaves at
 * most a file that nobody names, which the next open removes. Any thread. */
#ifndef STORE_REFERENCE_STORE_H
#define STORE_REFERENCE_STORE_H

#include "data/frame.h"
#include "store/meta.h"

struct reference_store;

/* `folder` is the data folder. Borrows `meta`, which must outlive the store. */
must_use enum status reference_store_open(const char *folder, struct meta *meta, struct reference_store **ret_store,
                                          struct error *err);

/* The references stay; no call may be running. NULL is fine. */
void reference_store_close(struct reference_store *store);
DEFINE_CLEANUP(struct reference_store, reference_store_close);

/* Stores `frame` as the model's next version, durably. The same rows as the newest version add none:
 * that version comes back. `origin` says where they came from; `now_us` is the creation time. ERR_INVALID
 * without rows or columns. */
must_use enum status reference_put(struct reference_store *store, str model_name, str origin, const struct frame *frame,
                                   int64_t now_us, struct arena *arena, struct meta_reference *ret_reference,
                                   struct error *err);

/* The rows of a version (0 = the newest); `ret_reference` may be NULL. ERR_NOT_FOUND where there is
 * none, ERR_CORRUPT where the file is not what was put. */
must_use enum status reference_get(struct reference_store *store, str model_name, int64_t version, struct arena *arena,
                                   struct meta_reference *ret_reference, struct frame **ret_frame, struct error *err);

/* The path of a version's Parquet file, terminated: for a download. */
must_use enum status reference_path(struct reference_store *store, str model_name, int64_t version, struct arena *arena,
                                    str *ret_path, struct error *err);

/* 16 hex digits over names, types and values in order: equal for equal tables, whatever file they came
 * from. Missing cells count, category numbering does not. */
#define REFERENCE_HASH_MAX 17
void reference_hash(const struct frame *frame, char text[REFERENCE_HASH_MAX]);

#endif
