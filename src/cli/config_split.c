#include "cli/config_split.h"

#include <math.h>

#include "base/duration.h"
#include "cli/config_value.h"

#define WEIGHT_MAX 1e6
#define EVERY_MS_DEFAULT 300000
#define REQUESTS_MIN_DEFAULT 30

static const double default_steps[] = { 1, 5, 25, 50, 100 };

/* ---- which version ---- */

static const struct {
    const char *key;
    enum model_pick pick;
} picks[] = { { "stage", PICK_STAGE }, { "alias", PICK_ALIAS }, { "version", PICK_VERSION } };

/* One of stage, alias, version; or a path, whose version may be named. None of them: the model's own. */
static enum status read_selector(const struct yaml_node *node, struct split_variant_config *variant, struct error *err)
{
    const struct yaml_node *path = yaml_get(node, "path");
    TRY(yaml_as_str(path, &variant->path, err));
    variant->is_own = str_is_empty(variant->path);
    if (!variant->is_own) {
        variant->pick = PICK_VERSION;
        variant->value = variant->name;
    }
    size_t found = 0;
    for (size_t i = 0; i < COUNT(picks); i++) {
        const struct yaml_node *value = yaml_get(node, picks[i].key);
        if (value == NULL)
            continue;
        if (++found > 1 || (!str_is_empty(variant->path) && picks[i].pick != PICK_VERSION))
            return yaml_fail(value, err, "one of stage, alias, version and path says which version; a path may have a version");
        TRY(yaml_as_str(value, &variant->value, err));
        variant->pick = picks[i].pick;
        variant->is_own = false;
        if (str_is_empty(variant->value))
            return yaml_fail(value, err, "is not empty");
    }
    return OK;
}

static void print_selector(const struct split_variant_config *variant, struct buf *out)
{
    if (variant->is_own)
        return;
    if (!str_is_empty(variant->path)) {
        buf_append(out, STR(", path: "));
        config_text_print(variant->path, out);
    }
    for (size_t i = 0; i < COUNT(picks); i++) {
        if (picks[i].pick != variant->pick)
            continue;
        buf_printf(out, ", %s: ", picks[i].key);
        config_text_print(variant->value, out);
    }
}

/* ---- variants ---- */

static bool is_name(str name)
{
    for (size_t i = 0; i < name.size; i++) {
        char byte = name.data[i];
        bool is_word = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
        if (!is_word && byte != '_' && byte != '-')
            return false;
    }
    return name.size > 0 && name.size <= SPLIT_NAME_MAX;
}

static enum status read_mode(const struct yaml_node *node, enum split_mode *ret_mode, struct error *err)
{
    str mode = STR("answer");
    TRY(yaml_as_str(node, &mode, err));
    *ret_mode = str_equal(mode, STR("shadow")) ? SPLIT_SHADOW : SPLIT_ANSWERS;
    if (*ret_mode == SPLIT_ANSWERS && !str_equal(mode, STR("answer")))
        return yaml_fail(node, err, "\"%.*s\" is none of: answer shadow", STR_ARG(mode));
    return OK;
}

static enum status read_variant(const struct yaml_node *node, struct split_variant_config *variant, struct error *err)
{
    static const char *const known[] = { "name", "stage", "alias", "version", "path", "weight", "mode" };
    const struct yaml_node *name = NULL, *weight = yaml_get(node, "weight");
    TRY(yaml_expect(node, YAML_MAP, err));
    TRY(yaml_check_keys(node, known, COUNT(known), err));
    TRY(yaml_require(node, "name", &name, err));
    TRY(yaml_as_str(name, &variant->name, err));
    if (!is_name(variant->name))
        return yaml_fail(name, err, "1 to %d letters, digits, _ and -", SPLIT_NAME_MAX);
    TRY(read_selector(node, variant, err));
    TRY(read_mode(yaml_get(node, "mode"), &variant->mode, err));
    variant->weight = variant->mode == SPLIT_SHADOW ? 0 : 1;
    TRY(yaml_as_f64(weight, &variant->weight, err));
    if (!(variant->weight >= 0 && variant->weight <= WEIGHT_MAX))
        return yaml_fail(weight, err, "a weight is 0 to %g", WEIGHT_MAX);
    if (variant->mode == SPLIT_SHADOW && (variant->weight > 0 || variant->is_own))
        return yaml_fail(node, err, "a shadow has no weight, and a version of its own");
    return OK;
}

enum status config_variants_read(const struct yaml_node *node, struct arena *arena, struct split_config *ret_split,
                                 struct error *err)
{
    TRY(yaml_expect(node, YAML_LIST, err));
    if (node->count > SPLIT_VARIANTS_MAX)
        return yaml_fail(node, err, "at most %d variants", SPLIT_VARIANTS_MAX);
    struct split_variant_config *variants = arena_alloc(arena, (node->count + 1) * sizeof(struct split_variant_config));
    double weights = 0;
    for (size_t i = 0; i < node->count; i++) {
        variants[i] = (struct split_variant_config){ 0 };
        TRY(read_variant(node->items[i], &variants[i], err));
        weights += variants[i].weight;
        for (size_t earlier = 0; earlier < i; earlier++)
            if (str_equal(variants[earlier].name, variants[i].name) || (variants[earlier].is_own && variants[i].is_own))
                return yaml_fail(node->items[i], err, "the variant \"%.*s\" is there twice", STR_ARG(variants[i].name));
    }
    if (node->count > 0 && !(weights >= 1e-3))
        return yaml_fail(node, err, "no variant that answers has a weight");
    *ret_split = (struct split_config){ .variants = variants, .count = node->count };
    return OK;
}

void config_variants_print(const struct split_config *split, struct buf *out)
{
    buf_append_byte(out, '[');
    for (size_t i = 0; i < split->count; i++) {
        const struct split_variant_config *variant = &split->variants[i];
        buf_append(out, i > 0 ? STR(", {name: ") : STR("{name: "));
        config_text_print(variant->name, out);
        print_selector(variant, out);
        if (variant->mode == SPLIT_SHADOW) {
            buf_append(out, STR(", mode: shadow"));
        } else {
            buf_append(out, STR(", weight: "));
            config_number_print(variant->weight, out);
        }
        buf_append_byte(out, '}');
    }
    buf_append_byte(out, ']');
}

/* ---- the canary ---- */

static enum status read_steps(const struct yaml_node *node, struct canary_config *canary, struct error *err)
{
    TRY(yaml_expect(node, YAML_LIST, err));
    if (node == NULL) {
        for (size_t i = 0; i < COUNT(default_steps); i++)
            canary->steps[canary->step_count++] = default_steps[i];
        return OK;
    }
    if (node->count == 0 || node->count > CANARY_STEPS_MAX)
        return yaml_fail(node, err, "1 to %d steps", CANARY_STEPS_MAX);
    for (size_t i = 0; i < node->count; i++) {
        double *step = &canary->steps[i];
        TRY(yaml_as_f64(node->items[i], step, err));
        if (!(*step > (i > 0 ? canary->steps[i - 1] : 0) && *step <= 100))
            return yaml_fail(node->items[i], err, "steps rise from above 0 to at most 100 percent");
    }
    canary->step_count = node->count;
    return OK;
}

static enum status read_rollback(const struct yaml_node *node, struct canary_config *canary, struct error *err)
{
    static const char *const known[] = { "error_rate", "latency_p99" };
    const struct yaml_node *rate = yaml_get(node, "error_rate"), *latency = yaml_get(node, "latency_p99");
    TRY(yaml_expect(node, YAML_MAP, err));
    TRY(yaml_check_keys(node, known, COUNT(known), err));
    canary->error_rate_max = canary->latency_p99_max_ms = NAN;
    TRY(yaml_as_f64(rate, &canary->error_rate_max, err));
    if (rate != NULL && !(canary->error_rate_max >= 0 && canary->error_rate_max <= 1))
        return yaml_fail(rate, err, "a rate is 0 to 1");
    if (latency == NULL)
        return OK;
    int64_t latency_ms = 0;
    TRY(yaml_as_duration(latency, &latency_ms, err));
    canary->latency_p99_max_ms = (double)latency_ms;
    return OK;
}

enum status config_canary_read(const struct yaml_node *node, struct arena *arena, struct split_config *ret_split,
                               struct error *err)
{
    static const char *const known[] = { "stage", "alias", "version", "path", "steps", "every", "minimum", "rollback" };
    struct split_config split = { 0 };
    struct canary_config *canary = &split.canary;
    TRY(yaml_expect(node, YAML_MAP, err));
    TRY(yaml_check_keys(node, known, COUNT(known), err));
    if (node->count == 0) {
        *ret_split = split;
        return OK;
    }
    struct split_variant_config *variants = arena_alloc(arena, 2 * sizeof *variants);
    variants[0] = (struct split_variant_config){ .name = STR("canary") };
    variants[1] = (struct split_variant_config){ .name = STR("stable"), .is_own = true };
    TRY(read_selector(node, &variants[0], err));
    if (variants[0].is_own)
        return yaml_fail(node, err, "which version? one of stage, alias, version and path");
    canary->every_ms = EVERY_MS_DEFAULT;
    canary->requests_min = REQUESTS_MIN_DEFAULT;
    TRY(read_steps(yaml_get(node, "steps"), canary, err));
    TRY(yaml_as_duration(yaml_get(node, "every"), &canary->every_ms, err));
    TRY(yaml_as_i64(yaml_get(node, "minimum"), &canary->requests_min, err));
    if (canary->requests_min < 1)
        return yaml_fail(yaml_get(node, "minimum"), err, "at least 1 request");
    TRY(read_rollback(yaml_get(node, "rollback"), canary, err));
    split.variants = variants;
    split.count = 2;
    *ret_split = split;
    return OK;
}

void config_canary_print(const struct split_config *split, struct buf *out)
{
    const struct canary_config *canary = &split->canary;
    char text[DURATION_TEXT_MAX];
    if (split->count == 0) {
        buf_append(out, STR("{}"));
        return;
    }
    buf_append(out, STR("{steps: ["));
    for (size_t i = 0; i < canary->step_count; i++) {
        buf_append(out, i > 0 ? STR(", ") : STR(""));
        config_number_print(canary->steps[i], out);
    }
    buf_append_byte(out, ']');
    print_selector(&split->variants[0], out);
    buf_append(out, STR(", every: "));
    buf_append(out, (str){ text, duration_print(canary->every_ms, text) });
    buf_printf(out, ", minimum: %lld, rollback: {", (long long)canary->requests_min);
    bool has_rate = !isnan(canary->error_rate_max);
    if (has_rate) {
        buf_append(out, STR("error_rate: "));
        config_number_print(canary->error_rate_max, out);
    }
    if (!isnan(canary->latency_p99_max_ms)) {
        buf_append(out, has_rate ? STR(", latency_p99: ") : STR("latency_p99: "));
        buf_append(out, (str){ text, duration_print((int64_t)canary->latency_p99_max_ms, text) });
    }
    buf_append(out, STR("}}"));
}
