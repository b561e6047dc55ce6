/* api/predict_key.h - whose request it is, for splits that give the same caller the same variant. */
#ifndef API_PREDICT_KEY_H
#define API_PREDICT_KEY_H

#include "net/http_message.h"

/* The header X-Kedge-Key; else the value of the tag, else of the feature `name` (empty: no such) in a JSON body that
 * has one row by name; else empty. Borrowed from the request or in its arena. Of a body that is no JSON it finds
 * nothing, and leaves the complaint to who reads it whole. */
str predict_key(struct http_request *request, str name);

#endif
