#include "monitor/table_fixture.h"

#include <assert.h>

#include "base/number.h"
#include "base/time_text.h"
#include "data/frame_builder.h"

static struct frame_cell cell_of(str text)
{
    int64_t integer, time_us;
    double number;
    if (str_is_empty(text))
        return frame_cell_missing();
    if (number_parse_i64(text, &integer))
        return frame_cell_integer(integer);
    if (number_parse_f64_or_special(text, &number))
        return frame_cell_number(number);
    if (str_equal(text, STR("true")) || str_equal(text, STR("false")))
        return frame_cell_boolean(str_equal(text, STR("true")));
    if (time_text_parse(text, &time_us, NULL) == OK)
        return frame_cell_time(time_us);
    return frame_cell_text(text);
}

static void must(enum status status)
{
    assert(status == OK);
}

struct frame *table_of(const char *text)
{
    struct frame_builder *builder;
    struct frame *frame;
    size_t columns[32], count = 0;
    must(frame_builder_new(STR("fixture"), 0, &builder, NULL));
    str rest = str_of(text), line, cell;
    bool is_head = true;
    /* The end of the last line begins no other; an empty line before it is a row of one gap. */
    if (str_has_suffix(rest, STR("\n")))
        rest.size--;
    while (str_split(&rest, '\n', &line)) {
        size_t place = 0;
        /* By hand and not by str_split, which knows no empty last cell. */
        for (size_t start = 0; start <= line.size; place++) {
            size_t end = start + str_find(str_slice(line, start, line.size), ',');
            cell = str_slice(line, start, end);
            start = end + 1;
            if (is_head)
                must(frame_builder_column(builder, cell, &columns[count++], NULL));
            else
                must(frame_builder_put(builder, columns[place], cell_of(cell), NULL));
        }
        if (!is_head)
            must(frame_builder_end_row(builder, NULL));
        is_head = false;
    }
    must(frame_builder_finish(builder, &frame, NULL));
    frame_builder_free(builder);
    return frame;
}

struct frame *table_of_numbers(const char *name, const double *values, size_t count)
{
    struct frame_builder *builder;
    struct frame *frame;
    size_t column;
    must(frame_builder_new(STR("fixture"), 0, &builder, NULL));
    must(frame_builder_column(builder, str_of(name), &column, NULL));
    for (size_t i = 0; i < count; i++) {
        must(frame_builder_put(builder, column, frame_cell_number(values[i]), NULL));
        must(frame_builder_end_row(builder, NULL));
    }
    must(frame_builder_finish(builder, &frame, NULL));
    frame_builder_free(builder);
    return frame;
}
