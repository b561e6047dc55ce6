/* serve/mlmodel_internal.h - the parts of mlmodel.h: the file itself, its signature, folders without one. */
#ifndef SERVE_MLMODEL_INTERNAL_H
#define SERVE_MLMODEL_INTERNAL_H

#include "serve/mlmodel.h"

/* The tensors of a signature's JSON text; none where it has columns. */
must_use enum status signature_tensors(str json, struct arena *arena, const struct tensor_spec **ret_tensors,
                                       size_t *ret_count, struct error *err);

/* Fills flavor and path from the one model file in `folder`. ERR_NOT_FOUND: none; ERR_INVALID: several. */
must_use enum status mlmodel_from_files(struct mlmodel *model, struct arena *arena, struct error *err);

/* The same for a file whose name the caller knows. ERR_NOT_FOUND names what is taken. */
must_use enum status mlmodel_from_file(struct mlmodel *model, str file_name, struct arena *arena, struct error *err);

/* Whether the name is that of a pickle or skops file. */
bool mlmodel_is_pickle(str file_name);

#endif
