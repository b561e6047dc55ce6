#include "base/closest_name.h"

#include "base/attributes.h"

#define NAME_BYTES_MAX 64

/* Optimal string alignment distance over three rows [Damerau1964]. */
static size_t edits(str a, str b)
{
    size_t rows[3][NAME_BYTES_MAX + 1], *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b.size; j++)
        last[j] = j;
    for (size_t i = 1; i <= a.size; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            size_t replaced = last[j - 1] + (a.data[i - 1] != b.data[j - 1]);
            now[j] = MIN_OF(MIN_OF(last[j], now[j - 1]) + 1, replaced);
            bool is_swap = i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1];
            if (is_swap)
                now[j] = MIN_OF(now[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = last;
        last = now;
        now = oldest;
    }
    return last[b.size];
}

str closest_name(str name, const str *known, size_t count)
{
    str best = { 0 };
    size_t fewest = name.size / 3 + 2;
    if (name.size > NAME_BYTES_MAX)
        return best;
    for (size_t i = 0; i < count; i++) {
        if (known[i].size > NAME_BYTES_MAX)
            continue;
        size_t distance = edits(name, known[i]);
        if (distance < fewest) {
            fewest = distance;
            best = known[i];
        }
    }
    return best;
}
