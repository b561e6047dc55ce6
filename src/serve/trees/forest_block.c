#include "serve/trees/forest_block.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))
#define VECTORS (BLOCK_ROWS / 32)

bool forest_block_is_supported(void)
{
    return __builtin_cpu_supports("avx2") != 0;
}

/* All bits of the rows that go right at the step. */
AVX2 static inline __m256i goes_right(const struct block_step *step, const int8_t *ranks, size_t vector)
{
    const void *at = ranks + (size_t)step->slot * BLOCK_ROWS + 32 * vector;
    return _mm256_cmpgt_epi8(_mm256_loadu_si256(at), _mm256_set1_epi8(step->rank));
}

/* Leaf numbers of a block, [BLOCK_ROWS], as the program's last step leaves them at the bottom of the stack. */
AVX2 static void run_program(const struct block_step *steps, size_t step_count, const int8_t *ranks,
                             __m256i stack[BLOCK_STACK_MAX][VECTORS])
{
    size_t height = 0;
    for (size_t i = 0; i < step_count; i++) {
        const struct block_step *step = &steps[i];
        __m256i leaf = _mm256_set1_epi8((char)step->leaf);
        __m256i *top = height > 0 ? stack[height - 1] : stack[0];
        switch ((enum step_kind)step->kind) {
        case STEP_LEAF:
            for (size_t v = 0; v < VECTORS; v++)
                stack[height][v] = leaf;
            height++;
            break;
        case STEP_LEAVES: /* the right one's number is one more, and the mask is -1 */
            for (size_t v = 0; v < VECTORS; v++)
                stack[height][v] = _mm256_sub_epi8(leaf, goes_right(step, ranks, v));
            height++;
            break;
        case STEP_LEFT_LEAF:
            for (size_t v = 0; v < VECTORS; v++)
                top[v] = _mm256_blendv_epi8(leaf, top[v], goes_right(step, ranks, v));
            break;
        case STEP_RIGHT_LEAF:
            for (size_t v = 0; v < VECTORS; v++)
                top[v] = _mm256_blendv_epi8(top[v], leaf, goes_right(step, ranks, v));
            break;
        case STEP_RIGHT_ON_TOP:
            height--;
            for (size_t v = 0; v < VECTORS; v++)
                stack[height - 1][v] = _mm256_blendv_epi8(stack[height - 1][v], top[v], goes_right(step, ranks, v));
            break;
        case STEP_LEFT_ON_TOP:
            height--;
            for (size_t v = 0; v < VECTORS; v++)
                stack[height - 1][v] = _mm256_blendv_epi8(top[v], stack[height - 1][v], goes_right(step, ranks, v));
            break;
        }
    }
}

AVX2 static void add_f32(const float *leaves, const __m256i *numbers, float *sums)
{
    const uint8_t *bytes = (const uint8_t *)numbers;
    for (size_t r = 0; r < BLOCK_ROWS; r += 8) {
        __m256i at = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)(bytes + r)));
        _mm256_storeu_ps(sums + r, _mm256_add_ps(_mm256_loadu_ps(sums + r), _mm256_i32gather_ps(leaves, at, 4)));
    }
}

AVX2 static void add_f64(const double *leaves, const __m256i *numbers, double *sums)
{
    const uint8_t *bytes = (const uint8_t *)numbers;
    for (size_t r = 0; r < BLOCK_ROWS; r += 4) {
        uint32_t four;
        memcpy(&four, bytes + r, sizeof four);
        __m128i at = _mm_cvtepu8_epi32(_mm_cvtsi32_si128((int)four));
        _mm256_storeu_pd(sums + r, _mm256_add_pd(_mm256_loadu_pd(sums + r), _mm256_i32gather_pd(leaves, at, 8)));
    }
}

AVX2 void forest_block_add(const struct forest *forest, const struct block_tree *tree, const int8_t *ranks,
                           const struct block_sums *sums)
{
    __m256i stack[BLOCK_STACK_MAX][VECTORS];
    run_program(forest->steps + tree->step_from, tree->step_count, ranks, stack);
    size_t to = (size_t)tree->output * BLOCK_ROWS;
    if (sums->f32 != NULL)
        add_f32(forest->block_leaves.f32 + tree->leaf_from, stack[0], sums->f32 + to);
    else
        add_f64(forest->block_leaves.f64 + tree->leaf_from, stack[0], sums->f64 + to);
}

#else

bool forest_block_is_supported(void)
{
    return false;
}

void forest_block_add(const struct forest *forest, const struct block_tree *tree, const int8_t *ranks,
                      const struct block_sums *sums)
{
    (void)forest, (void)tree, (void)ranks, (void)sums; /* nobody builds programs here */
}

#endif
