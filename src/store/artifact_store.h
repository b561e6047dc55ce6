/* store/artifact_store.h - files of runs and models, by path: a folder here, a bucket elsewhere.
 *
 * Paths are relative, '/'-separated UTF-8, without empty, "." or ".." parts, at most ARTIFACT_PATH_BYTES_MAX;
 * anything else is ERR_INVALID. A put is whole or not there, and durable when it returns. Any thread. */
#ifndef STORE_ARTIFACT_STORE_H
#define STORE_ARTIFACT_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/status.h"
#include "base/str.h"

#define ARTIFACT_PATH_BYTES_MAX ((size_t)1024)

struct artifact_store;

/* Below FOLDER/artifacts, made when missing; what a crash left half written is removed. */
must_use enum status artifact_store_open_files(const char *folder, struct artifact_store **ret_store, struct error *err);
void artifact_store_close(struct artifact_store *store); /* NULL is fine */
DEFINE_CLEANUP(struct artifact_store, artifact_store_close);

/* A file of the caller's on the store's own file system (artifact_store_spool) becomes the artifact; it is gone
 * from where it was, also after an error. Replaces what was there. ERR_INVALID where a part of the path is a file. */
must_use enum status artifact_put_file(struct artifact_store *store, str path, const char *file, struct error *err);
must_use enum status artifact_put_bytes(struct artifact_store *store, str path, str bytes, struct error *err);

/* A fresh name to write an upload to before artifact_put_file; lives in `arena`. */
const char *artifact_store_spool(struct artifact_store *store, struct arena *arena);

/* A local file with the artifact's content, which stays as long as the artifact is not replaced. ERR_NOT_FOUND;
 * ERR_INVALID for a folder. */
must_use enum status artifact_local_file(struct artifact_store *store, str path, struct arena *arena,
                                         const char **ret_file, uint64_t *ret_bytes, struct error *err);

/* A local folder with everything below `path`: what a runtime loads from. */
must_use enum status artifact_local_folder(struct artifact_store *store, str path, struct arena *arena,
                                           const char **ret_folder, struct error *err);

struct artifact {
    str path; /* the last part only */
    bool is_folder;
    uint64_t bytes; /* 0 for a folder */
};

/* What stands directly below `path` (empty = the root), by name. Nothing there, or a file: OK and none. */
must_use enum status artifact_list(struct artifact_store *store, str path, struct arena *arena,
                                   struct artifact **ret_artifacts, size_t *ret_count, struct error *err);

/* A file, or a folder with everything below; ERR_NOT_FOUND where there is none. */
must_use enum status artifact_delete(struct artifact_store *store, str path, struct error *err);

#endif
