#include "data/csv_dialect.h"

#include "base/attributes.h"

#define SAMPLE_BYTES ((size_t)256 * 1024)
#define SAMPLE_ROWS 500

struct fit {
    size_t rows, agreeing; /* with the first row's number of fields */
    size_t fields;         /* of the first row */
};

/* How well the dialect splits the sample. The last row is left out where the sample ends inside the file. */
static struct fit fit_of(str sample, bool is_cut, const struct csv_dialect *dialect)
{
    struct csv_scanner scanner;
    csv_scanner_init(&scanner, dialect, sample);
    struct fit fit = { 0 };
    while (fit.rows < SAMPLE_ROWS) {
        struct csv_field unused;
        size_t fields;
        bool has_row;
        if (csv_scanner_row(&scanner, &unused, 0, &fields, &has_row, NULL) != OK || !has_row)
            break;
        if (is_cut && scanner.at == scanner.end)
            break;
        if (fit.rows++ == 0)
            fit.fields = fields;
        fit.agreeing += fields == fit.fields;
    }
    return fit;
}

bool csv_dialect_find(str content, struct csv_dialect *ret_dialect)
{
    static const char delimiters[] = { ',', ';', '\t', '|' };
    str sample = str_slice(content, 0, SAMPLE_BYTES);
    size_t regular_fields = 1, ragged_fields = 1;
    struct csv_dialect regular = { .delimiter = ',', .quote = '"', .escape = '"' }, ragged = regular;
    for (size_t i = 0; i < COUNT(delimiters); i++) {
        struct csv_dialect dialect = { .delimiter = delimiters[i], .quote = '"', .escape = '"' };
        struct fit fit = fit_of(sample, sample.size < content.size, &dialect);
        if (fit.agreeing == fit.rows && fit.fields > regular_fields) {
            regular = dialect;
            regular_fields = fit.fields;
        } else if (fit.agreeing * 2 >= fit.rows && fit.fields > ragged_fields) {
            ragged = dialect;
            ragged_fields = fit.fields;
        }
    }
    *ret_dialect = regular_fields > 1 ? regular : ragged;
    return regular_fields > 1 || ragged_fields > 1;
}
