/* Small draws one by one, large ones by rejection from a hat that fits at any size. */
#include "stats/hypergeometric_internal.h"

#include <math.h>

#include "stats/special.h"

/* Below so many draws, drawing them one by one is cheaper than four logarithms of factorials. */
#define DRAW_EACH_MAX 10

static uint64_t draw_each(struct stats_random *random, uint64_t good, uint64_t bad, uint64_t drawn)
{
    uint64_t taken = 0;
    for (uint64_t i = 0; i < drawn; i++)
        taken += stats_random_below(random, good + bad - i) < good - taken;
    return taken;
}

/* Minus ln P(x), up to a constant. */
static double log_weight(double good, double bad, double drawn, double x)
{
    return stats_lgamma(x + 1) + stats_lgamma(good - x + 1) + stats_lgamma(drawn - x + 1) +
           stats_lgamma(bad - drawn + x + 1);
}

/* Ratio of uniforms under a table mountain hat [Stadlober1990, HRUA]; needs good <= bad and drawn <= half of all. */
static uint64_t draw_ratio(struct stats_random *random, double good, double bad, double drawn)
{
    const double width_factor = 1.7155277699214135; /* sqrt(8 / e) */
    const double width_offset = 0.8989161620588988; /* 3 - sqrt(12 / e) */
    double all = good + bad, share = good / all;
    double centre = drawn * share + 0.5;
    double deviation = sqrt((all - drawn) * drawn * share * (1 - share) / (all - 1) + 0.5);
    double width = width_factor * deviation + width_offset;
    double mode = floor((drawn + 1) * (good + 1) / (all + 2));
    double at_mode = log_weight(good, bad, drawn, mode);
    double end = fmin(fmin(drawn, good) + 1, floor(centre + 16 * deviation));
    for (;;) {
        double u = 1 - stats_random_uniform(random);
        double x = centre + width * (stats_random_uniform(random) - 0.5) / u;
        if (x < 0 || x >= end)
            continue;
        double candidate = floor(x);
        double log_ratio = at_mode - log_weight(good, bad, drawn, candidate);
        if (u * (4 - u) - 3 <= log_ratio || 2 * log(u) <= log_ratio)
            return (uint64_t)candidate;
    }
}

uint64_t stats_hypergeometric_draw(struct stats_random *random, uint64_t good, uint64_t bad, uint64_t drawn)
{
    /* Each exchange of roles makes the draw one from the smaller half. */
    if (good > bad)
        return drawn - stats_hypergeometric_draw(random, bad, good, drawn);
    if (drawn > good + bad - drawn)
        return good - stats_hypergeometric_draw(random, good, bad, good + bad - drawn);
    if (drawn <= DRAW_EACH_MAX)
        return draw_each(random, good, bad, drawn);
    if (good <= DRAW_EACH_MAX) /* the law is symmetric in `good` and `drawn` */
        return draw_each(random, drawn, good + bad - drawn, good);
    return draw_ratio(random, (double)good, (double)bad, (double)drawn);
}
