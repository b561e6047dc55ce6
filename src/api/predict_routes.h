/* api/predict_routes.h - the body of POST /predict, apart from its route: for the fuzz target. */
#ifndef API_PREDICT_ROUTES_H
#define API_PREDICT_ROUTES_H

#include "api/predict_call.h"

/* Reads call->request->body into rows, ids, times and tags; call->rows is initialised. ERR_INVALID names place, field
 * and row. */
must_use enum status predict_body_read(struct predict_call *call, struct error *err);

#endif
