/* cli/config_split.h - `serve.variants` and `serve.canary` of a model: from YAML and back.
 *
 * Inside cli/ only. Texts live in the arena of the nodes. */
#ifndef CLI_CONFIG_SPLIT_H
#define CLI_CONFIG_SPLIT_H

#include "base/buf.h"
#include "format/yaml.h"
#include "serve/split_config.h"

/* A list of {name, stage | alias | version | path, weight, mode}. Errors name the node's place. */
must_use enum status config_variants_read(const struct yaml_node *node, struct arena *arena, struct split_config *ret_split,
                                          struct error *err);

/* {stage | alias | version | path, steps, every, minimum, rollback: {error_rate, latency_p99}} as a split of "canary"
 * and "stable"; an empty map is none. */
must_use enum status config_canary_read(const struct yaml_node *node, struct arena *arena, struct split_config *ret_split,
                                        struct error *err);

/* As YAML in flow style that reads back equal. */
void config_variants_print(const struct split_config *split, struct buf *out);
void config_canary_print(const struct split_config *split, struct buf *out);

#endif
