#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/random.h"
#include "registry/registry_internal.h"

#define US_PER_MS 1000

static enum status add_default_experiment(struct meta *meta, void *self, struct error *err)
{
    const int64_t *now_ms = self;
    return META_RUN(meta, err,
                    "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, "
                    "last_update_time) SELECT 0, 'Default', 'mlflow-artifacts:/0', 'active', ?, ? "
                    "WHERE NOT EXISTS (SELECT 1 FROM experiments WHERE experiment_id = 0)",
                    meta_of_i64(*now_ms), meta_of_i64(*now_ms));
}

enum status registry_open(struct meta *meta, const struct clock *clock, struct registry **ret_registry,
                          struct error *err)
{
    TRY(meta_expect_many_changes(meta, err));
    CLEANUP(registry_close_slot) struct registry *registry = mem_must(sizeof *registry);
    registry->meta = meta;
    registry->clock = clock;
    int64_t now_ms = registry_now_ms(registry);
    TRY(registry_change(registry, add_default_experiment, &now_ms, err));
    *ret_registry = registry;
    registry = NULL;
    return OK;
}

void registry_close(struct registry *registry)
{
    mem_free(registry);
}

int64_t registry_now_ms(const struct registry *registry)
{
    return clock_read_us(registry->clock) / US_PER_MS;
}

enum status registry_change(struct registry *registry, meta_change_fn *change, void *self, struct error *err)
{
    return meta_change(registry->meta, change, self, err);
}

/* ---- ids and names ---- */

str registry_make_id(const char *prefix, struct arena *arena)
{
    uint8_t bytes[16];
    char hex[33];
    random_bytes(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    return arena_printf(arena, "%s%s", prefix, hex);
}

str registry_make_name(struct arena *arena)
{
    static const char *const manners[] = {
        "able", "agile", "amber", "bold", "brave", "bright", "calm", "casual", "clever", "crisp", "daring", "eager",
        "fair", "fleet", "gentle", "gifted", "golden", "grand", "happy", "honest", "jolly", "keen", "kind", "lively",
        "loud", "lucky", "merry", "mild", "nimble", "noble", "polite", "proud", "quick", "quiet", "rare", "salty",
        "shy", "silent", "sincere", "smart", "snug", "solid", "swift", "tidy", "upbeat", "vivid", "warm", "wise",
    };
    static const char *const animals[] = {
        "ant", "ape", "auk", "bass", "bat", "bear", "bee", "bird", "boar", "carp", "cat", "colt", "cow", "crab",
        "crane", "deer", "dove", "duck", "elk", "finch", "fish", "fox", "frog", "gnat", "goose", "grouse", "gull",
        "hare", "hawk", "hen", "hog", "horse", "jay", "kit", "koi", "lamb", "lark", "loon", "lynx", "mink", "mole",
        "moth", "mule", "newt", "owl", "panda", "perch", "quail", "ram", "rat", "roo", "seal", "shad", "shark",
        "shrew", "skunk", "slug", "snail", "squid", "stag", "stoat", "swan", "toad", "trout", "vole", "wasp", "whale",
        "wolf", "wren", "yak",
    };
    uint32_t chance[3];
    random_bytes(chance, sizeof chance);
    return arena_printf(arena, "%s-%s-%u", manners[chance[0] % COUNT(manners)], animals[chance[1] % COUNT(animals)],
                        chance[2] % 1000);
}

/* ---- checks ---- */

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

size_t registry_chars(str text)
{
    size_t chars = 0;
    for (size_t i = 0; i < text.size; i++)
        chars += !is_continuation(text.data[i]);
    return chars;
}

str registry_cut(str text, size_t chars_max)
{
    size_t chars = 0;
    if (text.size <= chars_max)
        return text;
    for (size_t i = 0; i < text.size; i++)
        if (!is_continuation(text.data[i]) && chars++ == chars_max)
            return str_slice(text, 0, i);
    return text;
}

enum status registry_check_length(const char *what, str text, size_t chars_max, struct error *err)
{
    if (text.size > chars_max && registry_chars(text) > chars_max)
        return error_set(err, ERR_INVALID, "'%s' exceeds the maximum length of %zu characters", what, chars_max);
    return OK;
}

/* Letters and digits of any script, and a few marks. Bytes above ASCII belong to letters often enough. */
static bool is_key_byte(char byte)
{
    unsigned char c = (unsigned char)byte;
    bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c >= 0x80;
    return is_word || c == '/' || c == '.' || c == '-' || c == ':' || c == ' ';
}

/* Whether a path is relative and in its shortest form: no "//", "." or ".." part, no '/' at an end. */
static bool is_plain_path(str path)
{
    str rest = path, part;
    if (str_has_prefix(path, STR("/")) || str_has_suffix(path, STR("/")))
        return false;
    while (str_split(&rest, '/', &part))
        if (str_is_empty(part) || str_equal(part, STR(".")) || str_equal(part, STR("..")))
            return false;
    return true;
}

enum status registry_check_key(const char *what, str key, struct error *err)
{
    if (str_is_empty(key))
        return error_set(err, ERR_INVALID, "Missing value for required parameter '%s'. See the API docs for more "
                         "information about request parameters.", what);
    TRY(registry_check_length(what, key, REGISTRY_KEY_MAX, err));
    bool is_valid = str_is_utf8(key, NULL);
    for (size_t i = 0; i < key.size; i++)
        is_valid = is_valid && is_key_byte(key.data[i]);
    int shown = (int)MIN_OF(key.size, (size_t)REGISTRY_KEY_MAX);
    if (!is_valid)
        return error_set(
            err, ERR_INVALID,
            "Invalid value \"%.*s\" for parameter '%s' supplied: Names may only contain "
            "alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).",
            shown, key.data, what);
    if (!is_plain_path(key))
        return error_set(err, ERR_INVALID,
                         "Invalid value \"%.*s\" for parameter '%s' supplied: Names may be treated as "
                         "files in certain cases, and must not resolve to other names when treated as such.",
                         shown, key.data, what);
    return OK;
}

enum status registry_check_max_results(int64_t max_results, int64_t most, struct error *err)
{
    if (max_results < 1)
        return error_set(err, ERR_INVALID,
                         "Invalid value %lld for parameter 'max_results' supplied. It must be a positive integer",
                         (long long)max_results);
    if (max_results > most)
        return error_set(err, ERR_INVALID,
                         "Invalid value %lld for parameter 'max_results' supplied. It must be at most %lld",
                         (long long)max_results, (long long)most);
    return OK;
}

/* ---- pages ---- */

enum status registry_read_token(str token, int64_t *ret_offset, struct error *err)
{
    *ret_offset = 0;
    if (str_is_empty(token) || (number_parse_i64(token, ret_offset) && *ret_offset >= 0))
        return OK;
    return error_set(err, ERR_INVALID, "Invalid page token, could not base64-decode");
}

str registry_make_token(int64_t offset, struct arena *arena)
{
    return arena_printf(arena, "%lld", (long long)offset);
}

/* ---- pairs of many owners ---- */

size_t registry_owner_index(const int64_t *owners, size_t count, int64_t owner)
{
    size_t index = 0;
    while (index < count && owners[index] != owner)
        index++;
    return index;
}

/* Pairs of one owner while they come, in an array that doubles. */
static enum status add_pair(struct registry_pairs *place, struct registry_pair pair, struct arena *arena,
                            struct error *err)
{
    bool is_full = place->count == 0 || (place->count >= 4 && (place->count & (place->count - 1)) == 0);
    if (is_full) {
        size_t capacity = place->count == 0 ? 4 : place->count * 2;
        struct registry_pair *grown = arena_array(arena, struct registry_pair, capacity);
        if (grown == NULL)
            return error_set(err, ERR_LIMIT, "no memory for tags and parameters");
        if (place->count > 0)
            memcpy(grown, place->pairs, place->count * sizeof *grown);
        place->pairs = grown;
    }
    place->pairs[place->count++] = pair;
    return OK;
}

static enum status load_chunk(struct meta *meta, const char *sql_text, const int64_t *owners, size_t count,
                              struct arena *arena, struct registry_pairs *places, struct error *err)
{
    CLEANUP(meta_finish_slot) struct meta_statement *statement = NULL;
    CLEANUP(meta_sql_done) struct meta_sql sql;
    meta_sql_init(&sql, arena);
    meta_sql_add(&sql, sql_text);
    meta_sql_list_i64(&sql, owners, count);
    meta_sql_add(&sql, " ORDER BY 1, 2");
    TRY(meta_sql_prepare(&sql, meta, &statement, err));
    int64_t last = INT64_MIN;
    size_t index = 0;
    for (bool has_row = true;;) {
        TRY(meta_step(statement, &has_row, err));
        if (!has_row)
            return OK;
        int64_t owner = meta_i64(statement, 0);
        if (owner != last)
            index = registry_owner_index(owners, count, owner);
        last = owner;
        TRY(add_pair(&places[index],
                     (struct registry_pair){ meta_str(statement, 1, arena), meta_str(statement, 2, arena) }, arena,
                     err));
    }
}

enum status registry_load_pairs(struct meta *meta, const char *sql, const int64_t *owners, size_t count,
                                struct arena *arena, struct registry_pairs *places, struct error *err)
{
    for (size_t from = 0; from < count; from += REGISTRY_CHUNK)
        TRY(load_chunk(meta, sql, owners + from, MIN_OF(count - from, (size_t)REGISTRY_CHUNK), arena, places + from,
                       err));
    return OK;
}
