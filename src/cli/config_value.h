/* cli/config_value.h - one YAML node into one member of a configuration, and back to text.
 *
 * Inside cli/ only. */
#ifndef CLI_CONFIG_VALUE_H
#define CLI_CONFIG_VALUE_H

#include "cli/config_keys.h"
#include "format/yaml.h"

/* Reads `node` as `key` says into `target` (struct config or struct config_model). Texts are copied
 * into `arena`. Errors name the node's place. `node` is not NULL. */
must_use enum status config_value_read(const struct config_key *key, const struct yaml_node *node, struct arena *arena,
                                       void *target, struct error *err);

/* Appends the member's value as YAML in flow style; a secret as SECRET_SHOWN. */
void config_value_print(const struct config_key *key, const void *source, struct buf *out);

/* Double quotes with JSON's escapes, which YAML shares. */
void config_text_print(str text, struct buf *out);

/* The shortest text that reads back. */
void config_number_print(double value, struct buf *out);

#endif
