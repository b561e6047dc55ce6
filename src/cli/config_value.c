#include "cli/config_value.h"

#include <math.h>

#include "base/duration.h"
#include "base/number.h"
#include "cli/config_split.h"

#define MEMBER(type, target, key) ((type *)(void *)((char *)(target) + (key)->offset))
#define CONST_MEMBER(type, source, key) ((const type *)(const void *)((const char *)(source) + (key)->offset))

static enum status check_bounds(const struct config_key *key, const struct yaml_node *node, double value, struct error *err)
{
    if (value >= key->min && value <= key->max)
        return OK;
    return yaml_fail(node, err, "%.*s is out of bounds (%g to %g)", STR_ARG(node->text), key->min, key->max);
}

static enum status read_integer(const struct config_key *key, const struct yaml_node *node, int64_t *ret, struct error *err)
{
    int64_t value;
    TRY(yaml_as_i64(node, &value, err));
    TRY(check_bounds(key, node, (double)value, err));
    *ret = value;
    return OK;
}

static enum status read_number(const struct config_key *key, const struct yaml_node *node, double *ret, struct error *err)
{
    double value;
    TRY(yaml_as_f64(node, &value, err));
    TRY(check_bounds(key, node, value, err));
    *ret = value;
    return OK;
}

static enum status read_text(const struct yaml_node *node, struct arena *arena, str *ret, struct error *err)
{
    str text;
    TRY(yaml_as_str(node, &text, err));
    *ret = arena_copy(arena, text);
    return OK;
}

static bool is_choice(const char *choices, str text)
{
    str rest = str_of(choices), choice;
    while (str_split(&rest, ' ', &choice))
        if (str_equal(choice, text))
            return true;
    return false;
}

static enum status read_choice(const struct config_key *key, const struct yaml_node *node, struct arena *arena, str *ret,
                               struct error *err)
{
    str text;
    TRY(yaml_as_str(node, &text, err));
    if (!is_choice(key->choices, text))
        return yaml_fail(node, err, "\"%.*s\" is none of: %s", STR_ARG(text), key->choices);
    *ret = arena_copy(arena, text);
    return OK;
}

static const struct {
    const char *unit;
    double bytes;
} byte_units[] = { { "KiB", 0x1p10 }, { "MiB", 0x1p20 }, { "GiB", 0x1p30 }, { "TiB", 0x1p40 },
                   { "KB", 1e3 },     { "MB", 1e6 },     { "GB", 1e9 },     { "B", 1 } };

static enum status read_bytes(const struct config_key *key, const struct yaml_node *node, int64_t *ret, struct error *err)
{
    str text;
    TRY(yaml_as_str(node, &text, err));
    double unit = 1;
    for (size_t i = 0; i < COUNT(byte_units); i++) {
        str name = str_of(byte_units[i].unit);
        if (str_has_suffix(text, name)) {
            unit = byte_units[i].bytes;
            text = str_trim(str_slice(text, 0, text.size - name.size));
            break;
        }
    }
    double count;
    if (!number_parse_f64(text, &count))
        return yaml_fail(node, err, "expected a size such as 64MiB, found \"%.*s\"", STR_ARG(node->text));
    TRY(check_bounds(key, node, count * unit, err));
    *ret = (int64_t)(count * unit);
    return OK;
}

static enum status read_texts(const struct yaml_node *node, struct arena *arena, struct config_texts *ret,
                              struct error *err)
{
    TRY(yaml_expect(node, YAML_LIST, err));
    str *items = arena_alloc(arena, node->count * sizeof *items);
    for (size_t i = 0; i < node->count; i++)
        TRY(read_text(node->items[i], arena, &items[i], err));
    *ret = (struct config_texts){ items, node->count };
    return OK;
}

static enum status read_numbers(const struct config_key *key, const struct yaml_node *node, struct arena *arena,
                                struct config_settings *ret, struct error *err)
{
    TRY(yaml_expect(node, YAML_MAP, err));
    struct config_setting *items = arena_alloc(arena, node->count * sizeof *items);
    for (size_t i = 0; i < node->count; i++) {
        items[i].name = arena_copy(arena, node->members[i].key);
        TRY(read_number(key, node->members[i].value, &items[i].number, err));
    }
    *ret = (struct config_settings){ items, node->count };
    return OK;
}

/* `columns: {alcohol: {type: num, method: ks, threshold: 0.01}}` into three lists by column. */
static enum status read_columns(const struct yaml_node *node, struct arena *arena, struct config_model *model,
                                struct error *err)
{
    static const char *const known[] = { "type", "method", "threshold" };
    TRY(yaml_expect(node, YAML_MAP, err));
    struct config_setting *types = arena_alloc(arena, node->count * sizeof *types);
    struct config_setting *methods = arena_alloc(arena, node->count * sizeof *methods);
    struct config_setting *limits = arena_alloc(arena, node->count * sizeof *limits);
    size_t type_count = 0, method_count = 0, limit_count = 0;
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *column = node->members[i].value;
        TRY(yaml_expect(column, YAML_MAP, err));
        TRY(yaml_check_keys(column, known, COUNT(known), err));
        str name = arena_copy(arena, node->members[i].key);
        const struct yaml_node *type = yaml_get(column, "type"), *method = yaml_get(column, "method");
        const struct yaml_node *limit = yaml_get(column, "threshold");
        if (type != NULL) {
            struct config_setting *setting = &types[type_count++];
            setting->name = name;
            TRY(read_text(type, arena, &setting->text, err));
            if (!is_choice("num cat bool datetime text id", setting->text))
                return yaml_fail(type, err, "\"%.*s\" is none of: num cat bool datetime text id", STR_ARG(setting->text));
        }
        if (method != NULL) {
            methods[method_count].name = name;
            TRY(read_text(method, arena, &methods[method_count++].text, err));
        }
        if (limit != NULL) {
            limits[limit_count].name = name;
            TRY(yaml_as_f64(limit, &limits[limit_count++].number, err));
        }
    }
    model->types = (struct config_settings){ types, type_count };
    model->column_methods = (struct config_settings){ methods, method_count };
    model->column_thresholds = (struct config_settings){ limits, limit_count };
    return OK;
}

static enum status read_limit(const struct config_key *key, const struct yaml_node *node, struct config_model *model,
                              struct error *err)
{
    model->drift_is_calibrated = str_equal(node->text, STR("calibrated"));
    model->drift_threshold = NAN;
    if (model->drift_is_calibrated || str_equal(node->text, STR("auto")))
        return OK;
    return read_number(key, node, &model->drift_threshold, err);
}

static enum status read_schedule(const struct yaml_node *node, struct arena *arena, struct config_model *model,
                                 struct error *err)
{
    str text;
    TRY(yaml_as_str(node, &text, err));
    struct error cause = { 0 };
    if (schedule_parse(text, &model->schedule, &cause) != OK)
        return yaml_fail(node, err, "%s", cause.cause);
    model->schedule_text = arena_copy(arena, text);
    return OK;
}

static enum status read_duration(const struct config_key *key, const struct yaml_node *node, int64_t *ret,
                                 struct error *err)
{
    int64_t value_ms;
    TRY(yaml_as_duration(node, &value_ms, err));
    TRY(check_bounds(key, node, (double)value_ms, err));
    *ret = value_ms;
    return OK;
}

enum status config_value_read(const struct config_key *key, const struct yaml_node *node, struct arena *arena, void *target,
                              struct error *err)
{
    str text;
    switch (key->kind) {
    case CONFIG_TEXT:
        return read_text(node, arena, MEMBER(str, target, key), err);
    case CONFIG_CHOICE:
        return read_choice(key, node, arena, MEMBER(str, target, key), err);
    case CONFIG_BOOL:
        return yaml_as_bool(node, MEMBER(bool, target, key), err);
    case CONFIG_INTEGER:
        return read_integer(key, node, MEMBER(int64_t, target, key), err);
    case CONFIG_NUMBER:
        return read_number(key, node, MEMBER(double, target, key), err);
    case CONFIG_BYTES:
        return read_bytes(key, node, MEMBER(int64_t, target, key), err);
    case CONFIG_DURATION:
        return read_duration(key, node, MEMBER(int64_t, target, key), err);
    case CONFIG_TEXTS:
        return read_texts(node, arena, MEMBER(struct config_texts, target, key), err);
    case CONFIG_NUMBERS:
        return read_numbers(key, node, arena, MEMBER(struct config_settings, target, key), err);
    case CONFIG_LIMIT:
        return read_limit(key, node, target, err);
    case CONFIG_COLUMNS:
        return read_columns(node, arena, target, err);
    case CONFIG_SCHEDULE:
        return read_schedule(node, arena, target, err);
    case CONFIG_SECRET:
        TRY(yaml_as_str(node, &text, err));
        secret_done(MEMBER(struct secret, target, key));
        secret_init(MEMBER(struct secret, target, key), text);
        return OK;
    case CONFIG_VARIANTS:
        return config_variants_read(node, arena, MEMBER(struct split_config, target, key), err);
    case CONFIG_CANARY:
        return config_canary_read(node, arena, MEMBER(struct split_config, target, key), err);
    }
    return OK;
}

void config_text_print(str text, struct buf *out)
{
    buf_append_byte(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte == '"' || byte == '\\')
            buf_printf(out, "\\%c", byte);
        else if (byte < 0x20)
            buf_printf(out, "\\x%02x", byte);
        else
            buf_append_byte(out, (char)byte);
    }
    buf_append_byte(out, '"');
}

void config_number_print(double value, struct buf *out)
{
    char text[NUMBER_TEXT_MAX];
    buf_append(out, (str){ text, number_print_f64(value, text) });
}

static void print_bytes(int64_t bytes, struct buf *out)
{
    static const struct { const char *unit; int64_t bytes; } units[] = { { "GiB", INT64_C(1) << 30 },
                                                                         { "MiB", 1 << 20 }, { "KiB", 1 << 10 } };
    for (size_t i = 0; i < COUNT(units); i++) {
        if (bytes != 0 && bytes % units[i].bytes == 0) {
            buf_printf(out, "%lld%s", (long long)(bytes / units[i].bytes), units[i].unit);
            return;
        }
    }
    buf_printf(out, "%lld", (long long)bytes);
}

static void print_texts(const struct config_texts *texts, struct buf *out)
{
    buf_append_byte(out, '[');
    for (size_t i = 0; i < texts->count; i++) {
        buf_append(out, i > 0 ? STR(", ") : STR(""));
        config_text_print(texts->items[i], out);
    }
    buf_append_byte(out, ']');
}

static void print_numbers(const struct config_settings *settings, struct buf *out)
{
    buf_append_byte(out, '{');
    for (size_t i = 0; i < settings->count; i++) {
        buf_append(out, i > 0 ? STR(", ") : STR(""));
        config_text_print(settings->items[i].name, out);
        buf_append(out, STR(": "));
        config_number_print(settings->items[i].number, out);
    }
    buf_append_byte(out, '}');
}

static const struct config_setting *setting_of(const struct config_settings *settings, str name)
{
    for (size_t i = 0; i < settings->count; i++)
        if (str_equal(settings->items[i].name, name))
            return &settings->items[i];
    return NULL;
}

/* One column of the map, unless an earlier list had it already. */
static void print_column(const struct config_model *model, str name, bool *is_first, struct buf *out)
{
    const struct config_setting *type = setting_of(&model->types, name);
    const struct config_setting *method = setting_of(&model->column_methods, name);
    const struct config_setting *limit = setting_of(&model->column_thresholds, name);
    buf_append(out, *is_first ? STR("") : STR(", "));
    *is_first = false;
    config_text_print(name, out);
    buf_append(out, STR(": {"));
    if (type != NULL)
        buf_printf(out, "type: %.*s%s", STR_ARG(type->text), method != NULL || limit != NULL ? ", " : "");
    if (method != NULL)
        buf_printf(out, "method: %.*s%s", STR_ARG(method->text), limit != NULL ? ", " : "");
    if (limit != NULL) {
        buf_append(out, STR("threshold: "));
        config_number_print(limit->number, out);
    }
    buf_append_byte(out, '}');
}

static void print_columns(const struct config_model *model, struct buf *out)
{
    bool is_first = true;
    buf_append_byte(out, '{');
    for (size_t i = 0; i < model->types.count; i++)
        print_column(model, model->types.items[i].name, &is_first, out);
    for (size_t i = 0; i < model->column_methods.count; i++)
        if (setting_of(&model->types, model->column_methods.items[i].name) == NULL)
            print_column(model, model->column_methods.items[i].name, &is_first, out);
    for (size_t i = 0; i < model->column_thresholds.count; i++) {
        str name = model->column_thresholds.items[i].name;
        if (setting_of(&model->types, name) == NULL && setting_of(&model->column_methods, name) == NULL)
            print_column(model, name, &is_first, out);
    }
    buf_append_byte(out, '}');
}

static void print_limit(const struct config_model *model, struct buf *out)
{
    if (model->drift_is_calibrated)
        buf_append(out, STR("calibrated"));
    else if (isnan(model->drift_threshold))
        buf_append(out, STR("auto"));
    else
        config_number_print(model->drift_threshold, out);
}

void config_value_print(const struct config_key *key, const void *source, struct buf *out)
{
    char text[DURATION_TEXT_MAX];
    switch (key->kind) {
    case CONFIG_TEXT:
        config_text_print(*CONST_MEMBER(str, source, key), out);
        break;
    case CONFIG_CHOICE:
        buf_append(out, *CONST_MEMBER(str, source, key));
        break;
    case CONFIG_BOOL:
        buf_append(out, *CONST_MEMBER(bool, source, key) ? STR("true") : STR("false"));
        break;
    case CONFIG_INTEGER:
        buf_printf(out, "%lld", (long long)*CONST_MEMBER(int64_t, source, key));
        break;
    case CONFIG_NUMBER:
        config_number_print(*CONST_MEMBER(double, source, key), out);
        break;
    case CONFIG_BYTES:
        print_bytes(*CONST_MEMBER(int64_t, source, key), out);
        break;
    case CONFIG_DURATION:
        buf_append(out, (str){ text, duration_print(*CONST_MEMBER(int64_t, source, key), text) });
        break;
    case CONFIG_TEXTS:
        print_texts(CONST_MEMBER(struct config_texts, source, key), out);
        break;
    case CONFIG_NUMBERS:
        print_numbers(CONST_MEMBER(struct config_settings, source, key), out);
        break;
    case CONFIG_LIMIT:
        print_limit(source, out);
        break;
    case CONFIG_COLUMNS:
        print_columns(source, out);
        break;
    case CONFIG_SCHEDULE:
        config_text_print(((const struct config_model *)source)->schedule_text, out);
        break;
    case CONFIG_SECRET:
        config_text_print(secret_is_empty(CONST_MEMBER(struct secret, source, key)) ? STR("") : STR(SECRET_SHOWN), out);
        break;
    case CONFIG_VARIANTS:
        config_variants_print(CONST_MEMBER(struct split_config, source, key), out);
        break;
    case CONFIG_CANARY:
        config_canary_print(CONST_MEMBER(struct split_config, source, key), out);
        break;
    }
}
