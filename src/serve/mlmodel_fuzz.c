/* serve/mlmodel_fuzz.c - any bytes as a signature's JSON. What is accepted prints back to an equal signature; what is
 * refused has a reason. (The YAML around it is format/yaml_fuzz.c's.) */
#include <stdint.h>

#include "format/json.h"
#include "serve/mlmodel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA_BYTES_MAX ((size_t)64 << 20)
#define TEXT_BYTES_MAX ((size_t)16 << 20)

static const char *const type_names[] = { "double", "float", "integer", "long", "boolean", "string", "datetime" };

static void print(const struct field *fields, size_t count, struct buf *out)
{
    struct json_writer json;
    json_writer_init(&json, out, JSON_COMPACT);
    json_begin_array(&json);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(&json);
        json_text(&json, "type", type_names[fields[i].type]);
        json_str(&json, "name", fields[i].name);
        json_bool(&json, "required", fields[i].is_required);
        json_end_object(&json);
    }
    json_end_array(&json);
    if (!json_writer_end(&json))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct error err = { 0 };
    const struct field *fields, *again;
    size_t count, again_count;
    struct buf text;
    arena_init(&arena, ARENA_BYTES_MAX);
    buf_init(&text, TEXT_BYTES_MAX);
    if (mlmodel_read_signature((str){ (const char *)data, size }, &arena, &fields, &count, &err) != OK) {
        if (err.cause[0] == '\0')
            abort();
    } else {
        print(fields, count, &text);
        if (mlmodel_read_signature(buf_str(&text), &arena, &again, &again_count, &err) != OK || again_count != count)
            abort();
        for (size_t i = 0; i < count; i++)
            if (!str_equal(fields[i].name, again[i].name) || fields[i].type != again[i].type ||
                fields[i].is_required != again[i].is_required)
                abort();
    }
    buf_done(&text);
    arena_done(&arena);
    return 0;
}
