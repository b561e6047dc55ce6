#include "monitor/drift_method.h"

/* Up to this many values of the reference a test is the default, above it a distance: with many rows every test finds
 * some difference. */
#define SMALL_REFERENCE_MAX 1000

/* Order: numeric methods as drift-statistics list them, then those of categories only; --methods all follows it. */
static const struct drift_method methods[METHOD_COUNT] = {
    [METHOD_KS] = { "ks", "Kolmogorov-Smirnov test", true, false, SCORE_P_VALUE, DRIFT_AT_MOST, 0.05 },
    [METHOD_WASSERSTEIN] = { "wasserstein", "Wasserstein distance (normed)", true, false, SCORE_DISTANCE,
                             DRIFT_AT_LEAST, 0.1 },
    [METHOD_JENSEN_SHANNON] = { "jensenshannon", "Jensen-Shannon distance", true, true, SCORE_DISTANCE,
                                DRIFT_AT_LEAST, 0.1 },
    [METHOD_KL] = { "kl_div", "Kullback-Leibler divergence", true, true, SCORE_DISTANCE, DRIFT_AT_LEAST, 0.1 },
    [METHOD_PSI] = { "psi", "Population Stability Index", true, true, SCORE_DISTANCE, DRIFT_AT_LEAST, 0.1 },
    [METHOD_HELLINGER] = { "hellinger", "Hellinger distance", true, true, SCORE_DISTANCE, DRIFT_AT_LEAST, 0.1 },
    [METHOD_ENERGY] = { "ed", "energy distance", true, false, SCORE_DISTANCE, DRIFT_ABOVE, 0.1 },
    [METHOD_ANDERSON] = { "anderson", "Anderson-Darling test", true, false, SCORE_P_VALUE, DRIFT_BELOW, 0.1 },
    [METHOD_CRAMER_VON_MISES] = { "cramer_von_mises", "Cramer-von Mises test", true, false, SCORE_P_VALUE,
                                  DRIFT_AT_MOST, 0.1 },
    [METHOD_MANN_WHITNEY] = { "mannw", "Mann-Whitney test", true, false, SCORE_P_VALUE, DRIFT_BELOW, 0.05 },
    [METHOD_T_TEST] = { "t_test", "Student's t-test", true, false, SCORE_P_VALUE, DRIFT_BELOW, 0.05 },
    [METHOD_EPPS_SINGLETON] = { "es", "Epps-Singleton test", true, false, SCORE_P_VALUE, DRIFT_BELOW, 0.05 },
    [METHOD_MMD] = { "empirical_mmd", "maximum mean discrepancy", true, false, SCORE_P_VALUE, DRIFT_BELOW, 0.1 },
    [METHOD_CHI_SQUARE] = { "chisquare", "chi-square test", false, true, SCORE_P_VALUE, DRIFT_BELOW, 0.05 },
    [METHOD_Z] = { "z", "z-test of proportions", false, true, SCORE_P_VALUE, DRIFT_BELOW, 0.05 },
    [METHOD_G_TEST] = { "g_test", "G-test", false, true, SCORE_P_VALUE, DRIFT_BELOW, 0.1 },
    [METHOD_FISHER_EXACT] = { "fisher_exact", "Fisher's exact test", false, true, SCORE_P_VALUE, DRIFT_BELOW, 0.1 },
    [METHOD_TVD] = { "TVD", "total variation distance", false, true, SCORE_P_VALUE, DRIFT_BELOW, 0.1 },
};

const struct drift_method *drift_method_of(enum drift_method_id id)
{
    return &methods[id];
}

enum drift_method_id drift_method_find(str id)
{
    size_t i = 0;
    while (i < METHOD_COUNT && !str_equal(id, str_of(methods[i].id)))
        i++;
    return (enum drift_method_id)i;
}

bool drift_method_takes(enum drift_method_id id, enum column_type type)
{
    if (id == METHOD_COUNT)
        return false;
    if (type == TYPE_NUM)
        return methods[id].takes_num;
    return column_type_is_categorical(type) && methods[id].takes_cat;
}

bool drift_rule_says(enum drift_rule rule, double score, double threshold)
{
    switch (rule) {
    case DRIFT_AT_MOST:
        return score <= threshold;
    case DRIFT_BELOW:
        return score < threshold;
    case DRIFT_AT_LEAST:
        return score >= threshold;
    case DRIFT_ABOVE:
        return score > threshold;
    }
    return false;
}

enum drift_method_id drift_method_default(enum column_type type, size_t reference_count, size_t distinct_of_both)
{
    if (type != TYPE_NUM && !column_type_is_categorical(type))
        return METHOD_COUNT;
    bool is_small = reference_count <= SMALL_REFERENCE_MAX;
    if (type == TYPE_NUM && distinct_of_both > DRIFT_FEW_VALUES_MAX)
        return is_small ? METHOD_KS : METHOD_WASSERSTEIN;
    if (!is_small)
        return METHOD_JENSEN_SHANNON;
    return distinct_of_both > 2 ? METHOD_CHI_SQUARE : METHOD_Z;
}
