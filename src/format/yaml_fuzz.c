/* What is accepted prints, aliases expanded, as YAML in flow style that loads to an equal tree; what is refused
 * names the file. */
#include "base/buf.h"
#include "base/number.h"
#include "format/yaml.h"

#define PRINT_BYTES_MAX ((size_t)1 << 20)
#define ARENA_BYTES_MAX ((size_t)256 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The code point at `at`; the loader has checked the UTF-8. */
static unsigned decode(const unsigned char *at, size_t *ret_size)
{
    if (at[0] < 0x80) {
        *ret_size = 1;
        return at[0];
    }
    *ret_size = at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : 2;
    unsigned code = at[0] & (0x7Fu >> *ret_size);
    for (size_t i = 1; i < *ret_size; i++)
        code = code << 6 | (at[i] & 0x3F);
    return code;
}

/* Escapes all but plain ASCII, since YAML does not let every character stand for itself. */
static void print_text(struct buf *out, str text)
{
    (void)buf_append_byte(out, '"'); /* an overfull buffer is looked at in the end */
    for (size_t i = 0, size; i < text.size; i += size) {
        unsigned code = decode((const unsigned char *)text.data + i, &size);
        if (code > ' ' && code < 0x7F && code != '"' && code != '\\')
            (void)buf_append_byte(out, (char)code);
        else
            (void)buf_printf(out, "\\U%08X", code);
    }
    (void)buf_append_byte(out, '"');
}

static void print_f64(struct buf *out, double value)
{
    char text[NUMBER_TEXT_MAX];
    if (value != value)
        (void)buf_append(out, STR(".nan"));
    else if (value - value != 0)
        (void)buf_append(out, value > 0 ? STR(".inf") : STR("-.inf"));
    else
        (void)buf_append(out, (str){ text, number_print_f64(value == 0 ? 0 : value, text) }); /* -0 would be an integer */
}

static void print_node(struct buf *out, const struct yaml_node *node)
{
    switch (node->kind) {
    case YAML_NULL:
        (void)buf_append(out, STR("null"));
        return;
    case YAML_BOOL:
        (void)buf_append(out, node->boolean ? STR("true") : STR("false"));
        return;
    case YAML_INT:
        (void)buf_printf(out, "%lld", (long long)node->i64);
        return;
    case YAML_FLOAT:
        print_f64(out, node->f64);
        return;
    case YAML_TEXT:
        print_text(out, node->text);
        return;
    case YAML_LIST:
        (void)buf_append_byte(out, '[');
        for (size_t i = 0; i < node->count && !buf_is_overfull(out); i++) {
            print_node(out, node->items[i]);
            (void)buf_append(out, STR(", "));
        }
        (void)buf_append_byte(out, ']');
        return;
    case YAML_MAP:
        (void)buf_append_byte(out, '{');
        for (size_t i = 0; i < node->count && !buf_is_overfull(out); i++) {
            (void)buf_append(out, STR("? ")); /* long keys need it */
            print_text(out, node->members[i].key);
            (void)buf_append(out, STR(" : "));
            print_node(out, node->members[i].value);
            (void)buf_append(out, STR(", "));
        }
        (void)buf_append_byte(out, '}');
        return;
    case YAML_KIND_COUNT:
        abort();
    }
}

/* Loads and prints; false when refused. */
static bool reprint(str text, struct buf *out, struct error *err)
{
    struct arena arena;
    arena_init(&arena, ARENA_BYTES_MAX);
    struct yaml_node *root;
    bool is_ok = yaml_load(text, "fuzz", &arena, &root, err) == OK;
    if (is_ok)
        print_node(out, root);
    arena_done(&arena);
    return is_ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf printed, again;
    buf_init(&printed, PRINT_BYTES_MAX);
    buf_init(&again, PRINT_BYTES_MAX);
    struct error err = { 0 };
    if (!reprint((str){ (const char *)data, size }, &printed, &err)) {
        if (strncmp(err.cause, "fuzz:", 5) != 0)
            abort();
    } else if (!buf_is_overfull(&printed)) {
        if (!reprint(buf_str(&printed), &again, &err) || !str_equal(buf_str(&printed), buf_str(&again)))
            abort();
    }
    buf_done(&printed);
    buf_done(&again);
    return 0;
}
