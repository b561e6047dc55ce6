/* registry/model_location.h - where the files of a version are, whatever its source says. Inside registry/ only. */
#ifndef REGISTRY_MODEL_LOCATION_H
#define REGISTRY_MODEL_LOCATION_H

#include "registry/registry_internal.h"

/* ERR_INVALID for a source that names files of some machine ("/srv/x", "file:...", "models/x") or climbs (".." in a
 * part, however often it is percent-encoded). */
must_use enum status model_location_check(str source, struct error *err);

/* What a checked source stands for: location, and the run and logged model behind it (empty = unknown). */
struct model_location_found {
    str location, run_id, model_id;
};

/*     models:/m-ID            the logged model's files
 *     models:/NAME/VERSION    that version's location; NAME@ALIAS likewise
 *     runs:/RUN/PATH          below the run's artifacts
 *     anything else           itself; run and model of the logged model `model_id`, where that is given
 * ERR_NOT_FOUND where it stands for nothing. Within a change or a read. */
must_use enum status model_location_find(struct meta *meta, str source, str model_id, struct arena *arena,
                                         struct model_location_found *ret_found, struct error *err);

#endif
