#include "serve/onnx/onnx_classes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Field numbers of onnx.proto. */
enum { MODEL_GRAPH = 7 };
enum { GRAPH_NODE = 1, GRAPH_INITIALIZER = 5 };
enum { NODE_INPUT = 1, NODE_OP_TYPE = 4, NODE_ATTRIBUTE = 5 };
enum { ATTRIBUTE_NAME = 1, ATTRIBUTE_INTS = 8, ATTRIBUTE_STRINGS = 9 };
enum { TENSOR_DATA_TYPE = 2, TENSOR_INT32S = 5, TENSOR_STRINGS = 6, TENSOR_INT64S = 7, TENSOR_NAME = 8,
       TENSOR_RAW = 9 };
enum { ELEMENT_INT32 = 6, ELEMENT_INT64 = 7 };

/* Each walks all initializers; a file made up of such nodes would take for ever. */
#define LOOKUPS_MAX 256

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

/* One field of a message: a number, or bytes that lie in the message. */
struct wire_field {
    uint64_t number; /* which field */
    enum wire wire;
    uint64_t value;
    str bytes;
};

static bool take_varint(str *rest, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (size_t i = 0; i < rest->size && i < 10; i++) {
        value |= (uint64_t)(rest->data[i] & 0x7F) << (7 * i);
        if ((rest->data[i] & 0x80) == 0) {
            *rest = str_slice(*rest, i + 1, rest->size);
            *ret_value = value;
            return true;
        }
    }
    return false;
}

static bool take_bytes(str *rest, uint64_t size, str *ret_bytes)
{
    if (size > rest->size)
        return false;
    *ret_bytes = str_slice(*rest, 0, (size_t)size);
    *rest = str_slice(*rest, (size_t)size, rest->size);
    return true;
}

/* Cuts the next field off the message; false at its end, and where the bytes are no message. */
static bool next_field(str *rest, struct wire_field *field)
{
    uint64_t tag;
    if (!take_varint(rest, &tag))
        return false;
    *field = (struct wire_field){ .number = tag >> 3, .wire = (enum wire)(tag & 7) };
    switch (field->wire) {
    case WIRE_VARINT:
        return take_varint(rest, &field->value);
    case WIRE_64:
        return take_bytes(rest, 8, &field->bytes);
    case WIRE_BYTES:
        return take_varint(rest, &field->value) && take_bytes(rest, field->value, &field->bytes);
    case WIRE_32:
        return take_bytes(rest, 4, &field->bytes);
    }
    return false; /* groups went away with proto2 */
}

/* The first field of that number and kind; empty where there is none. */
static str find_bytes(str message, uint64_t number)
{
    for (struct wire_field field; next_field(&message, &field);)
        if (field.number == number && field.wire == WIRE_BYTES)
            return field.bytes;
    return (str){ 0 };
}

/* Where names are counted, and collected where `names` is there: [wanted], `count` may run past it. */
struct name_list {
    str *names;
    size_t count, wanted;
    struct arena *arena;
    unsigned lookups; /* of initializers, so far */
};

static void add_text(struct name_list *list, str text)
{
    if (list->names != NULL && list->count < list->wanted)
        list->names[list->count] = arena_copy(list->arena, text);
    list->count++;
}

static void add_number(struct name_list *list, uint64_t value)
{
    if (list->names != NULL && list->count < list->wanted)
        list->names[list->count] = arena_printf(list->arena, "%lld", (long long)value);
    list->count++;
}

/* A repeated number, each in a field of its own or all in one. */
static void add_numbers(struct name_list *list, const struct wire_field *field)
{
    if (field->wire == WIRE_VARINT)
        add_number(list, field->value);
    str packed = field->bytes;
    for (uint64_t value; field->wire == WIRE_BYTES && take_varint(&packed, &value);)
        add_number(list, value);
}

static void add_raw(struct name_list *list, str raw, uint64_t element)
{
    size_t width = element == ELEMENT_INT32 ? 4 : element == ELEMENT_INT64 ? 8 : 0;
    for (size_t at = 0; width > 0 && at + width <= raw.size; at += width) {
        int32_t narrow = 0;
        int64_t wide = 0;
        memcpy(width == 4 ? (void *)&narrow : (void *)&wide, raw.data + at, width); /* both sides are little-endian */
        add_number(list, (uint64_t)(width == 4 ? narrow : wide));
    }
}

static bool is_class_attribute(str name)
{
    return str_equal(name, STR("classlabels_int64s")) || str_equal(name, STR("classlabels_strings")) ||
           str_equal(name, STR("classlabels_ints"));
}

static void names_of_attribute(str attribute, struct name_list *list)
{
    list->count = 0;
    if (!is_class_attribute(find_bytes(attribute, ATTRIBUTE_NAME)))
        return;
    for (struct wire_field field; next_field(&attribute, &field);) {
        if (field.number == ATTRIBUTE_INTS)
            add_numbers(list, &field);
        else if (field.number == ATTRIBUTE_STRINGS && field.wire == WIRE_BYTES)
            add_text(list, field.bytes);
    }
}

static void names_of_tensor(str tensor, struct name_list *list)
{
    uint64_t element = 0;
    list->count = 0;
    str raw = { 0 };
    for (struct wire_field field; next_field(&tensor, &field);) {
        if (field.number == TENSOR_DATA_TYPE && field.wire == WIRE_VARINT)
            element = field.value;
        else if (field.number == TENSOR_INT32S || field.number == TENSOR_INT64S)
            add_numbers(list, &field);
        else if (field.number == TENSOR_STRINGS && field.wire == WIRE_BYTES)
            add_text(list, field.bytes);
        else if (field.number == TENSOR_RAW && field.wire == WIRE_BYTES)
            raw = field.bytes;
    }
    if (list->count == 0)
        add_raw(list, raw, element);
}

static str find_initializer(str graph, str name)
{
    for (struct wire_field field; next_field(&graph, &field);)
        if (field.number == GRAPH_INITIALIZER && field.wire == WIRE_BYTES &&
            str_equal(find_bytes(field.bytes, TENSOR_NAME), name))
            return field.bytes;
    return (str){ 0 };
}

/* Whether the node tells `wanted` classes; then they are in `list`. */
static bool names_of_node(str graph, str node, struct name_list *list)
{
    if (str_equal(find_bytes(node, NODE_OP_TYPE), STR("ArrayFeatureExtractor"))) {
        if (list->lookups++ >= LOOKUPS_MAX)
            return false;
        names_of_tensor(find_initializer(graph, find_bytes(node, NODE_INPUT)), list);
        return list->count == list->wanted;
    }
    for (struct wire_field field; next_field(&node, &field);) {
        if (field.number != NODE_ATTRIBUTE || field.wire != WIRE_BYTES)
            continue;
        names_of_attribute(field.bytes, list);
        if (list->count == list->wanted)
            return true;
    }
    return false;
}

void onnx_classes_find(str model, size_t count, struct arena *arena, const str **ret_names)
{
    *ret_names = NULL;
    str graph = find_bytes(model, MODEL_GRAPH), rest = graph, teller = { 0 };
    struct name_list list = { .wanted = count, .arena = arena };
    for (struct wire_field field; count > 0 && next_field(&rest, &field);)
        if (field.number == GRAPH_NODE && field.wire == WIRE_BYTES && names_of_node(graph, field.bytes, &list))
            teller = field.bytes; /* and on: the last such node is the one that answers */
    if (str_is_empty(teller))
        return;
    list.names = arena_array(arena, str, count);
    list.lookups = 0;
    if (list.names != NULL && names_of_node(graph, teller, &list))
        *ret_names = list.names;
}

enum status onnx_classes_find_in_file(const char *path, size_t count, struct arena *arena, const str **ret_names,
                                      struct error *err)
{
    *ret_names = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_UNAVAILABLE, "open %s: %s", path, strerror(errno));
    struct stat info;
    void *bytes = MAP_FAILED;
    if (fstat(fd, &info) == 0 && info.st_size > 0)
        bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    (void)close(fd); /* it was only read, and the mapping stays */
    if (bytes == MAP_FAILED)
        return error_set(err, ERR_UNAVAILABLE, "read %s: it is empty or cannot be mapped", path);
    onnx_classes_find((str){ bytes, (size_t)info.st_size }, count, arena, ret_names);
    (void)munmap(bytes, (size_t)info.st_size); /* the whole of what mmap gave */
    return OK;
}
