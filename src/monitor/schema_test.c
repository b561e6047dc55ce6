#include "monitor/schema.h"

#include "base/test.h"
#include "monitor/table_fixture.h"

/* Twelve rows of each kind of column that the table of types tells apart. */
static const char *const kinds = "f,few,many,gappy,word,text,flag,when\n"
                                 "0.5,1,1,1,a,t1,true,2026-01-01\n1.5,2,2,2,b,t2,false,2026-01-02\n"
                                 "2.5,1,3,1,a,t3,true,2026-01-03\n3.5,2,4,,b,t4,false,2026-01-04\n"
                                 "4.5,1,5,1,a,t5,true,2026-01-05\n5.5,2,6,2,b,t6,false,2026-01-06\n"
                                 "6.5,1,7,1,a,t7,true,2026-01-07\n7.5,2,8,2,b,t8,false,2026-01-08\n"
                                 "8.5,1,9,1,a,t9,true,2026-01-09\n9.5,2,10,2,b,t10,false,2026-01-10\n"
                                 "0.1,1,11,1,a,t11,true,2026-01-11\n0.2,2,12,2,b,t12,false,2026-01-12\n";

static enum column_type type_of(const struct schema *schema, const char *name)
{
    const struct schema_column *column = schema_find(schema, str_of(name));
    return column ? column->type : TYPE_COUNT;
}

TEST(schema_infers_types_from_the_source)
{
    static const struct {
        const char *why, *name;
        enum column_type type;
    } cases[] = {
        { "floats are numbers", "f", TYPE_NUM },
        { "up to ten distinct integers are codes", "few", TYPE_CAT },
        { "more than ten are numbers", "many", TYPE_NUM },
        { "integers with gaps are floats to pandas, so numbers", "gappy", TYPE_NUM },
        { "repeated words are categories", "word", TYPE_CAT },
        { "words that hardly repeat are text", "text", TYPE_TEXT },
        { "booleans", "flag", TYPE_BOOL },
        { "times", "when", TYPE_DATETIME },
    };
    struct error err = { 0 };
    struct analysis_options options;
    analysis_options_init(&options);
    CLEANUP(frame_free_slot) struct frame *table = table_of(kinds);
    CLEANUP(schema_free_slot) struct schema *schema = NULL;
    CHECK_OK("both sides alike", schema_new(&options, table, table, NULL, &schema, &err), &err);
    for (size_t i = 0; schema && i < COUNT(cases); i++)
        CHECK_INT(cases[i].why, type_of(schema, cases[i].name), cases[i].type);
    CHECK_INT("the only time is the rows' time", schema_find(schema, STR("when"))->role, ROLE_TIMESTAMP);
}

TEST(schema_takes_a_small_window_for_what_the_reference_shows)
{
    struct error err = { 0 };
    struct analysis_options options;
    analysis_options_init(&options);
    CLEANUP(frame_free_slot) struct frame *reference = table_of(kinds);
    CLEANUP(frame_free_slot) struct frame *window = table_of("many,word\n3,a\n4,b\n5,c\n");
    CLEANUP(schema_free_slot) struct schema *schema = NULL, *theirs = NULL;
    CHECK_OK("three rows", schema_new(&options, reference, window, NULL, &schema, &err), &err);
    CHECK_INT("three integers do not make it categorical", type_of(schema, "many"), TYPE_NUM);
    CHECK_INT("three different words are no text", type_of(schema, "word"), TYPE_CAT);
    options.is_compat = true;
    CHECK_OK("three rows", schema_new(&options, reference, window, NULL, &theirs, &err), &err);
    CHECK_INT("Evidently asks the current data alone", type_of(theirs, "many"), TYPE_CAT);
    CHECK_INT("and finds text in any three words", type_of(theirs, "word"), TYPE_TEXT);
}

TEST(schema_obeys_declared_types_most_of_all_by_name)
{
    struct error err = { 0 };
    struct analysis_options options;
    struct arena arena;
    arena_init(&arena, 0);
    analysis_options_init(&options);
    analysis_options_add_type(&options, &arena, (struct type_choice){ STR("word"), TYPE_TEXT });
    analysis_options_add_type(&options, &arena, (struct type_choice){ STR("*"), TYPE_CAT });
    CLEANUP(frame_free_slot) struct frame *table = table_of(kinds);
    CLEANUP(schema_free_slot) struct schema *schema = NULL;
    CHECK_OK("declared", schema_new(&options, table, table, NULL, &schema, &err), &err);
    CHECK_INT("a star is for all", type_of(schema, "f"), TYPE_CAT);
    CHECK_INT("a name is stronger, though it came before", type_of(schema, "word"), TYPE_TEXT);
    CHECK("nothing was inferred", !schema_find(schema, STR("f"))->is_inferred);
    arena_done(&arena);
}

TEST(schema_compares_texts_against_numbers_as_categories)
{
    struct error err = { 0 };
    struct analysis_options options;
    analysis_options_init(&options);
    CLEANUP(frame_free_slot) struct frame *texts = table_of("x\na\nb\na\n");
    CLEANUP(frame_free_slot) struct frame *numbers = table_of("x\n0.5\n1.5\n2.5\n");
    CLEANUP(schema_free_slot) struct schema *schema = NULL;
    CHECK_OK("a file changed its mind", schema_new(&options, texts, numbers, NULL, &schema, &err), &err);
    const struct schema_column *column = schema_find(schema, STR("x"));
    CHECK_INT("both have a printed form", column->type, TYPE_CAT);
    CHECK_STR("and it is said", column->type_change, STR("texts in the reference, numbers in the current data"));
}

TEST(schema_refuses_names_that_are_nowhere)
{
    struct error err = { 0 };
    struct analysis_options options;
    analysis_options_init(&options);
    options.target = STR("tarrget");
    CLEANUP(frame_free_slot) struct frame *table = table_of("target\n1\n");
    struct schema *schema = NULL;
    CHECK_FAILS("a typing error must not switch a check off", schema_new(&options, table, table, NULL, &schema, &err),
                ERR_INVALID, &err);
}

TEST(schema_keeps_columns_of_one_side)
{
    struct error err = { 0 };
    struct analysis_options options;
    analysis_options_init(&options);
    CLEANUP(frame_free_slot) struct frame *reference = table_of("a,b\n1.5,2\n");
    CLEANUP(frame_free_slot) struct frame *current = table_of("c,a\n1.5,2.5\n");
    CLEANUP(schema_free_slot) struct schema *schema = NULL;
    CHECK_OK("one in common", schema_new(&options, reference, current, NULL, &schema, &err), &err);
    CHECK_INT("all three", schema->count, 3);
    CHECK_STR("reference order first", schema->columns[1].name, STR("b"));
    CHECK("only there", schema->columns[1].reference && !schema->columns[1].current);
    CHECK_STR("then what is new", schema->columns[2].name, STR("c"));
}
