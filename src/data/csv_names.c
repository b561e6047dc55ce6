#include "data/csv_names.h"

#include "base/buf.h"
#include "base/map.h"
#include "data/column_builder.h"
#include "data/read.h"

#define NAME_BYTES_MAX ((size_t)64 * 1024)

/* The first of name, name_1, name_2, ... that `taken` does not hold. `tries` remembers per name where to go on, so
 * that a thousand equal names cost a thousand steps. */
static enum status make_unique(str name, struct map *taken, struct map *tries, struct arena *arena, str *ret_name,
                               struct error *err)
{
    str unique = name;
    while (map_find(taken, unique) != NULL) {
        struct map_entry *tried;
        TRY(map_insert(tries, name, &tried, err));
        unique = arena_printf(arena, "%.*s_%zu", STR_ARG(name), ++tried->index);
    }
    struct map_entry *entry;
    TRY(map_insert(taken, unique, &entry, err));
    *ret_name = entry->key;
    return OK;
}

static enum status make_name(str text, size_t place, struct arena *arena, struct buf *scratch, struct csv_name *name,
                             struct error *err)
{
    text = str_trim(text);
    if (str_is_empty(text)) {
        name->name = arena_printf(arena, "column%zu", place);
        return OK;
    }
    if (text.size > NAME_BYTES_MAX)
        return error_set(err, ERR_LIMIT, "the name of column %zu is %zu bytes long", place + 1, text.size);
    name->name = text;
    if (!str_is_utf8(text, NULL)) {
        if (!column_text_escape(text, scratch))
            return error_set(err, ERR_LIMIT, "the name of column %zu is too long", place + 1);
        name->name = arena_copy(arena, buf_str(scratch));
        name->note = "the name in the file is not UTF-8";
    }
    return OK;
}

enum status csv_names_make(const str *texts, size_t count, struct arena *arena, struct csv_name **ret_names,
                           struct error *err)
{
    CLEANUP(buf_done) struct buf scratch;
    buf_init(&scratch, 4 * NAME_BYTES_MAX);
    struct map taken, tries;
    map_init(&taken, arena, READ_COLUMNS_MAX);
    map_init(&tries, arena, READ_COLUMNS_MAX);
    struct csv_name *names = arena_array(arena, struct csv_name, count);
    if (names == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu column names", count);
    for (size_t i = 0; i < count; i++) {
        TRY(make_name(texts != NULL ? texts[i] : STR(""), i, arena, &scratch, &names[i], err));
        str wanted = names[i].name;
        TRY(make_unique(wanted, &taken, &tries, arena, &names[i].name, err));
        if (!str_equal(wanted, names[i].name))
            names[i].note =
                arena_printf(arena, "the file has another column called \"%.*s\" before it", STR_ARG(wanted)).data;
        else if (texts != NULL && str_is_empty(str_trim(texts[i])))
            names[i].note = "the column has no name in the file";
    }
    *ret_names = names;
    return OK;
}
