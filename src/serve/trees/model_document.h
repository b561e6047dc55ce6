/* serve/trees/model_document.h - one reader over XGBoost's two spellings of the same document, JSON and UBJSON. */
#ifndef SERVE_MODEL_DOCUMENT_H
#define SERVE_MODEL_DOCUMENT_H

#include "format/json.h"
#include "serve/trees/ubjson.h"

/* Numbers of one array: 2^31 nodes of a tree is more than any library writes. */
#define DOCUMENT_ARRAY_MAX ((size_t)1 << 31)

struct model_document {
    bool is_ubjson;
    struct json_reader json;
    struct ubjson_reader ubjson;
    struct arena *arena;
    struct error *err;
};

/* Whether the bytes are UBJSON: '{' and then a length's or a container's marker where JSON has a quote or space. */
bool model_document_is_ubjson(str bytes);

/* As json_reader_init; strings and arrays that are taken are the bytes' or the arena's. */
void document_init(struct model_document *document, str bytes, struct arena *arena, struct error *err);
must_use enum status document_finish(struct model_document *document);
enum status document_status(const struct model_document *document);

/* As their json_ namesakes. */
enum status document_enter_object(struct model_document *document);
enum status document_enter_array(struct model_document *document);
bool document_next_member(struct model_document *document, str *ret_key);
bool document_next_element(struct model_document *document);
enum status document_take_str(struct model_document *document, str *ret_value);
enum json_kind document_peek(struct model_document *document);

/* The caller's own complaint; names the place. */
enum status document_fail(struct model_document *document, const char *format, ...) printf_like(2, 3);

/* A number, a truth value as 0 or 1, or a text that holds one number ("5E-1"), as XGBoost writes its parameters. */
enum status document_take_number(struct model_document *document, double *ret_value);

/* As document_take_number for whole numbers of [0, most]; fails beyond. */
enum status document_take_count(struct model_document *document, size_t most, size_t *ret_value);

/* A whole array of numbers, in the arena. */
struct number_array {
    const double *values;
    size_t count;
};
enum status document_take_numbers(struct model_document *document, struct number_array *ret_array);

/* A whole array of strings, in the arena; at most `most`. */
enum status document_take_strings(struct model_document *document, size_t most, const str **ret_texts,
                                  size_t *ret_count);

#endif
