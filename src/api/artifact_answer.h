/* api/artifact_answer.h - artifacts as answers: a download, a listing. */
#ifndef API_ARTIFACT_ANSWER_H
#define API_ARTIFACT_ANSWER_H

#include "format/json.h"
#include "net/http_message.h"
#include "store/artifact_store.h"

/* Answers with the artifact, or with the range that the request asks for (RFC 9110 14, one range of bytes), from disk.
 * ERR_NOT_FOUND also for a folder. */
must_use enum status artifact_answer_file(struct artifact_store *store, struct http_request *request, str path,
                                          struct error *err);

/* Writes the member "files" of a listing, left out where there is nothing; `prefix` ("" = none) stands before each
 * path. */
must_use enum status artifact_answer_list(struct artifact_store *store, struct http_request *request, str folder,
                                          str prefix, struct json_writer *json, struct error *err);

/* The range "bytes=FROM-TO" of a file of `bytes`: first byte and count. False for what is none or asks for several:
 * then the whole file is the answer. `ret_bytes` 0: the range lies behind the end. */
bool artifact_parse_range(str header, uint64_t bytes, uint64_t *ret_from, uint64_t *ret_bytes);

#endif
