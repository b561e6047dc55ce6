#include "serve/split_tally.h"

#include <math.h>
#include <stdio.h>

#define BUCKETS_PER_OCTAVE 8
#define LATENCY_SECONDS_MIN 1e-6

void split_tally_init(struct split_tally *tally)
{
    tally->facts = (struct tally_facts){ 0 };
    pthread_mutex_init(&tally->lock, NULL);
}

void split_tally_done(struct split_tally *tally)
{
    pthread_mutex_destroy(&tally->lock);
}

/* Whether this version is the one that is counted, from now on perhaps. */
static bool is_counted(struct tally_facts *facts, const struct served_version *version)
{
    if (version->loaded_us > facts->loaded_us) {
        *facts = (struct tally_facts){ .loaded_us = version->loaded_us };
        (void)snprintf(facts->version, sizeof facts->version, "%.*s", STR_ARG(version->location.version)); /* for people */
    }
    return version->loaded_us == facts->loaded_us;
}

static size_t bucket_of(double seconds)
{
    double place = ceil(log2(seconds / LATENCY_SECONDS_MIN) * BUCKETS_PER_OCTAVE);
    return place >= TALLY_BUCKETS ? TALLY_BUCKETS - 1 : place > 0 ? (size_t)place : 0;
}

static double number_of(const struct served_version *version, const struct runtime_answer *answer, size_t row)
{
    if (version->runtime->info.task == MODEL_BINARY && answer->probabilities != NULL && answer->class_count == 2)
        return answer->probabilities[2 * row + 1];
    return version->runtime->info.class_count == 0 && answer->labels == NULL ? answer->values[row] : NAN;
}

/* Welford's update: no cancellation where the mean is far from zero. */
static void add_number(struct tally_facts *facts, double number)
{
    if (!isfinite(number))
        return;
    double before = number - facts->mean;
    facts->numbers++;
    facts->mean += before / (double)facts->numbers;
    facts->squares += before * (number - facts->mean);
}

void split_tally_answered(struct split_tally *tally, const struct served_version *version,
                          const struct runtime_answer *answer, double seconds)
{
    pthread_mutex_lock(&tally->lock);
    struct tally_facts *facts = &tally->facts;
    if (is_counted(facts, version)) {
        facts->requests++;
        facts->predictions += answer->rows;
        facts->latencies[bucket_of(seconds)]++;
        for (size_t row = 0; row < answer->rows; row++)
            add_number(facts, number_of(version, answer, row));
    }
    pthread_mutex_unlock(&tally->lock);
}

void split_tally_failed(struct split_tally *tally, const struct served_version *version)
{
    pthread_mutex_lock(&tally->lock);
    if (is_counted(&tally->facts, version)) {
        tally->facts.requests++;
        tally->facts.errors++;
    }
    pthread_mutex_unlock(&tally->lock);
}

void split_tally_read(struct split_tally *tally, struct tally_facts *ret_facts)
{
    pthread_mutex_lock(&tally->lock);
    *ret_facts = tally->facts;
    pthread_mutex_unlock(&tally->lock);
}

double tally_latency_ms(const struct tally_facts *facts, double share)
{
    uint64_t answered = facts->requests - facts->errors, below = 0;
    double wanted = share * (double)answered;
    if (answered == 0)
        return NAN;
    size_t bucket = 0;
    for (below = facts->latencies[0]; (double)below < wanted && bucket + 1 < TALLY_BUCKETS; below += facts->latencies[bucket])
        bucket++;
    return LATENCY_SECONDS_MIN * exp2(((double)bucket - 0.5) / BUCKETS_PER_OCTAVE) * 1000; /* the bucket's middle */
}

double tally_variance(const struct tally_facts *facts)
{
    return facts->numbers < 2 ? NAN : facts->squares / (double)(facts->numbers - 1);
}
