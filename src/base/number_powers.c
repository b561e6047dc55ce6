#include "base/number_internal.h"

const struct number_power number_powers[NUMBER_POWER_MAX - NUMBER_POWER_MIN + 1] = {
#include "number_powers.inc" /* written at build time by number_powers.py */
};
