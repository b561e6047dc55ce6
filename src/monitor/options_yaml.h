/* monitor/options_yaml.h - the options of an analysis as YAML, for `kedge check --config` and the service. */
#ifndef MONITOR_OPTIONS_YAML_H
#define MONITOR_OPTIONS_YAML_H

#include "base/status.h"
#include "format/yaml.h"
#include "monitor/analysis_options.h"

/* Reads the keys of `map` over what `options` holds; texts and lists live in `arena` (or the nodes'). Unknown keys and
 * wrong values are ERR_INVALID with file, line and column. docs/check.md lists the keys. */
must_use enum status options_yaml_read(const struct yaml_node *map, struct arena *arena,
                                       struct analysis_options *options, struct error *err);

#endif
