/* registry/run_tags.h - writing a run's tag inside a change. Inside registry/ only. */
#ifndef REGISTRY_RUN_TAGS_H
#define REGISTRY_RUN_TAGS_H

#include "registry/registry_internal.h"

/* The run's name, which its row has as well. */
#define RUN_NAME_TAG "mlflow.runName"

/* Sets the tag; the key and the value's length are the caller's to check. */
must_use enum status run_put_tag(struct meta *meta, int64_t run_no, str key, str value, struct error *err);

#endif
