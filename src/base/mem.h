/* base/mem.h - the heap, with overflow checks and a way for tests to make it fail.
 *
 * Memory sized by our own code ends the process when it runs out (mem_must). Memory sized by
 * data from outside returns NULL (mem_array), and the caller answers ERR_LIMIT. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

/* count * size bytes, zeroed; NULL when that overflows or the heap says no. Free with mem_free. */
must_use void *mem_array(size_t count, size_t size);

/* The same but not zeroed, and in huge pages where the kernel has them and the block fills one: 100 MB are 50 page
 * faults then instead of 25,000, which cost as much as reading the file behind them. */
must_use void *mem_block(size_t count, size_t size);

/* Grows or shrinks to count * size bytes, new bytes undefined; NULL leaves `old` as it was. */
must_use void *mem_regrow(void *old, size_t count, size_t size);

/* Zeroed bytes for a struct of ours; ends the process when there are none. */
must_use void *mem_must(size_t bytes);

/* A terminated copy; ends the process when there is no memory. NULL stays NULL. */
must_use char *mem_copy_text(const char *terminated);

/* NULL is fine. */
void mem_free(void *memory);
static inline void mem_free_slot(void *slot)
{
    mem_free(*(void **)slot);
}

/* Gives the system back what was freed and the heap would keep for later: after work that took much more than usual.
 * Costs up to some milliseconds, in which other threads may wait for memory. */
void mem_trim(void);

/* Tests: the n-th fallible call from now (1 = the next) returns NULL, later ones work; 0 turns it off. */
void mem_fail_nth(size_t n);

/* Tests: whether the failure asked for has happened. */
bool mem_has_failed(void);

/* product = a * b; true on overflow. */
static inline bool size_mul_overflows(size_t a, size_t b, size_t *ret_product)
{
    return __builtin_mul_overflow(a, b, ret_product);
}

/* sum = a + b; true on overflow. */
static inline bool size_add_overflows(size_t a, size_t b, size_t *ret_sum)
{
    return __builtin_add_overflow(a, b, ret_sum);
}

#endif
