/* The first byte chooses the search. A filter that is accepted prints to one that reads back to the same text; what is
 * refused has a reason. The rest of the bytes is tried as an order as well. */
#include <assert.h>

#include "registry/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_order(enum filter_search search, str text, struct arena *arena)
{
    struct filter_order order;
    struct error err = { 0 };
    if (filter_parse_order(search, text, arena, &order, &err) != OK)
        assert(err.cause[0] != '\0');
    else
        assert(!str_is_empty(order.key));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct arena arena;
    struct filter filter, again;
    struct error err = { 0 };
    enum filter_search search = (enum filter_search)(data[0] % FILTER_SEARCH_COUNT);
    str text = { (const char *)data + 1, size - 1 };
    arena_init(&arena, 0);
    check_order(search, text, &arena);
    if (filter_parse(search, text, &arena, &filter, &err) != OK) {
        assert(err.cause[0] != '\0');
    } else {
        str printed = filter_print(&filter, &arena);
        if (printed.size <= FILTER_BYTES_MAX) {
            assert(filter_parse(search, printed, &arena, &again, &err) == OK);
            assert(again.count == filter.count);
            assert(str_equal(filter_print(&again, &arena), printed));
        }
    }
    arena_done(&arena);
    return 0;
}
