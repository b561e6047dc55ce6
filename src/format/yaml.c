#include "format/yaml.h"

#include <stdarg.h>

#include "base/duration.h"

const char *yaml_kind_name(enum yaml_kind kind)
{
    switch (kind) {
    case YAML_NULL:
        return "null";
    case YAML_BOOL:
        return "true or false";
    case YAML_INT:
        return "a whole number";
    case YAML_FLOAT:
        return "a number";
    case YAML_TEXT:
        return "text";
    case YAML_LIST:
        return "a list";
    case YAML_MAP:
        return "a map";
    case YAML_KIND_COUNT:
        break;
    }
    return "unknown";
}

/* Appends ".key" or "[index]" of `node` within its parent; returns the text's new size. */
static size_t print_step(const struct yaml_node *node, char *text, size_t size, size_t text_bytes)
{
    const struct yaml_node *parent = node->parent;
    int written = 0;
    for (size_t i = 0; i < parent->count; i++) {
        if (parent->kind == YAML_LIST && parent->items[i] == node)
            written = snprintf(text + size, text_bytes - size, "[%zu]", i);
        else if (parent->kind == YAML_MAP && parent->members[i].value == node)
            written = snprintf(text + size, text_bytes - size, "%s%.*s", size > 0 ? "." : "",
                               (int)MIN_OF(parent->members[i].key.size, 64), parent->members[i].key.data);
        else
            continue;
        break;
    }
    return MIN_OF(size + (size_t)MAX_OF(written, 0), text_bytes - 1);
}

/* "drift.columns[2].threshold", cut to fit; "" at the root. */
static void print_path(const struct yaml_node *node, char *text, size_t text_bytes)
{
    const struct yaml_node *chain[YAML_DEPTH_MAX + 1];
    size_t steps = 0, size = 0;
    for (; node->parent != NULL && steps < COUNT(chain); node = node->parent)
        chain[steps++] = node;
    text[0] = '\0';
    while (steps > 0)
        size = print_step(chain[--steps], text, size, text_bytes);
}

static enum status fail_at(const struct yaml_node *node, unsigned line, unsigned column, struct error *err,
                          const char *message)
{
    char path[160];
    print_path(node, path, sizeof path);
    return error_set(err, ERR_INVALID, "%s:%u:%u: %s%s%s", node->file_name, line, column, path,
                     path[0] != '\0' ? ": " : "", message);
}

enum status yaml_fail(const struct yaml_node *node, struct error *err, const char *format, ...)
{
    char message[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args); /* cut off is fine: it is for people */
    va_end(args);
    return fail_at(node, node->line, node->column, err, message);
}

static bool is_scalar(const struct yaml_node *node)
{
    return node->kind < YAML_LIST;
}

static enum status fail_expecting(const struct yaml_node *node, const char *wanted, struct error *err)
{
    if (node->kind == YAML_NULL || !is_scalar(node))
        return yaml_fail(node, err, "expected %s, found %s", wanted,
                         node->kind == YAML_NULL ? "nothing" : yaml_kind_name(node->kind));
    return yaml_fail(node, err, "expected %s, found \"%.*s\"", wanted, (int)MIN_OF(node->text.size, 64),
                     node->text.data);
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    if (map == NULL || map->kind != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (str_equal(map->members[i].key, str_of(key)))
            return map->members[i].value;
    return NULL;
}

enum status yaml_require(const struct yaml_node *map, const char *key, const struct yaml_node **ret_node,
                         struct error *err)
{
    if (map->kind != YAML_MAP)
        return fail_expecting(map, yaml_kind_name(YAML_MAP), err);
    const struct yaml_node *node = yaml_get(map, key);
    if (node == NULL)
        return yaml_fail(map, err, "\"%s\" is missing", key);
    *ret_node = node;
    return OK;
}

enum status yaml_as_f64(const struct yaml_node *node, double *ret_value, struct error *err)
{
    if (node == NULL)
        return OK;
    if (node->kind != YAML_INT && node->kind != YAML_FLOAT)
        return fail_expecting(node, "a number", err);
    *ret_value = node->f64;
    return OK;
}

enum status yaml_as_i64(const struct yaml_node *node, int64_t *ret_value, struct error *err)
{
    if (node == NULL)
        return OK;
    if (node->kind != YAML_INT)
        return fail_expecting(node, "a whole number", err);
    *ret_value = node->i64;
    return OK;
}

enum status yaml_as_bool(const struct yaml_node *node, bool *ret_value, struct error *err)
{
    if (node == NULL)
        return OK;
    if (node->kind != YAML_BOOL)
        return fail_expecting(node, "true or false", err);
    *ret_value = node->boolean;
    return OK;
}

enum status yaml_as_str(const struct yaml_node *node, str *ret_value, struct error *err)
{
    if (node == NULL)
        return OK;
    if (node->kind == YAML_NULL || !is_scalar(node))
        return fail_expecting(node, "text", err);
    *ret_value = node->text;
    return OK;
}

enum status yaml_as_duration(const struct yaml_node *node, int64_t *ret_ms, struct error *err)
{
    if (node == NULL)
        return OK;
    struct error cause = { 0 };
    if (node->kind == YAML_NULL || !is_scalar(node))
        return fail_expecting(node, "a duration like 30s or 5m", err);
    if (duration_parse(node->text, ret_ms, &cause) != OK)
        return yaml_fail(node, err, "%s", cause.cause);
    return OK;
}

enum status yaml_expect(const struct yaml_node *node, enum yaml_kind kind, struct error *err)
{
    return node == NULL || node->kind == kind ? OK : fail_expecting(node, yaml_kind_name(kind), err);
}

/* Insertions, deletions and replacements that make one word the other (Levenshtein); long words are
 * never near. */
static size_t edit_distance(str a, str b)
{
    size_t row[65];
    if (a.size >= COUNT(row) || b.size >= COUNT(row))
        return SIZE_MAX;
    for (size_t j = 0; j <= b.size; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.size; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            size_t replaced = diagonal + (a.data[i - 1] != b.data[j - 1]);
            diagonal = row[j];
            row[j] = MIN_OF(replaced, MIN_OF(row[j], row[j - 1]) + 1);
        }
    }
    return row[b.size];
}

/* The known key that a typing mistake would turn into `key`; NULL where none is near. */
static const char *nearest(str key, const char *const *known, size_t known_count)
{
    const char *best = NULL;
    size_t best_distance = MIN_OF((size_t)2, key.size / 3) + 1;
    for (size_t i = 0; i < known_count; i++) {
        size_t distance = edit_distance(key, str_of(known[i]));
        if (distance < best_distance) {
            best_distance = distance;
            best = known[i];
        }
    }
    return best;
}

static bool is_known(str key, const char *const *known, size_t known_count)
{
    for (size_t i = 0; i < known_count; i++)
        if (str_equal(key, str_of(known[i])))
            return true;
    return false;
}

enum status yaml_check_keys(const struct yaml_node *map, const char *const *known, size_t known_count,
                            struct error *err)
{
    if (map == NULL || map->kind != YAML_MAP)
        return OK;
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml_member *member = &map->members[i];
        if (is_known(member->key, known, known_count))
            continue;
        const char *meant = nearest(member->key, known, known_count);
        char message[256];
        (void)snprintf(message, sizeof message, "unknown key \"%.*s\"%s%s%s", (int)MIN_OF(member->key.size, 64),
                       member->key.data, meant != NULL ? ", did you mean \"" : "", meant != NULL ? meant : "",
                       meant != NULL ? "\"?" : ""); /* cut off is fine: it is for people */
        return fail_at(map, member->line, member->column, err, message);
    }
    return OK;
}
