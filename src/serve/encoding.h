/* serve/encoding.h - texts for models that only know numbers.
 *
 * `kedge train` writes encoding.json beside a model whose features or classes were texts:
 *
 *     {"features": [{"name": "tenure", "fill": 32.4},
 *                   {"name": "contract", "categories": ["Month-to-month", "One year"]}],
 *      "one_hot": false, "classes": ["no", "yes"]}
 *
 * A category becomes its place in the list, or with one_hot a 0/1 column a value; one that is not listed counts as
 * missing. A missing number becomes `fill` where there is one. Classes are named by their place. */
#ifndef SERVE_ENCODING_H
#define SERVE_ENCODING_H

#include "serve/runtime.h"

#define ENCODING_FILE "encoding.json"

/* Whether the folder has an encoding. */
bool encoding_is_there(const char *folder);

/* Puts a runtime around `*runtime` that encodes for it, where the folder has an encoding; else leaves it as it is.
 * The inner one is freed with the outer. On failure `*runtime` is untouched: ERR_INVALID names the file and the place
 * in it, or how the encoding and the model disagree. */
must_use enum status encoding_wrap(const char *folder, struct runtime **runtime, struct error *err);

#endif
