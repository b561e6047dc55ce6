/* Curves and areas are walks down two sorted columns at once. Rows with one and the same score have no order among
 * them, so each step takes all of them together: that is what makes ties come out right in every number here. */
#include "stats/roc.h"

#include <math.h>
#include <stdbool.h>

#include "stats/sort.h"

struct stats_scores stats_scores_sort(const double *scores, const uint8_t *is_positive, size_t rows, double *scratch)
{
    size_t positives = 0, negatives = 0;
    for (size_t i = 0; i < rows; i++) {
        if (is_positive[i])
            scratch[positives++] = scores[i];
        else
            scratch[rows - ++negatives] = scores[i];
    }
    stats_sort(scratch, positives, scratch + rows);
    stats_sort(scratch + positives, negatives, scratch + rows);
    return (struct stats_scores){ scratch, scratch + positives, positives, negatives };
}

/* Goes down through the thresholds: each step takes all rows of the next score. */
struct descent {
    const struct stats_scores *scores;
    size_t positives_left, negatives_left;
    double threshold;
    size_t positives, negatives; /* rows at this threshold */
};

static struct descent descent_from_top(const struct stats_scores *scores)
{
    return (struct descent){ .scores = scores,
                             .positives_left = scores->positive_count,
                             .negatives_left = scores->negative_count };
}

static size_t take_equal(const double *ascending, size_t *left, double value)
{
    size_t before = *left;
    while (*left > 0 && ascending[*left - 1] == value)
        --*left;
    return before - *left;
}

static bool descend(struct descent *at)
{
    if (at->positives_left == 0 && at->negatives_left == 0)
        return false;
    double positive = at->positives_left > 0 ? at->scores->positives[at->positives_left - 1] : -INFINITY;
    double negative = at->negatives_left > 0 ? at->scores->negatives[at->negatives_left - 1] : -INFINITY;
    at->threshold = positive > negative ? positive : negative;
    at->positives = take_equal(at->scores->positives, &at->positives_left, at->threshold);
    at->negatives = take_equal(at->scores->negatives, &at->negatives_left, at->threshold);
    return true;
}

static bool lacks_a_class(const struct stats_scores *scores)
{
    return scores->positive_count == 0 || scores->negative_count == 0;
}

double stats_roc_auc(const struct stats_scores *scores)
{
    if (lacks_a_class(scores))
        return NAN;
    double wins = 0; /* pairs in which the positive row is ahead, ties half */
    struct descent at = descent_from_top(scores);
    while (descend(&at))
        wins += (double)at.positives * ((double)at.negatives_left + (double)at.negatives / 2);
    return wins / (double)scores->positive_count / (double)scores->negative_count;
}

double stats_roc_auc_macro(const double *const *probabilities, const uint32_t *target, size_t rows, size_t classes,
                           double *scratch)
{
    double sum = 0;
    for (size_t class_index = 0; class_index < classes; class_index++) {
        size_t positives = 0, negatives = 0;
        for (size_t i = 0; i < rows; i++) {
            if (target[i] == class_index)
                scratch[positives++] = probabilities[class_index][i];
            else if (target[i] < classes)
                scratch[rows - ++negatives] = probabilities[class_index][i];
        }
        double *negative_scores = scratch + rows - negatives;
        stats_sort(scratch, positives, scratch + rows);
        stats_sort(negative_scores, negatives, scratch + rows);
        sum += stats_roc_auc(&(struct stats_scores){ scratch, negative_scores, positives, negatives });
    }
    return sum / (double)classes;
}

double stats_average_precision(const struct stats_scores *scores)
{
    if (scores->positive_count == 0)
        return NAN;
    double sum = 0, hits = 0, called = 0;
    struct descent at = descent_from_top(scores);
    while (descend(&at)) {
        hits += (double)at.positives;
        called += (double)(at.positives + at.negatives);
        sum += (double)at.positives * hits / called;
    }
    return sum / (double)scores->positive_count;
}

/* Keeps the first point in each of points_max - 1 equal parts of a curve, when there are too many for all. */
struct thinning {
    size_t points_max, part;
    bool keeps_all;
};

static struct thinning thinning_of(const struct stats_scores *scores, size_t points_max)
{
    struct descent at = descent_from_top(scores);
    size_t points = 1;
    while (points <= points_max && descend(&at))
        points++;
    return (struct thinning){ .points_max = points_max, .keeps_all = points <= points_max };
}

/* progress: how far along the curve the point lies, in [0, 1]; the last point is always kept. */
static bool keeps_point(struct thinning *thinning, double progress)
{
    size_t part = (size_t)(progress * (double)(thinning->points_max - 1));
    bool is_kept = thinning->keeps_all || part > thinning->part;
    thinning->part = part;
    return is_kept;
}

size_t stats_roc_curve(const struct stats_scores *scores, size_t points_max, struct stats_curve_point *ret_points)
{
    if (lacks_a_class(scores) || points_max < 3)
        return 0;
    struct thinning thinning = thinning_of(scores, points_max);
    ret_points[0] = (struct stats_curve_point){ 0, 0, INFINITY };
    size_t points = 1;
    struct descent at = descent_from_top(scores);
    while (descend(&at)) {
        double x = 1 - (double)at.negatives_left / (double)scores->negative_count;
        double y = 1 - (double)at.positives_left / (double)scores->positive_count;
        if (keeps_point(&thinning, (x + y) / 2))
            ret_points[points++] = (struct stats_curve_point){ x, y, at.threshold };
    }
    return points;
}

size_t stats_pr_curve(const struct stats_scores *scores, size_t points_max, struct stats_curve_point *ret_points)
{
    if (scores->positive_count == 0 || points_max < 3)
        return 0;
    struct thinning thinning = thinning_of(scores, points_max);
    ret_points[0] = (struct stats_curve_point){ 0, 1, INFINITY };
    size_t points = 1;
    double positives = (double)scores->positive_count, hits = 0, called = 0;
    struct descent at = descent_from_top(scores);
    while (hits < positives && descend(&at)) {
        hits += (double)at.positives;
        called += (double)(at.positives + at.negatives);
        if (keeps_point(&thinning, hits / positives))
            ret_points[points++] = (struct stats_curve_point){ hits / positives, hits / called, at.threshold };
    }
    return points;
}

static struct stats_lift_row lift_row_of(const struct stats_scores *scores, uint64_t count, uint64_t positives)
{
    double all = (double)(scores->positive_count + scores->negative_count);
    double base = (double)scores->positive_count / all;
    struct stats_lift_row row = { .share = (double)count / all, .count = count, .positives = positives };
    row.precision = (double)positives / (double)count;
    row.recall = (double)positives / (double)scores->positive_count;
    row.lift = row.precision / base;
    row.lift_max = fmin((double)scores->positive_count / (double)count, 1) / base;
    return row;
}

size_t stats_lift_table(const struct stats_scores *scores, size_t steps, struct stats_lift_row *ret_rows)
{
    if (lacks_a_class(scores))
        return 0;
    size_t all = scores->positive_count + scores->negative_count;
    size_t row_count = steps < all ? steps : all, row = 0;
    double called_before = 0, hits_before = 0;
    struct descent at = descent_from_top(scores);
    while (row < row_count && descend(&at)) {
        double tied = (double)(at.positives + at.negatives);
        for (; row < row_count; row++) {
            double count = floor((double)all * (double)(row + 1) / (double)row_count);
            if (count > called_before + tied)
                break;
            double of_tied = (count - called_before) * (double)at.positives / tied;
            ret_rows[row] = lift_row_of(scores, (uint64_t)count, (uint64_t)(hits_before + of_tied));
            ret_rows[row].threshold = at.threshold;
        }
        called_before += tied;
        hits_before += (double)at.positives;
    }
    return row;
}
