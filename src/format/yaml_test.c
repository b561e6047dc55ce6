#include "format/yaml.h"

#include <math.h>

#include "base/buf.h"
#include "base/test.h"

static enum status load(const char *text, struct arena *arena, struct yaml_node **ret_root, struct error *err)
{
    return yaml_load(str_of(text), "kedge.yaml", arena, ret_root, err);
}

/* YAML 1.2.2 section 10.3.2 and its example 10.9; "no" and "12:30:45" are where 1.1 differed. */
TEST(yaml_resolves_scalars_by_the_core_schema)
{
    static const struct { const char *text; enum yaml_kind kind; double value; } cases[] = {
        { "~", YAML_NULL, 0 }, { "null", YAML_NULL, 0 }, { "Null", YAML_NULL, 0 }, { "nULL", YAML_TEXT, 0 },
        { "", YAML_NULL, 0 }, { "true", YAML_BOOL, 1 }, { "False", YAML_BOOL, 0 }, { "yes", YAML_TEXT, 0 },
        { "no", YAML_TEXT, 0 }, { "on", YAML_TEXT, 0 }, { "0", YAML_INT, 0 }, { "-19", YAML_INT, -19 },
        { "+12", YAML_INT, 12 }, { "0o7", YAML_INT, 7 }, { "0x3A", YAML_INT, 58 }, { "0o8", YAML_TEXT, 0 },
        { "010", YAML_INT, 10 }, { "9223372036854775808", YAML_FLOAT, 9223372036854775808.0 },
        { "0.", YAML_FLOAT, 0 }, { "-0.0", YAML_FLOAT, 0 }, { ".5", YAML_FLOAT, 0.5 }, { "+12e03", YAML_FLOAT, 12000 },
        { "-2E+05", YAML_FLOAT, -200000 }, { ".inf", YAML_FLOAT, (double)INFINITY }, { "-.Inf", YAML_FLOAT, -(double)INFINITY },
        { ".NAN", YAML_FLOAT, (double)NAN }, { "12:30:45", YAML_TEXT, 0 }, { "1_000", YAML_TEXT, 0 }, { "1e999", YAML_TEXT, 0 },
        { "2026-11-21", YAML_TEXT, 0 }, { "\"12\"", YAML_TEXT, 0 }, { "'true'", YAML_TEXT, 0 }, { "|\n 12\n", YAML_TEXT, 0 },
        { "!!str 12", YAML_TEXT, 0 }, { "!!float 3", YAML_FLOAT, 3 }, { "!!int \"7\"", YAML_INT, 7 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        arena_init(&arena, 0);
        struct error err = { 0 };
        struct yaml_node *root = NULL;
        CHECK_OK(cases[i].text, load(cases[i].text, &arena, &root, &err), &err);
        CHECK_INT(cases[i].text, root->kind, cases[i].kind);
        CHECK_NEAR(cases[i].text, root->kind == YAML_BOOL ? (double)root->boolean : root->f64, cases[i].value, 0);
        arena_done(&arena);
    }
}

static const char config[] =
    "# the service\n"
    "name: wine quality\n"
    "drift:\n"
    "  threshold: high\n"
    "  window: 30d\n"
    "  columns: [alcohol, {name: pH, psi_max: 0.25, required: true}]\n"
    "port: 8000\n"
    "password: \"0123\"\n"
    "empty:\n";

TEST(yaml_reads_settings_and_keeps_defaults)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct error err = { 0 };
    struct yaml_node *root;
    CHECK_OK("load", load(config, &arena, &root, &err), &err);
    str name = { 0 }, password = { 0 };
    int64_t port = 1, window_ms = 0, missing = 42;
    double psi_max = 0;
    bool is_required = false;
    CHECK_OK("str", yaml_as_str(yaml_get(root, "name"), &name, &err), &err);
    CHECK_STR("plain text", name, STR("wine quality"));
    CHECK_OK("quoted", yaml_as_str(yaml_get(root, "password"), &password, &err), &err);
    CHECK_STR("quoted digits stay text", password, STR("0123"));
    CHECK_OK("i64", yaml_as_i64(yaml_get(root, "port"), &port, &err), &err);
    CHECK_INT("port", port, 8000);
    const struct yaml_node *drift = yaml_get(root, "drift");
    CHECK_OK("duration", yaml_as_duration(yaml_get(drift, "window"), &window_ms, &err), &err);
    CHECK_INT("thirty days", window_ms, INT64_C(30) * 86400000);
    const struct yaml_node *columns = yaml_get(drift, "columns");
    CHECK_INT("list", columns->count, 2);
    CHECK_OK("f64", yaml_as_f64(yaml_get(columns->items[1], "psi_max"), &psi_max, &err), &err);
    CHECK_NEAR("nested", psi_max, 0.25, 0);
    CHECK_OK("bool", yaml_as_bool(yaml_get(columns->items[1], "required"), &is_required, &err), &err);
    CHECK("true", is_required);
    CHECK_OK("what is missing keeps its default", yaml_as_i64(yaml_get(root, "nothing"), &missing, &err), &err);
    CHECK_INT("default", missing, 42);
    CHECK("order of the file", str_equal(root->members[2].key, STR("port")) && root->members[2].line == 7);
    arena_done(&arena);
}

TEST(yaml_names_the_place_of_a_wrong_setting)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct error err = { 0 };
    struct yaml_node *root;
    CHECK_OK("load", load(config, &arena, &root, &err), &err);
    const struct yaml_node *drift = yaml_get(root, "drift"), *column = yaml_get(drift, "columns")->items[1], *found;
    double number;
    int64_t integer;
    str text;
    CHECK_FAILS("text", yaml_as_f64(yaml_get(drift, "threshold"), &number, &err), ERR_INVALID, &err);
    CHECK_STR("place", str_of(err.cause), STR("kedge.yaml:4:14: drift.threshold: expected a number, found \"high\""));
    error_clear(&err);
    CHECK_FAILS("fraction", yaml_as_i64(yaml_get(column, "psi_max"), &integer, &err), ERR_INVALID, &err);
    CHECK_STR("path through a list", str_of(err.cause),
              STR("kedge.yaml:6:42: drift.columns[1].psi_max: expected a whole number, found \"0.25\""));
    error_clear(&err);
    CHECK_FAILS("null", yaml_as_str(yaml_get(root, "empty"), &text, &err), ERR_INVALID, &err);
    CHECK_STR("nothing", str_of(err.cause), STR("kedge.yaml:9:7: empty: expected text, found nothing"));
    error_clear(&err);
    CHECK_FAILS("missing", yaml_require(drift, "method", &found, &err), ERR_INVALID, &err);
    CHECK_STR("where it should be", str_of(err.cause), STR("kedge.yaml:4:3: drift: \"method\" is missing"));
    error_clear(&err);
    CHECK_FAILS("duration", yaml_as_duration(yaml_get(root, "port"), &integer, &err), ERR_INVALID, &err);
    CHECK("a unit is missing", strstr(err.cause, "kedge.yaml:7:7: port: \"8000\" is not a duration") == err.cause);
    error_clear(&err);
    CHECK_FAILS("kind", yaml_expect(drift, YAML_LIST, &err), ERR_INVALID, &err);
    static const char *const known[] = { "threshold", "windows", "columns" };
    error_clear(&err);
    CHECK_FAILS("unknown key", yaml_check_keys(drift, known, COUNT(known), &err), ERR_INVALID, &err);
    CHECK_STR("did you mean", str_of(err.cause),
              STR("kedge.yaml:5:3: drift: unknown key \"window\", did you mean \"windows\"?"));
    arena_done(&arena);
}

TEST(yaml_refuses_with_a_place)
{
    static const struct { const char *why, *text, *cause; enum status status; } cases[] = {
        { "duplicate", "a: 1\nb: 2\na: 3\n", "kedge.yaml:3:1: the key \"a\" stands on line 1 already", ERR_INVALID },
        { "two documents", "a: 1\n---\nb: 2\n", "kedge.yaml:2:1: a second document starts; one a file is read", ERR_INVALID },
        { "map as key", "? {a: 1}\n: 2\n", "kedge.yaml:1:3: a key must be plain or quoted text", ERR_INVALID },
        { "unknown alias", "a: *b\n", "kedge.yaml:1:4: there is no complete value &b before this", ERR_INVALID },
        { "alias of itself", "a: &b [*b]\n", "kedge.yaml:1:8: there is no complete value &b before this", ERR_INVALID },
        { "someone's tag", "a: !python/object x\n", "kedge.yaml:1:4: the tag !python/object is not supported", ERR_INVALID },
        { "tag and value differ", "a: !!int x\n", "kedge.yaml:1:4: \"x\" is not a whole number", ERR_INVALID },
        { "a tab", "a:\n\tb: 1\n", NULL, ERR_INVALID },
        { "open quote", "a: \"b\n", NULL, ERR_INVALID },
        { "not UTF-8", "a: \xff\n", NULL, ERR_INVALID },
        { "UTF-16", "\xff\xfe\x61", NULL, ERR_INVALID },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        arena_init(&arena, 0);
        struct error err = { 0 };
        struct yaml_node *root;
        CHECK_FAILS(cases[i].why, load(cases[i].text, &arena, &root, &err), cases[i].status, &err);
        if (cases[i].cause != NULL)
            CHECK_STR(cases[i].why, str_of(err.cause), str_of(cases[i].cause));
        CHECK(cases[i].why, strstr(err.cause, "kedge.yaml") == err.cause);
        arena_done(&arena);
    }
}

TEST(yaml_shares_aliases)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct error err = { 0 };
    struct yaml_node *root;
    CHECK_OK("load", load("base: &b {x: 1}\nuses: [*b, *b]\nbase2: &b 7\nlast: *b\n", &arena, &root, &err), &err);
    const struct yaml_node *uses = yaml_get(root, "uses");
    CHECK("one node", uses->items[0] == yaml_get(root, "base") && uses->items[1] == uses->items[0]);
    CHECK_INT("an anchor may be set anew", yaml_get(root, "last")->i64, 7);
    arena_done(&arena);
}

TEST(yaml_bounds_what_aliases_expand_to)
{
    struct buf text;
    buf_init(&text, 4096);
    (void)buf_printf(&text, "a0: &a0 x\n"); /* the buffer is large enough */
    for (int i = 1; i < 12; i++)
        (void)buf_printf(&text, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1, i - 1, i - 1, i - 1);
    struct arena arena;
    arena_init(&arena, 0);
    struct error err = { 0 };
    struct yaml_node *root;
    CHECK_FAILS("a billion laughs", yaml_load(buf_str(&text), "laughs.yaml", &arena, &root, &err), ERR_LIMIT, &err);
    CHECK("while it was small", arena.used_bytes < 100000);
    arena_done(&arena);
    buf_done(&text);
}

TEST(yaml_bounds_depth_size_and_memory)
{
    char deep[YAML_DEPTH_MAX + 2];
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    struct arena arena;
    arena_init(&arena, 0);
    struct error err = { 0 };
    struct yaml_node *root;
    CHECK_FAILS("depth", load(deep, &arena, &root, &err), ERR_LIMIT, &err);
    error_clear(&err);
    CHECK_FAILS("size", yaml_load((str){ deep, YAML_BYTES_MAX + 1 }, "x", &arena, &root, &err), ERR_LIMIT, &err);
    arena_done(&arena);
    arena_init(&arena, 600);
    error_clear(&err);
    CHECK_FAILS("memory", load(config, &arena, &root, &err), ERR_LIMIT, &err);
    arena_done(&arena);
}
