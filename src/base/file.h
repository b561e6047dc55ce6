/* base/file.h - whole files, written so that they are there after power loss, and folders.
 *
 * Every error names the path and the system's reason: ERR_NOT_FOUND for a missing path, ERR_LIMIT for
 * a bound of ours, ERR_UNAVAILABLE for the rest. Paths are terminated strings. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

/* Appends the file's bytes to `content`, whose maximum is the bound. */
must_use enum status file_read(const char *path, struct buf *content, struct error *err);

/* Replaces or makes the file, all or nothing and durable: a temporary file beside it, fsync, rename,
 * fsync of the folder. Mode 0644 less the umask. Readers see the old bytes or the new ones. */
must_use enum status file_write(const char *path, str content, struct error *err);

/* As file_write, readable by the owner only: for keys and tokens. */
must_use enum status file_write_private(const char *path, str content, struct error *err);

/* Whether something is there, of whatever kind. */
bool file_exists(const char *path);

/* Removes a file durably; one that is missing is fine. */
must_use enum status file_remove(const char *path, struct error *err);

/* Removes a folder with all that is in it, without following links; one that is missing is fine. Not atomic. */
enum status file_remove_folder(const char *path, struct error *err);

/* The folder and those above it, each durable in its parent; existing ones are fine. */
must_use enum status file_make_folders(const char *path, struct error *err);

/* Makes renames and removals in the folder durable. */
must_use enum status file_sync_folder(const char *path, struct error *err);

/* Bytes that we may still write to the file system of `path`. */
must_use enum status file_free_bytes(const char *path, uint64_t *ret_bytes, struct error *err);

/* One process owns a data folder: a flock(2) on FOLDER/lock, which the kernel drops when the
 * process ends in any way. ERR_CONFLICT names the owner's process id. */
struct file_lock;
must_use enum status file_lock_open(const char *folder, struct file_lock **ret_lock, struct error *err);
void file_lock_close(struct file_lock *lock); /* NULL is fine */

#endif
