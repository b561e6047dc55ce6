/* Everything is read off the confusion matrix, whose margins are summed anew where they are needed: classes are few,
 * rows are many, and only stats_confusion() sees the rows. */
#include "stats/classification.h"

#include <math.h>
#include <string.h>

size_t stats_confusion(const uint32_t *target, const uint32_t *predicted, size_t rows, size_t classes,
                       uint64_t *ret_matrix)
{
    memset(ret_matrix, 0, classes * classes * sizeof(*ret_matrix));
    size_t counted = 0;
    for (size_t i = 0; i < rows; i++) {
        if (target[i] >= classes || predicted[i] >= classes)
            continue;
        ret_matrix[target[i] * classes + predicted[i]]++;
        counted++;
    }
    return counted;
}

static double ratio_or_zero(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

static uint64_t targets_of(const uint64_t *matrix, size_t classes, size_t class_index)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < classes; i++)
        sum += matrix[class_index * classes + i];
    return sum;
}

static uint64_t predictions_of(const uint64_t *matrix, size_t classes, size_t class_index)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < classes; i++)
        sum += matrix[i * classes + class_index];
    return sum;
}

static uint64_t rows_of(const uint64_t *matrix, size_t classes)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < classes * classes; i++)
        sum += matrix[i];
    return sum;
}

struct stats_class_quality stats_class_quality_of(const uint64_t *matrix, size_t classes, size_t positive)
{
    struct stats_class_quality quality = { .true_positives = matrix[positive * classes + positive] };
    uint64_t targets = targets_of(matrix, classes, positive), predictions = predictions_of(matrix, classes, positive);
    quality.false_negatives = targets - quality.true_positives;
    quality.false_positives = predictions - quality.true_positives;
    quality.true_negatives = rows_of(matrix, classes) - targets - quality.false_positives;
    double hits = (double)quality.true_positives;
    quality.precision = ratio_or_zero(hits, (double)predictions);
    quality.recall = ratio_or_zero(hits, (double)targets);
    quality.f1 = ratio_or_zero(2 * hits, (double)targets + (double)predictions);
    return quality;
}

struct stats_class_rates stats_class_rates_of(const struct stats_class_quality *quality)
{
    double positives = (double)(quality->true_positives + quality->false_negatives);
    double negatives = (double)(quality->true_negatives + quality->false_positives);
    return (struct stats_class_rates){
        .true_positive = (double)quality->true_positives / positives, /* 0 / 0 is the NaN that the header names */
        .true_negative = (double)quality->true_negatives / negatives,
        .false_positive = (double)quality->false_positives / negatives,
        .false_negative = (double)quality->false_negatives / positives,
    };
}

/* Multiclass correlation: (hits rows - sum t p) / sqrt((rows^2 - sum p^2)(rows^2 - sum t^2)), by shares. */
static double matthews_of(const uint64_t *matrix, size_t classes, double rows)
{
    double hits = 0, expected = 0, target_squares = 0, prediction_squares = 0;
    for (size_t i = 0; i < classes; i++) {
        double target = (double)targets_of(matrix, classes, i) / rows;
        double predicted = (double)predictions_of(matrix, classes, i) / rows;
        hits += (double)matrix[i * classes + i] / rows;
        expected += target * predicted;
        target_squares += target * target;
        prediction_squares += predicted * predicted;
    }
    double spread = (1 - target_squares) * (1 - prediction_squares);
    return spread > 0 ? (hits - expected) / sqrt(spread) : 0;
}

static void add_weighted(struct stats_average_quality *sum, const struct stats_class_quality *quality, double weight)
{
    sum->precision += quality->precision * weight;
    sum->recall += quality->recall * weight;
    sum->f1 += quality->f1 * weight;
}

static struct stats_average_quality divided(struct stats_average_quality sum, double by)
{
    return (struct stats_average_quality){ sum.precision / by, sum.recall / by, sum.f1 / by };
}

struct stats_classification stats_classification_of(const uint64_t *matrix, size_t classes)
{
    struct stats_classification result = { .rows = rows_of(matrix, classes) };
    double rows = (double)result.rows, hits = 0, recalls = 0, target_classes = 0, used_classes = 0;
    for (size_t i = 0; i < classes; i++) {
        struct stats_class_quality quality = stats_class_quality_of(matrix, classes, i);
        double targets = (double)(quality.true_positives + quality.false_negatives);
        if (targets + (double)quality.false_positives == 0)
            continue;
        used_classes++;
        hits += (double)quality.true_positives;
        add_weighted(&result.macro, &quality, 1);
        add_weighted(&result.weighted, &quality, targets);
        if (targets > 0) {
            target_classes++;
            recalls += quality.recall;
        }
    }
    result.accuracy = hits / rows;
    result.balanced_accuracy = recalls / target_classes;
    result.matthews_correlation = rows > 0 ? matthews_of(matrix, classes, rows) : NAN;
    result.macro = divided(result.macro, used_classes);
    result.weighted = divided(result.weighted, rows);
    /* Each miss is one false positive and one false negative, so all micro averages are the accuracy. */
    result.micro = (struct stats_average_quality){ result.accuracy, result.accuracy, result.accuracy };
    return result;
}

struct stats_classification_dummy stats_classification_dummy_of(const uint64_t *target_counts, size_t classes)
{
    double rows = 0, used_classes = 0, majority = 0;
    for (size_t i = 0; i < classes; i++) {
        rows += (double)target_counts[i];
        used_classes += target_counts[i] > 0;
        majority = fmax(majority, (double)target_counts[i]);
    }
    if (rows == 0)
        return (struct stats_classification_dummy){ NAN, NAN, NAN, NAN, NAN, NAN };

    struct stats_classification_dummy dummy = { .majority_accuracy = majority / rows,
                                                .uniform_log_loss = log(used_classes),
                                                .majority_macro_f1 = 2 * majority / (rows + majority) / used_classes,
                                                .roc_auc = 0.5 };
    for (size_t i = 0; i < classes; i++) {
        double share = (double)target_counts[i] / rows;
        dummy.stratified_accuracy += share * share;
        dummy.prior_log_loss -= share > 0 ? share * log(share) : 0;
    }
    return dummy;
}
