/* bench/trees.c - the trees runtime beside libxgboost, the same model and rows, one thread, in one run.
 *
 *     trees [TREES [DEPTH [FEATURES [ROWS]]]]      500 6 28 10000
 *
 * libxgboost trains the model, writes it to a temporary file, and both answer from it. Times are the medians of paired
 * rounds. One row goes through XGBoosterPredictFromDense; many rows through that and through a DMatrix made beforehand,
 * of which the faster counts. Its contributions need a DMatrix. */
#include <math.h>
#include <unistd.h>
#include <xgboost/c_api.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/random.h"
#include "serve/trees/trees_runtime.h"

#define ROUNDS 9

struct bench {
    uint64_t trees, depth, features, rows;
    float *values;
    double *numbers;
    float *labels;
    BoosterHandle booster;
    DMatrixHandle matrix;
    struct runtime *runtime;
};

static void must(int failed)
{
    if (failed == 0)
        return;
    fprintf(stderr, "libxgboost: %s\n", XGBGetLastError());
    exit(1);
}

/* Processor time of this thread: what else the machine does must not count. */
static double processor_us(void)
{
    struct timespec used;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used); /* can't fail with this clock */
    return (double)used.tv_sec * 1e6 + (double)used.tv_nsec / 1e3;
}

static void make_rows(struct bench *bench)
{
    struct random random;
    random_init(&random, 1);
    bench->values = mem_array(bench->rows * bench->features, sizeof(float));
    bench->numbers = mem_array(bench->rows * bench->features, sizeof(double));
    bench->labels = mem_array(bench->rows, sizeof(float));
    if (bench->values == NULL || bench->numbers == NULL || bench->labels == NULL)
        exit(1);
    for (uint64_t r = 0; r < bench->rows; r++) {
        double label = random_f64(&random);
        for (uint64_t f = 0; f < bench->features; f++) {
            float value = (float)random_f64(&random);
            label += (f % 3 == 0 ? 1 : -0.5) * (double)(value * value) * (f % 2 == 0 ? 1 : sin(7 * (double)value));
            bench->values[r * bench->features + f] = value;
            bench->numbers[r * bench->features + f] = (double)value;
        }
        bench->labels[r] = (float)label;
    }
}

static void set(BoosterHandle booster, const char *name, uint64_t value)
{
    char text[NUMBER_TEXT_MAX];
    number_print_u64(value, text);
    must(XGBoosterSetParam(booster, name, text));
}

static void train(struct bench *bench, const char *path)
{
    must(XGDMatrixCreateFromMat(bench->values, bench->rows, bench->features, NAN, &bench->matrix));
    must(XGDMatrixSetFloatInfo(bench->matrix, "label", bench->labels, bench->rows));
    must(XGBoosterCreate(&bench->matrix, 1, &bench->booster));
    set(bench->booster, "max_depth", bench->depth);
    set(bench->booster, "nthread", 1);
    must(XGBoosterSetParam(bench->booster, "eta", "0.1"));
    must(XGBoosterSetParam(bench->booster, "tree_method", "hist"));
    for (int i = 0; i < (int)bench->trees; i++)
        must(XGBoosterUpdateOneIter(bench->booster, i, bench->matrix));
    must(XGBoosterSaveModel(bench->booster, path));
    must(XGBoosterFree(bench->booster)); /* what training cached must not answer for prediction */
    must(XGBoosterCreate(NULL, 0, &bench->booster));
    must(XGBoosterLoadModel(bench->booster, path));
    set(bench->booster, "nthread", 1);
}

static void ask_theirs(struct bench *bench, uint64_t from, uint64_t rows, const float **ret_values)
{
    char array[256];
    (void)snprintf(array, sizeof array,
                   "{\"data\":[%llu,true],\"shape\":[%llu,%llu],\"typestr\":\"<f4\",\"version\":3}",
                   (unsigned long long)(uintptr_t)(bench->values + from * bench->features), (unsigned long long)rows,
                   (unsigned long long)bench->features); /* three numbers fit */
    static const char *const config = "{\"type\":0,\"iteration_begin\":0,\"iteration_end\":0,\"strict_shape\":false,"
                                      "\"cache_id\":0,\"missing\":NaN}";
    const bst_ulong *shape;
    bst_ulong dimensions;
    must(XGBoosterPredictFromDense(bench->booster, array, config, NULL, &shape, &dimensions, ret_values));
}

static double theirs_dense_us(struct bench *bench, uint64_t from, uint64_t rows, const float **ret_values)
{
    double start_us = processor_us();
    ask_theirs(bench, from, rows, ret_values);
    return processor_us() - start_us;
}

static double theirs_matrix_us(struct bench *bench, uint64_t rows, int contributions, const float **ret_values)
{
    DMatrixHandle matrix;
    bst_ulong count;
    must(XGDMatrixCreateFromMat(bench->values, rows, bench->features, NAN, &matrix));
    double start_us = processor_us();
    must(XGBoosterPredict(bench->booster, matrix, contributions ? 4 : 0, 0, 0, &count, ret_values));
    double used_us = processor_us() - start_us;
    must(XGDMatrixFree(matrix));
    return used_us;
}

/* The answer is copied out, because the arena ends with the call. */
static double ours_us(struct bench *bench, uint64_t from, uint64_t rows, bool is_explained, double *ret_values)
{
    struct runtime_rows in = { rows, bench->numbers + from * bench->features, NULL };
    struct runtime_answer answer = { 0 };
    struct runtime_explanation explained = { 0 };
    struct arena arena;
    double start_us = processor_us();
    arena_init(&arena, 0);
    enum status status = is_explained ? bench->runtime->methods->explain(bench->runtime, &in, &arena, &explained, NULL)
                                      : bench->runtime->methods->predict(bench->runtime, &in, &arena, &answer, NULL);
    double used_us = processor_us() - start_us;
    if (status != OK)
        exit(1);
    size_t width = is_explained ? bench->features + 1 : 1;
    memcpy(ret_values, is_explained ? explained.contributions : answer.values, rows * width * sizeof *ret_values);
    arena_done(&arena);
    return used_us;
}

static void ask_ours(struct bench *bench, uint64_t row, double *ret_value)
{
    struct runtime_rows in = { 1, bench->numbers + row * bench->features, NULL };
    struct runtime_answer answer = { 0 };
    CLEANUP(arena_done) struct arena arena;
    arena_init(&arena, 0);
    if (bench->runtime->methods->predict(bench->runtime, &in, &arena, &answer, NULL) != OK)
        exit(1);
    *ret_value = answer.values[0];
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare_doubles);
    return values[count / 2];
}

static void print_ratio(const char *what, double *theirs, double *ours, size_t count, double rows, double difference)
{
    double their_median = median(theirs, count), our_median = median(ours, count);
    printf("%-28s libxgboost %10.2f us a row   kedge %8.3f us a row   %6.1f times faster   largest difference %.2g\n",
           what, their_median / rows, our_median / rows, their_median / our_median, difference);
}

static double difference_of(const float *theirs, const double *ours, size_t count)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, fabs((double)theirs[i] - ours[i]));
    return most;
}

/* One row a call. First calls that alternate, so that each library finds its model out of the cache;
 * then runs of 100 calls, timed as one, because reading the clock takes longer than a tenth of our answer. */
static void bench_one_row(struct bench *bench)
{
    enum { SAMPLES = 1001, CALLS = 100, RUNS = 31 };
    static double theirs[SAMPLES], ours[SAMPLES];
    double value, most = 0;
    const float *answer;
    for (size_t i = 0; i < SAMPLES; i++) {
        uint64_t row = i * 7 % bench->rows;
        theirs[i] = theirs_dense_us(bench, row, 1, &answer);
        float their_value = answer[0];
        ours[i] = ours_us(bench, row, 1, false, &value);
        most = fmax(most, difference_of(&their_value, &value, 1));
    }
    print_ratio("predict, one row, cold", theirs, ours, SAMPLES, 1, most);
    for (size_t run = 0; run < RUNS; run++) {
        double start_us = processor_us();
        for (size_t i = 0; i < CALLS; i++)
            ask_ours(bench, i * 7 % bench->rows, &value);
        ours[run] = processor_us() - start_us;
        start_us = processor_us();
        for (size_t i = 0; i < CALLS; i++)
            ask_theirs(bench, i * 7 % bench->rows, 1, &answer);
        theirs[run] = processor_us() - start_us;
    }
    print_ratio("predict, one row", theirs, ours, RUNS, CALLS, most);
}

static void bench_rows(struct bench *bench, uint64_t rows, bool is_explained, size_t rounds, const char *what)
{
    double theirs[ROUNDS], ours[ROUNDS], most = 0;
    size_t width = is_explained ? bench->features + 1 : 1;
    double *values = mem_array(rows * width, sizeof *values);
    if (values == NULL || rounds > ROUNDS)
        exit(1);
    for (size_t i = 0; i < rounds; i++) {
        const float *answer;
        ours[i] = ours_us(bench, 0, rows, is_explained, values);
        theirs[i] = theirs_matrix_us(bench, rows, is_explained, &answer);
        most = fmax(most, difference_of(answer, values, rows * width));
        if (!is_explained)
            theirs[i] = fmin(theirs[i], theirs_dense_us(bench, 0, rows, &answer));
    }
    print_ratio(what, theirs, ours, rounds, (double)rows, most);
    mem_free(values);
}

int main(int argc, char **argv)
{
    struct bench bench = { .trees = 500, .depth = 6, .features = 28, .rows = 10000 };
    uint64_t *const options[] = { &bench.trees, &bench.depth, &bench.features, &bench.rows };
    for (int i = 1; i < argc && i <= (int)COUNT(options); i++)
        if (!number_parse_u64(str_of(argv[i]), options[i - 1]))
            return 2;
    char folder[] = "/tmp/kedge-trees-XXXXXX", path[64];
    if (mkdtemp(folder) == NULL)
        return 1;
    (void)snprintf(path, sizeof path, "%s/model.json", folder); /* fits */
    make_rows(&bench);
    train(&bench, path);
    struct mlmodel model = { .folder = str_of(folder), .data_path = STR("model.json") };
    struct error err = { 0 };
    char text[800];
    if (runtime_trees_load(&model, &bench.runtime, &err) != OK) {
        fprintf(stderr, "%s\n", error_text(&err, text, sizeof text));
        return 1;
    }
    (void)unlink(path); /* it is temporary, and nothing is lost where it stays */
    (void)rmdir(folder);
    printf("%llu trees, depth %llu, %llu features\n", (unsigned long long)bench.trees, (unsigned long long)bench.depth,
           (unsigned long long)bench.features);
    bench_one_row(&bench);
    bench_rows(&bench, bench.rows, false, ROUNDS, "predict, all rows");
    bench_rows(&bench, MIN_OF(bench.rows, 400), true, 3, "contributions, 400 rows");
    bench_rows(&bench, 1, true, ROUNDS, "contributions, one row");
    bench.runtime->methods->free(bench.runtime);
    return 0;
}
