/* format/yaml.h - YAML files as a tree of nodes that know their place; the one door to libyaml.
 *
 * Scalars follow the core schema of YAML 1.2: null, true/false (yes and on are text), integers,
 * floats; a quoted or block scalar is text whatever it looks like. One document a file. Duplicate
 * keys are errors, keys are scalars. An alias shares its anchor's node; the tree as a reader walks
 * it, aliases expanded, is bounded, so a few lines can't grow into a billion.
 *
 *     struct yaml_node *root;
 *     TRY(yaml_load(text, "kedge.yaml", arena, &root, err));
 *     double threshold = 0.2;
 *     TRY(yaml_as_f64(yaml_get(yaml_get(root, "drift"), "threshold"), &threshold, err));
 *
 * Errors read "kedge.yaml:12:5: drift.threshold: expected a number, found \"high\"". */
#ifndef FORMAT_YAML_H
#define FORMAT_YAML_H

#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

#define YAML_BYTES_MAX ((size_t)8 << 20)
#define YAML_NODES_MAX 500000 /* aliases expanded */
#define YAML_DEPTH_MAX 64

enum yaml_kind { YAML_NULL, YAML_BOOL, YAML_INT, YAML_FLOAT, YAML_TEXT, YAML_LIST, YAML_MAP, YAML_KIND_COUNT };

/* "a number", "a list", ...: for messages. */
const char *yaml_kind_name(enum yaml_kind kind);

/* One member of a map. */
struct yaml_member {
    str key;
    unsigned line, column; /* of the key, from 1 */
    struct yaml_node *value;
};

/* Lives in the arena given to yaml_load. */
struct yaml_node {
    enum yaml_kind kind;
    bool is_plain;         /* a scalar without quotes, block style or tag */
    bool boolean;          /* YAML_BOOL */
    int64_t i64;           /* YAML_INT */
    double f64;            /* YAML_INT, YAML_FLOAT (an integer beyond int64 is one) */
    str text;              /* every scalar: as written, quotes and escapes resolved; terminated */
    size_t count;          /* items or members */
    struct yaml_node **items;    /* YAML_LIST */
    struct yaml_member *members; /* YAML_MAP, in the order of the file */
    unsigned line, column; /* from 1 */
    const char *file_name;
    const struct yaml_node *parent; /* an alias's node has its anchor's parent */
};

/* Parses `text`; `file_name` (copied) starts every message. An empty document gives a YAML_NULL node.
 * ERR_INVALID for bad YAML, ERR_LIMIT for a bound above or the arena's. */
must_use enum status yaml_load(str text, const char *file_name, struct arena *arena, struct yaml_node **ret_root,
                               struct error *err);

/* The member's value; NULL where there is none, or `map` is NULL or not a map. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

/* As yaml_get, but a missing member is an error at the map's place. */
must_use enum status yaml_require(const struct yaml_node *map, const char *key, const struct yaml_node **ret_node,
                                  struct error *err);

/* Convert a scalar. A NULL node (a key that is not there) is OK and leaves the output, and so its
 * default, as it is. f64 takes integers too; str takes any scalar but null, as written, and lives in
 * the arena; a duration is text of base/duration.h, in milliseconds. */
must_use enum status yaml_as_f64(const struct yaml_node *node, double *ret_value, struct error *err);
must_use enum status yaml_as_i64(const struct yaml_node *node, int64_t *ret_value, struct error *err);
must_use enum status yaml_as_bool(const struct yaml_node *node, bool *ret_value, struct error *err);
must_use enum status yaml_as_str(const struct yaml_node *node, str *ret_value, struct error *err);
must_use enum status yaml_as_duration(const struct yaml_node *node, int64_t *ret_ms, struct error *err);

/* Whether the node is a list or a map; NULL is OK (walk it as empty). */
must_use enum status yaml_expect(const struct yaml_node *node, enum yaml_kind kind, struct error *err);

/* Complains about the first member whose key is not in `known`, at its place and with the nearest
 * known key; NULL and non-maps are OK. */
must_use enum status yaml_check_keys(const struct yaml_node *map, const char *const *known, size_t known_count,
                                     struct error *err);

/* The caller's own complaint about a node: ERR_INVALID, "file:line:column: path: message". */
enum status yaml_fail(const struct yaml_node *node, struct error *err, const char *format, ...) printf_like(3, 4);

#endif
