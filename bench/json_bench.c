/* bench/json_bench.c - text to doubles: our reader beside strtod, over the same bytes in one run.
 *
 *     json_bench [MEGABYTES]
 *
 * The text is what capture receives: rows of 13 features with 17 significant digits. */
#include "format/json.h"

#include "base/random.h"

#define FEATURES 13

static void write_rows(struct buf *out, size_t bytes)
{
    struct random random;
    random_init(&random, 1);
    (void)buf_append_byte(out, '['); /* the buffer is made large enough */
    while (out->size < bytes) {
        (void)buf_append(out, out->size > 1 ? STR(",[") : STR("["));
        for (size_t i = 0; i < FEATURES; i++)
            (void)buf_printf(out, "%s%.17g", i > 0 ? "," : "", 100 * random_f64(&random));
        (void)buf_append_byte(out, ']');
    }
    (void)buf_append(out, STR("]"));
}

static double sum_with_reader(str text)
{
    struct json_reader json;
    json_reader_init(&json, text, NULL, NULL);
    double sum = 0, value = 0;
    for (json_enter_array(&json); json_next_element(&json);)
        for (json_enter_array(&json); json_next_element(&json); sum += value)
            json_take_f64(&json, &value);
    return json_finish(&json) == OK ? sum : -1;
}

static double sum_with_strtod(str text)
{
    double sum = 0;
    for (const char *at = text.data, *end = at + text.size; at < end;) {
        if (*at == '[' || *at == ']' || *at == ',') {
            at++;
            continue;
        }
        char *after;
        sum += strtod(at, &after);
        at = after;
    }
    return sum;
}

/* Processor time of this thread: what else the machine does must not count. */
static int64_t processor_ns(void)
{
    struct timespec used;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used); /* can't fail with this clock */
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

static double megabytes_per_s(double (*sum)(str), str text, double *ret_sum)
{
    int64_t from_ns = processor_ns();
    *ret_sum = sum(text);
    return (double)text.size * 1e3 / (double)(processor_ns() - from_ns);
}

int main(int argc, char **argv)
{
    uint64_t megabytes = 64;
    if (argc > 1 && !number_parse_u64(str_of(argv[1]), &megabytes))
        return 2;
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, ((size_t)megabytes + 1) << 20);
    write_rows(&text, (size_t)megabytes << 20);
    double reader_sum, strtod_sum;
    double reader = megabytes_per_s(sum_with_reader, buf_str(&text), &reader_sum);
    double plain = megabytes_per_s(sum_with_strtod, buf_str(&text), &strtod_sum);
    printf("json_reader %.0f MB/s, strtod %.0f MB/s, ratio %.1f, sums %s\n", reader, plain, reader / plain,
           reader_sum == strtod_sum ? "equal" : "DIFFER");
    return reader_sum != strtod_sum;
}
