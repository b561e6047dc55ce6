#include "base/mem.h"

#include <malloc.h>
#include <stdatomic.h>
#include <sys/mman.h>

/* Of x86-64; elsewhere the advice and the alignment are merely useless. */
#define HUGE_PAGE_BYTES ((size_t)2 << 20)

/* Counts down to the failure that a test asked for; relaxed, tests of it run one thread. */
static atomic_size_t calls_until_failure;
static atomic_bool failed;

static bool must_fail_now(void)
{
    if (atomic_load_explicit(&calls_until_failure, memory_order_relaxed) == 0)
        return false;
    if (atomic_fetch_sub_explicit(&calls_until_failure, 1, memory_order_relaxed) != 1)
        return false;
    atomic_store_explicit(&failed, true, memory_order_relaxed);
    return true;
}

void *mem_array(size_t count, size_t size)
{
    if (must_fail_now())
        return NULL;
    return calloc(count == 0 ? 1 : count, size == 0 ? 1 : size); /* calloc checks the product */
}

void *mem_block(size_t count, size_t size)
{
    size_t bytes, rounded;
    if (size_mul_overflows(count, size, &bytes) || size_add_overflows(bytes, HUGE_PAGE_BYTES - 1, &rounded))
        return NULL;
    if (bytes < HUGE_PAGE_BYTES)
        return mem_array(count, size);
    if (must_fail_now())
        return NULL;
    rounded &= ~(HUGE_PAGE_BYTES - 1);
    void *block = aligned_alloc(HUGE_PAGE_BYTES, rounded);
    if (block != NULL)
        (void)madvise(block, rounded, MADV_HUGEPAGE); /* only advice */
    return block;
}

void *mem_regrow(void *old, size_t count, size_t size)
{
    size_t bytes;
    if (size_mul_overflows(count, size, &bytes) || must_fail_now())
        return NULL;
    return realloc(old, bytes == 0 ? 1 : bytes);
}

void *mem_must(size_t bytes)
{
    void *memory = calloc(1, bytes == 0 ? 1 : bytes);
    if (memory == NULL) {
        fputs("kedge: out of memory\n", stderr);
        abort();
    }
    return memory;
}

char *mem_copy_text(const char *terminated)
{
    if (terminated == NULL)
        return NULL;
    size_t bytes = strlen(terminated) + 1;
    return memcpy(mem_must(bytes), terminated, bytes);
}

void mem_free(void *memory)
{
    free(memory);
}

void mem_trim(void)
{
#ifdef __GLIBC__
    (void)malloc_trim(0); /* whether there was something to give back is of no interest */
#endif
}

void mem_fail_nth(size_t n)
{
    atomic_store_explicit(&failed, false, memory_order_relaxed);
    atomic_store_explicit(&calls_until_failure, n, memory_order_relaxed);
}

bool mem_has_failed(void)
{
    return atomic_load_explicit(&failed, memory_order_relaxed);
}
