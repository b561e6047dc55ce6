/* Events of libyaml to a tree of nodes. The bound on nodes counts what a reader of the tree will meet: an alias
 * adds all nodes under its anchor again, although it shares them. */
#include "format/yaml.h"

#include <math.h>
#include <stdarg.h>
#include <yaml.h>

#include "base/map.h"
#include "base/number.h"

#define CORE_TAG "tag:yaml.org,2002:"

struct anchor {
    struct yaml_node *node;
    size_t nodes; /* in it, aliases expanded */
};

struct loader {
    yaml_parser_t parser;
    struct arena *arena;  /* the tree's */
    struct arena scratch; /* ends with the load */
    struct map anchors;   /* name to struct anchor */
    const char *file_name;
    size_t nodes; /* so far, aliases expanded */
    unsigned depth;
    struct error *err;
};

static enum status fail_at(struct loader *loader, yaml_mark_t mark, enum status status, const char *format, ...)
    printf_like(4, 5);
static enum status fail_at(struct loader *loader, yaml_mark_t mark, enum status status, const char *format, ...)
{
    char message[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args); /* cut off is fine: it is for people */
    va_end(args);
    return error_set(loader->err, status, "%s:%zu:%zu: %s", loader->file_name, mark.line + 1, mark.column + 1, message);
}

/* libyaml knows a place for what it scans and parses, but only an offset for bytes that are no UTF-8. */
static enum status next_event(struct loader *loader, yaml_event_t *event)
{
    yaml_parser_t *parser = &loader->parser;
    if (yaml_parser_parse(parser, event))
        return OK;
    if (parser->error == YAML_MEMORY_ERROR)
        return error_set(loader->err, ERR_LIMIT, "%s: no memory for the parser", loader->file_name);
    if (parser->error == YAML_READER_ERROR)
        return error_set(loader->err, ERR_INVALID, "%s: %s at byte %zu", loader->file_name, parser->problem,
                         parser->problem_offset);
    return fail_at(loader, parser->problem_mark, ERR_INVALID, "%s%s%s",
                   parser->context != NULL ? parser->context : "", parser->context != NULL ? ": " : "",
                   parser->problem != NULL ? parser->problem : "not YAML");
}

/* The bound that stops a billion laughs before any of them is walked. */
static enum status count_nodes(struct loader *loader, yaml_mark_t mark, size_t nodes)
{
    if (nodes > YAML_NODES_MAX - loader->nodes)
        return fail_at(loader, mark, ERR_LIMIT, "more than %d values, aliases counted each time", YAML_NODES_MAX);
    loader->nodes += nodes;
    return OK;
}

static enum status no_memory(struct loader *loader, yaml_mark_t mark)
{
    return fail_at(loader, mark, ERR_LIMIT, "no memory for more than this");
}

static enum status new_node(struct loader *loader, enum yaml_kind kind, yaml_mark_t mark,
                            const struct yaml_node *parent, struct yaml_node **ret_node)
{
    TRY(count_nodes(loader, mark, 1));
    struct yaml_node *node = arena_array(loader->arena, struct yaml_node, 1);
    if (node == NULL)
        return no_memory(loader, mark);
    node->kind = kind;
    node->line = (unsigned)mark.line + 1;
    node->column = (unsigned)mark.column + 1;
    node->file_name = loader->file_name;
    node->parent = parent;
    *ret_node = node;
    return OK;
}

/* A terminated copy of libyaml's bytes. */
static enum status copy_text(struct loader *loader, yaml_mark_t mark, str text, str *ret_copy)
{
    char *copy = arena_array(loader->arena, char, text.size + 1);
    if (copy == NULL)
        return no_memory(loader, mark);
    memcpy(copy, text.data, text.size);
    *ret_copy = (str){ copy, text.size };
    return OK;
}

static bool is_one_of(str text, const char *a, const char *b, const char *c)
{
    return str_equal(text, str_of(a)) || str_equal(text, str_of(b)) || str_equal(text, str_of(c));
}

/* "0o17" and "0x1F", the two forms of YAML 1.2 that number.h refuses. */
static bool parse_radix(str text, int64_t *ret_value)
{
    unsigned bits = str_has_prefix(text, STR("0x")) ? 4 : str_has_prefix(text, STR("0o")) ? 3 : 0;
    if (bits == 0 || text.size == 2 || text.size > 2 + 60 / bits)
        return false;
    int64_t value = 0;
    for (size_t i = 2; i < text.size; i++) {
        char c = text.data[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : 99;
        if (digit >= 1 << bits)
            return false;
        value = value << bits | digit;
    }
    *ret_value = value;
    return true;
}

static bool parse_special_float(str text, double *ret_value)
{
    bool is_negative = str_has_prefix(text, STR("-"));
    bool has_sign = is_negative || str_has_prefix(text, STR("+"));
    str word = has_sign ? str_slice(text, 1, text.size) : text;
    if (is_one_of(word, ".inf", ".Inf", ".INF"))
        *ret_value = is_negative ? -INFINITY : INFINITY;
    else if (is_one_of(text, ".nan", ".NaN", ".NAN"))
        *ret_value = NAN;
    else
        return false;
    return true;
}

/* The core schema of YAML 1.2.2 section 10.3.2: what a plain scalar is. */
static void resolve(struct yaml_node *node)
{
    str text = node->text;
    if (str_is_empty(text) || str_equal(text, STR("~")) || is_one_of(text, "null", "Null", "NULL")) {
        node->kind = YAML_NULL;
    } else if (is_one_of(text, "true", "True", "TRUE") || is_one_of(text, "false", "False", "FALSE")) {
        node->kind = YAML_BOOL;
        node->boolean = (text.data[0] | 0x20) == 't';
    } else if (number_parse_i64(text, &node->i64) || parse_radix(text, &node->i64)) {
        node->kind = YAML_INT;
        node->f64 = (double)node->i64;
    } else if (number_parse_f64(text, &node->f64) || parse_special_float(text, &node->f64)) {
        node->kind = YAML_FLOAT;
    }
}

/* A tag of the core schema says what a scalar must be; others mean something only to their authors. */
static enum status apply_tag(struct loader *loader, yaml_mark_t mark, const char *tag, struct yaml_node *node)
{
    if (strcmp(tag, "!") == 0 || strcmp(tag, CORE_TAG "str") == 0)
        return OK;
    static const struct { const char *tag; enum yaml_kind kind; } kinds[] = {
        { CORE_TAG "null", YAML_NULL }, { CORE_TAG "bool", YAML_BOOL },
        { CORE_TAG "int", YAML_INT },   { CORE_TAG "float", YAML_FLOAT },
    };
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (strcmp(tag, kinds[i].tag) != 0)
            continue;
        resolve(node);
        bool is_whole_float = kinds[i].kind == YAML_FLOAT && node->kind == YAML_INT;
        if (is_whole_float)
            node->kind = YAML_FLOAT;
        if (node->kind == kinds[i].kind)
            return OK;
        return fail_at(loader, mark, ERR_INVALID, "\"%.64s\" is not %s", node->text.data, yaml_kind_name(kinds[i].kind));
    }
    return fail_at(loader, mark, ERR_INVALID, "the tag %.64s is not supported", tag);
}

/* Quotes, block style and the tag !!str all mean text; only a plain scalar is looked at for more. */
static enum status load_scalar(struct loader *loader, const yaml_event_t *event, const struct yaml_node *parent,
                               struct yaml_node **ret_node)
{
    struct yaml_node *node;
    const char *tag = (const char *)event->data.scalar.tag;
    str text = { (const char *)event->data.scalar.value, event->data.scalar.length };
    TRY(new_node(loader, YAML_TEXT, event->start_mark, parent, &node));
    TRY(copy_text(loader, event->start_mark, text, &node->text));
    node->is_plain = tag == NULL && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (tag != NULL)
        TRY(apply_tag(loader, event->start_mark, tag, node));
    else if (node->is_plain)
        resolve(node);
    *ret_node = node;
    return OK;
}

/* Called when the node is complete, so an alias inside it finds nothing and trees have no cycles. A
 * later anchor of the same name takes over, as YAML 1.2.2 section 3.2.2.2 says. */
static enum status remember_anchor(struct loader *loader, const yaml_event_t *event, const unsigned char *name,
                                   struct yaml_node *node, size_t nodes)
{
    if (name == NULL)
        return OK;
    struct anchor *anchor = arena_array(&loader->scratch, struct anchor, 1);
    if (anchor == NULL)
        return no_memory(loader, event->start_mark);
    *anchor = (struct anchor){ node, nodes };
    if (map_put(&loader->anchors, str_of((const char *)name), anchor, NULL) != OK)
        return fail_at(loader, event->start_mark, ERR_LIMIT, "too many anchors");
    return OK;
}

static enum status load_alias(struct loader *loader, const yaml_event_t *event, struct yaml_node **ret_node)
{
    const char *name = (const char *)event->data.alias.anchor;
    const struct anchor *anchor = map_get(&loader->anchors, str_of(name));
    if (anchor == NULL) /* also inside its own anchor's value, which would never end */
        return fail_at(loader, event->start_mark, ERR_INVALID, "there is no complete value &%.64s before this", name);
    TRY(count_nodes(loader, event->start_mark, anchor->nodes));
    *ret_node = anchor->node;
    return OK;
}

/* Room for one more element behind `count`: doubles at powers of two. */
static void *grow(struct arena *arena, void *old, size_t count, size_t element_bytes)
{
    if (count != 0 && (count & (count - 1)) != 0)
        return old;
    void *grown = arena_try_array(arena, count == 0 ? 1 : 2 * count, element_bytes);
    if (grown != NULL && count > 0)
        memcpy(grown, old, count * element_bytes);
    return grown;
}

static enum status load_node(struct loader *loader, const yaml_event_t *event, const struct yaml_node *parent,
                             struct yaml_node **ret_node);

static enum status load_items(struct loader *loader, struct yaml_node *list)
{
    for (;;) {
        CLEANUP(yaml_event_delete) yaml_event_t event = { 0 };
        TRY(next_event(loader, &event));
        if (event.type == YAML_SEQUENCE_END_EVENT)
            return OK;
        struct yaml_node *item;
        TRY(load_node(loader, &event, list, &item));
        list->items = grow(loader->arena, list->items, list->count, sizeof(struct yaml_node *));
        if (list->items == NULL)
            return no_memory(loader, event.start_mark);
        list->items[list->count++] = item;
    }
}

/* `seen` makes the search for duplicates linear; comparing with all members would let a large map stall us. */
static enum status load_key(struct loader *loader, const yaml_event_t *event, struct map *seen, struct yaml_member *member)
{
    if (event->type != YAML_SCALAR_EVENT)
        return fail_at(loader, event->start_mark, ERR_INVALID, "a key must be plain or quoted text");
    str text = { (const char *)event->data.scalar.value, event->data.scalar.length };
    struct map_entry *entry;
    size_t keys = seen->count;
    if (map_insert(seen, text, &entry, NULL) != OK)
        return no_memory(loader, event->start_mark);
    if (seen->count == keys)
        return fail_at(loader, event->start_mark, ERR_INVALID, "the key \"%.*s\" stands on line %zu already",
                       (int)MIN_OF(text.size, 64), text.data, entry->index);
    entry->index = event->start_mark.line + 1;
    TRY(count_nodes(loader, event->start_mark, 1));
    *member = (struct yaml_member){ .line = (unsigned)event->start_mark.line + 1,
                                    .column = (unsigned)event->start_mark.column + 1 };
    return copy_text(loader, event->start_mark, text, &member->key);
}

static enum status load_members(struct loader *loader, struct yaml_node *map)
{
    struct map seen;
    map_init(&seen, &loader->scratch, YAML_NODES_MAX);
    for (;;) {
        CLEANUP(yaml_event_delete) yaml_event_t key = { 0 };
        CLEANUP(yaml_event_delete) yaml_event_t value = { 0 };
        struct yaml_member member;
        TRY(next_event(loader, &key));
        if (key.type == YAML_MAPPING_END_EVENT)
            return OK;
        TRY(load_key(loader, &key, &seen, &member));
        TRY(next_event(loader, &value));
        TRY(load_node(loader, &value, map, &member.value));
        map->members = grow(loader->arena, map->members, map->count, sizeof member);
        if (map->members == NULL)
            return no_memory(loader, key.start_mark);
        map->members[map->count++] = member;
    }
}

static enum status load_collection(struct loader *loader, const yaml_event_t *event, const struct yaml_node *parent,
                                   struct yaml_node **ret_node)
{
    bool is_map = event->type == YAML_MAPPING_START_EVENT;
    const char *tag = (const char *)(is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag);
    if (tag != NULL && strcmp(tag, is_map ? CORE_TAG "map" : CORE_TAG "seq") != 0)
        return fail_at(loader, event->start_mark, ERR_INVALID, "the tag %.64s is not supported", tag);
    if (loader->depth == YAML_DEPTH_MAX)
        return fail_at(loader, event->start_mark, ERR_LIMIT, "more than %d lists and maps within each other",
                       YAML_DEPTH_MAX);
    TRY(new_node(loader, is_map ? YAML_MAP : YAML_LIST, event->start_mark, parent, ret_node));
    loader->depth++;
    TRY(is_map ? load_members(loader, *ret_node) : load_items(loader, *ret_node));
    loader->depth--;
    return OK;
}

static enum status load_node(struct loader *loader, const yaml_event_t *event, const struct yaml_node *parent,
                             struct yaml_node **ret_node)
{
    size_t nodes_before = loader->nodes;
    const unsigned char *anchor;
    if (event->type == YAML_ALIAS_EVENT)
        return load_alias(loader, event, ret_node);
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        TRY(load_scalar(loader, event, parent, ret_node));
    } else {
        anchor = event->type == YAML_MAPPING_START_EVENT ? event->data.mapping_start.anchor
                                                         : event->data.sequence_start.anchor;
        TRY(load_collection(loader, event, parent, ret_node));
    }
    return remember_anchor(loader, event, anchor, *ret_node, loader->nodes - nodes_before);
}

/* Stream start, at most one document, stream end. */
static enum status load_stream(struct loader *loader, struct yaml_node **ret_root)
{
    struct yaml_node *root = NULL;
    for (;;) {
        CLEANUP(yaml_event_delete) yaml_event_t event = { 0 };
        TRY(next_event(loader, &event));
        if (event.type == YAML_STREAM_END_EVENT)
            break;
        if (event.type == YAML_STREAM_START_EVENT || event.type == YAML_DOCUMENT_END_EVENT)
            continue;
        if (root != NULL)
            return fail_at(loader, event.start_mark, ERR_INVALID, "a second document starts; one a file is read");
        if (event.type != YAML_DOCUMENT_START_EVENT)
            TRY(load_node(loader, &event, NULL, &root));
    }
    if (root == NULL) {
        TRY(new_node(loader, YAML_NULL, (yaml_mark_t){ 0 }, NULL, &root));
        root->is_plain = true;
        root->text = STR("");
    }
    *ret_root = root;
    return OK;
}

enum status yaml_load(str text, const char *file_name, struct arena *arena, struct yaml_node **ret_root,
                      struct error *err)
{
    if (text.size > YAML_BYTES_MAX)
        return error_set(err, ERR_LIMIT, "%s: %zu bytes are more than the %zu that are read", file_name, text.size,
                         YAML_BYTES_MAX);
    if (str_has_prefix(text, STR("\xEF\xBB\xBF"))) /* a byte order mark, as Windows' editors leave */
        text = str_slice(text, 3, text.size);
    struct loader loader = { .arena = arena, .err = err };
    loader.file_name = arena_copy(arena, str_of(file_name)).data;
    if (!yaml_parser_initialize(&loader.parser))
        return error_set(err, ERR_LIMIT, "%s: no memory for the parser", file_name);
    yaml_parser_set_encoding(&loader.parser, YAML_UTF8_ENCODING); /* or two odd bytes would choose UTF-16 */
    yaml_parser_set_input_string(&loader.parser, (const unsigned char *)(text.size == 0 ? "" : text.data), text.size);
    arena_init(&loader.scratch, 0); /* bounded by YAML_BYTES_MAX and YAML_NODES_MAX */
    map_init(&loader.anchors, &loader.scratch, YAML_NODES_MAX);
    enum status status = load_stream(&loader, ret_root);
    arena_done(&loader.scratch);
    yaml_parser_delete(&loader.parser);
    return status;
}
