#include "monitor/dataset_quality.h"

#include "base/test.h"
#include "monitor/table_fixture.h"

TEST(quality_counts_repeated_and_empty_rows)
{
    static const struct {
        const char *why, *table;
        size_t repeated, empty;
    } cases[] = {
        { "all different", "a,b\n1,x\n2,x\n1,y\n", 0, 0 },
        { "repeats after the first", "a,b\n1,x\n1,x\n2,x\n1,x\n", 2, 0 },
        { "missing equals missing", "a,b\n,x\n,x\n", 1, 0 },
        { "zero equals minus zero", "a,b\n0.0,x\n-0.0,x\n", 1, 0 },
        { "rows without any value are empty, and repeat", "a,b\n,\n1,x\n,\n", 1, 2 },
        { "one row", "a,b\n1,x\n", 0, 0 },
    };
    struct error err = { 0 };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(frame_free_slot) struct frame *frame = table_of(cases[i].table);
        size_t repeated = 99, empty = 99;
        CHECK_OK(cases[i].why, frame_count_duplicated_rows(frame, &repeated, &err), &err);
        CHECK_OK(cases[i].why, frame_count_empty_rows(frame, &empty, &err), &err);
        CHECK_INT(cases[i].why, repeated, cases[i].repeated);
        CHECK_INT(cases[i].why, empty, cases[i].empty);
    }
}

TEST(quality_counts_repeated_rows_across_many_parts)
{
    enum { ROWS = 20000, DISTINCT = 7001 };
    static double values[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        values[i] = (double)(i % DISTINCT) * 0.37;
    struct error err = { 0 };
    size_t repeated = 0;
    CLEANUP(frame_free_slot) struct frame *frame = table_of_numbers("x", values, ROWS);
    CHECK_OK("more rows than one part holds", frame_count_duplicated_rows(frame, &repeated, &err), &err);
    CHECK_INT("all but the first of each", repeated, ROWS - DISTINCT);
}

TEST(quality_counts_pairs_of_equal_columns)
{
    static const struct {
        const char *why, *table;
        size_t pairs;
    } cases[] = {
        { "numbers", "a,b,c\n1.5,1.5,2.5\n2.5,2.5,1.5\n", 1 },
        { "three alike are three pairs", "a,b,c\n1,1,1\n2,2,2\n", 3 },
        { "words are compared as text, not as codes", "a,b\nx,y\ny,x\n", 0 },
        { "a late difference counts", "a,b\n1,1\n2,2\n3,4\n", 0 },
        { "gaps too", "a,b\n1,1\n,\n", 1 },
    };
    struct error err = { 0 };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(frame_free_slot) struct frame *frame = table_of(cases[i].table);
        size_t pairs = 99;
        CHECK_OK(cases[i].why, frame_count_duplicated_columns(frame, &pairs, &err), &err);
        CHECK_INT(cases[i].why, pairs, cases[i].pairs);
    }
}
