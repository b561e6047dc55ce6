/* The grammar by examples: what filters mean, and the words in which wrong ones are refused. */
#include "base/test.h"
#include "registry/filter.h"

struct accepted {
    const char *why;
    enum filter_search search;
    const char *text, *printed; /* printed in the one spelling */
};

TEST(filters_are_read_in_all_their_spellings)
{
    static const struct accepted cases[] = {
        { "nothing", FILTER_RUNS, "", "" },
        { "blanks", FILTER_RUNS, " \t\n", "" },
        { "a number", FILTER_RUNS, "metrics.acc > 0.9", "metrics.`acc` > 0.9" },
        { "numbers in other forms", FILTER_RUNS, "metric.a>=-1 and metric.b<.4 AND metrics.c!=4e-1",
          "metrics.`a` >= -1 AND metrics.`b` < 0.4 AND metrics.`c` != 0.4" },
        { "the key is all behind the first dot", FILTER_RUNS, "metrics.a.b/c-d = 1", "metrics.`a.b/c-d` = 1" },
        { "a key in backticks", FILTER_RUNS, "metrics.`my loss` < 1", "metrics.`my loss` < 1" },
        { "a key in double quotes", FILTER_RUNS, "metrics.\"my loss\" < 1", "metrics.`my loss` < 1" },
        { "aliases of entities", FILTER_RUNS,
          "parameter.a = 'x' AND params.b = 'y' AND tag.c = 'z' AND attr.status = 'FINISHED'",
          "params.`a` = 'x' AND params.`b` = 'y' AND tags.`c` = 'z' AND attributes.`status` = 'FINISHED'" },
        { "either quote", FILTER_RUNS, "params.m = \"it's\"", "params.`m` = 'it''s'" },
        { "a doubled quote is one", FILTER_RUNS, "params.m = 'it''s'", "params.`m` = 'it''s'" },
        { "AND within a value", FILTER_RUNS, "tags.t = 'a AND b'", "tags.`t` = 'a AND b'" },
        { "keywords in any case, AND at the end", FILTER_RUNS, "params.m like 'a%' and params.m iLike '%b' AND ",
          "params.`m` LIKE 'a%' AND params.`m` ILIKE '%b'" },
        { "NULL", FILTER_RUNS, "tags.a IS NULL AND params.b is not null",
          "tags.`a` IS NULL AND params.`b` IS NOT NULL" },
        { "attributes without a prefix, aliases of names", FILTER_RUNS,
          "created > 5 AND `Run name` = 'x' AND run.end_time < 7",
          "attributes.`start_time` > 5 AND attributes.`run_name` = 'x' AND attributes.`end_time` < 7" },
        { "lists", FILTER_RUNS, "run_id IN ('a', \"b\") and attributes.run_id not in ('c')",
          "attributes.`run_id` IN ('a', 'b') AND attributes.`run_id` NOT IN ('c')" },
        { "data sets", FILTER_RUNS, "dataset.name = 'wine' AND datasets.context IN ('train')",
          "datasets.`name` = 'wine' AND datasets.`context` IN ('train')" },
        { "experiments", FILTER_EXPERIMENTS, "name = 'a' AND creation_time >= 3 AND tags.`x y` IS NULL",
          "attributes.`name` = 'a' AND attributes.`creation_time` >= 3 AND tags.`x y` IS NULL" },
        { "what clients always ask of models", FILTER_REGISTERED_MODELS,
          "name='m' AND tag.`mlflow.prompt.is_prompt` != 'true'",
          "attributes.`name` = 'm' AND tags.`mlflow.prompt.is_prompt` != 'true'" },
        { "a version's number may be quoted", FILTER_MODEL_VERSIONS, "version_number > '3' AND run_id IN ('r')",
          "attributes.`version_number` > 3 AND attributes.`run_id` IN ('r')" },
        { "logged models", FILTER_LOGGED_MODELS, "creation_timestamp_ms > 5 AND metrics.f1 > 0.5 AND name IN ('a')",
          "attributes.`creation_timestamp` > 5 AND metrics.`f1` > 0.5 AND attributes.`name` IN ('a')" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        struct filter filter = { 0 };
        struct error err = { 0 };
        arena_init(&arena, 0);
        CHECK_OK(cases[i].why, filter_parse(cases[i].search, str_of(cases[i].text), &arena, &filter, &err), &err);
        CHECK_STR(cases[i].why, filter_print(&filter, &arena), str_of(cases[i].printed));
        arena_done(&arena);
    }
}

struct refused {
    const char *why;
    enum filter_search search;
    const char *text, *message;
};

TEST(wrong_filters_are_refused_in_mlflows_words)
{
    static const struct refused cases[] = {
        { "OR", FILTER_RUNS, "metrics.a > 1 OR metrics.b > 1",
          "Invalid clause(s) in filter string: 'metrics.a > 1 OR metrics.b > 1'" },
        { "NOT", FILTER_RUNS, "NOT metrics.a > 1", "Invalid clause(s) in filter string" },
        { "parentheses", FILTER_RUNS, "(metrics.a > 1)", "Invalid clause(s) in filter string" },
        { "only a name", FILTER_RUNS, "metrics.a", "Invalid clause(s) in filter string" },
        { "no value", FILTER_RUNS, "metrics.a >", "Invalid clause(s) in filter string" },
        { "no key", FILTER_RUNS, "metrics. > 1", "Invalid clause(s) in filter string" },
        { "no AND between", FILTER_RUNS, "metrics.a > 1 metrics.b > 1", "Invalid clause(s) in filter string" },
        { "two statements", FILTER_RUNS, "metrics.a > 1; metrics.b > 1",
          "Search filter contained multiple expression \"metrics.a > 1; metrics.b > 1\". Provide AND-ed expression "
          "list." },
        { "value first", FILTER_RUNS, "0.4 < metrics.acc",
          "Invalid comparison clause. Expected 'Identifier' found '0.4'" },
        { "==", FILTER_RUNS, "metrics.a == 1",
          "Invalid comparator '==' not one of '{'=', '!=', '>', '>=', '<', '<='}'" },
        { "<>", FILTER_RUNS, "params.a <> 'x'", "Invalid comparator '<>' not one of '{'=', '!=', 'LIKE', 'ILIKE'" },
        { "> of a text", FILTER_RUNS, "params.a > 'x'", "Invalid comparator '>' not one of" },
        { "LIKE of a number", FILTER_RUNS, "metrics.a LIKE 'x'", "Invalid comparator 'LIKE' not one of" },
        { "a quoted number", FILTER_RUNS, "metrics.a = '0.4'", "Expected numeric value type for metric. Found '0.4'" },
        { "a word for a number", FILTER_RUNS, "metrics.a = abc", "Expected numeric value type for metric. Found abc" },
        { "a number for a text", FILTER_RUNS, "params.lr = 0",
          "Expected a quoted string value for parameter (e.g. 'my-value'). Got value 0" },
        { "a word for a text", FILTER_RUNS, "tags.a = b",
          "Expected a quoted string value for tag (e.g. 'my-value'). Got value b" },
        { "a quote without an end", FILTER_RUNS, "tags.a = 'b", "Expected a quoted string value for tag" },
        { "no such attribute", FILTER_RUNS, "experiment_id = '1'",
          "Invalid attribute key 'experiment_id' specified. Valid keys are '{'start_time', " },
        { "no such entity", FILTER_RUNS, "foo.x = 1",
          "Invalid entity type 'foo'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']" },
        { "entities mind case", FILTER_RUNS, "Metrics.x = 1", "Invalid entity type 'Metrics'" },
        { "a list for other attributes", FILTER_RUNS, "status IN ('FINISHED')",
          "Only the 'run_id' attribute supports comparison with a list of quoted string values." },
        { "an empty list", FILTER_RUNS, "run_id IN ()", "expected a non-empty list of string values" },
        { "numbers in a list", FILTER_RUNS, "run_id IN (1, 2)", "expected a non-empty list of string values" },
        { "NULL of a metric", FILTER_RUNS, "metrics.acc IS NULL",
          "IS NULL / IS NOT NULL is only supported for tags and params, not for 'metric' 'acc'" },
        { "no such member of a data set", FILTER_RUNS, "dataset.source = 'x'",
          "Invalid dataset key 'source' specified" },
        { "experiments have no metrics", FILTER_EXPERIMENTS, "metrics.a > 1", "Invalid entity type 'metrics'" },
        { "another search's attribute", FILTER_EXPERIMENTS, "bogus = 'x'",
          "Invalid attribute key 'bogus' specified. Valid keys are '{'name', 'creation_time', 'last_update_time'}'" },
        { "ordered by, not filtered by", FILTER_REGISTERED_MODELS, "timestamp > 5",
          "Invalid attribute key 'timestamp'" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        struct filter filter;
        struct error err = { 0 };
        arena_init(&arena, 0);
        CHECK_FAILS(cases[i].why, filter_parse(cases[i].search, str_of(cases[i].text), &arena, &filter, &err),
                    ERR_INVALID, &err);
        if (strstr(err.cause, cases[i].message) == NULL)
            test_fail(__FILE__, __LINE__, "%s: said \"%s\"", cases[i].why, err.cause);
        arena_done(&arena);
    }
}

TEST(orders_name_a_field_and_a_direction)
{
    static const struct {
        const char *why;
        enum filter_search search;
        const char *text, *key;
        bool is_descending;
        const char *message; /* NULL: accepted */
    } cases[] = {
        { "ascending without a word", FILTER_RUNS, "metrics.acc", "acc", false, NULL },
        { "with one, in any case", FILTER_RUNS, "metrics.`my loss` desc", "my loss", true, NULL },
        { "ASC", FILTER_RUNS, "params.lr ASC", "lr", false, NULL },
        { "an alias", FILTER_RUNS, "Created DESC", "start_time", true, NULL },
        { "of models", FILTER_REGISTERED_MODELS, "timestamp", "last_updated_timestamp", false, NULL },
        { "nothing", FILTER_RUNS, "", NULL, false, "Invalid ordering key in order_by clause ''." },
        { "junk behind", FILTER_RUNS, "metrics.acc foo", NULL, false,
          "Invalid ordering key in order_by clause 'metrics.acc foo'." },
        { "data sets", FILTER_RUNS, "dataset.name", NULL, false, "Invalid identifier type 'dataset'" },
        { "tags of experiments", FILTER_EXPERIMENTS, "tags.a", NULL, false, "Invalid identifier type 'tag'" },
        { "no such field", FILTER_MODEL_VERSIONS, "bogus", NULL, false, "Invalid order_by key 'bogus' specified" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        struct filter_order order = { 0 };
        struct error err = { 0 };
        arena_init(&arena, 0);
        enum status status = filter_parse_order(cases[i].search, str_of(cases[i].text), &arena, &order, &err);
        if (cases[i].message == NULL) {
            CHECK_OK(cases[i].why, status, &err);
            CHECK_STR(cases[i].why, order.key, str_of(cases[i].key));
            CHECK_INT(cases[i].why, order.is_descending, cases[i].is_descending);
        } else if (status != ERR_INVALID || strstr(err.cause, cases[i].message) == NULL) {
            test_fail(__FILE__, __LINE__, "%s: said \"%s\"", cases[i].why, err.cause);
        }
        arena_done(&arena);
    }
}

TEST(the_same_field_twice_is_no_order)
{
    struct arena arena;
    struct filter_order *orders;
    struct error err = { 0 };
    static const str fields[] = { { "metrics.a", 9 }, { "metrics.a DESC", 14 } };
    arena_init(&arena, 0);
    CHECK_FAILS("twice", filter_parse_orders(FILTER_RUNS, fields, COUNT(fields), &arena, &orders, &err), ERR_INVALID,
                &err);
    CHECK("says so", strstr(err.cause, "`order_by` contains duplicate fields") != NULL);
    arena_done(&arena);
}
