/* What is read equals strtod's answer to the bit, and prints to text that reads back to the same double;
 * so does the double made of the input's first bytes. */
#include "base/mem.h"
#include "base/number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_same(double a, double b)
{
    if (memcmp(&a, &b, sizeof a) != 0)
        abort();
}

static void must_read_back(double value)
{
    char text[NUMBER_TEXT_MAX];
    double again = 0;
    size_t size = number_print_f64(value, text);
    if (size >= NUMBER_TEXT_MAX || !number_parse_f64((str){ text, size }, &again))
        abort();
    must_be_same(again, value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str text = { (const char *)data, size };
    double value;
    uint64_t bits = 0;
    if (size >= sizeof bits) {
        memcpy(&bits, data, sizeof bits);
        memcpy(&value, data, sizeof value);
        if ((bits >> 52 & 0x7FF) != 0x7FF)
            must_read_back(value);
    }
    struct number number;
    bool is_json = number_scan(text, &number);
    if (!number_parse_f64(text, &value))
        return 0;
    if (is_json && number.size == size)
        must_be_same(number.f64, value);
    must_read_back(value);
    char *terminated = mem_must(size + 1);
    memcpy(terminated, data, size);
    must_be_same(strtod(terminated, NULL), value);
    mem_free(terminated);
    return 0;
}
