#include <string.h>

#include "base/mem.h"
#include "store/meta_db.h"

enum status meta_check_name(const char *what, str name, struct error *err)
{
    if (name.size == 0 || name.size > META_NAME_MAX || !str_is_utf8(name, NULL) || str_find(name, '\0') < name.size)
        return error_set(err, ERR_INVALID, "the name of a %s is 1 to %d bytes of UTF-8, not %zu", what, META_NAME_MAX,
                         name.size);
    return OK;
}

void *meta_rows_add(struct meta_rows *rows)
{
    if (rows->count == rows->capacity) {
        size_t capacity = MAX_OF(rows->capacity * 2, 16);
        void *grown = mem_regrow(rows->rows, capacity, rows->row_bytes);
        if (grown == NULL)
            return NULL;
        rows->rows = grown;
        rows->capacity = capacity;
    }
    return (char *)rows->rows + rows->row_bytes * rows->count++;
}

enum status meta_rows_move(struct meta_rows *rows, struct arena *arena, void *ret_rows, size_t *ret_count,
                           struct error *err)
{
    void *moved = arena_try_array(arena, MAX_OF(rows->count, 1), rows->row_bytes);
    if (moved == NULL)
        return error_set(err, ERR_LIMIT, "no memory for a list of %zu", rows->count);
    if (rows->count != 0)
        memcpy(moved, rows->rows, rows->count * rows->row_bytes);
    memcpy(ret_rows, &moved, sizeof moved);
    *ret_count = rows->count;
    return OK;
}

void meta_rows_done(struct meta_rows *rows)
{
    mem_free(rows->rows);
    *rows = (struct meta_rows){ 0 };
}
