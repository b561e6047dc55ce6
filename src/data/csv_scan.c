#include "data/csv_scan.h"

#include "base/attributes.h"

void csv_scanner_init(struct csv_scanner *scanner, const struct csv_dialect *dialect, str content)
{
    *scanner = (struct csv_scanner){ .dialect = *dialect, .next_line = 1 };
    if (str_has_prefix(content, STR("\xEF\xBB\xBF")))
        content = str_slice(content, 3, content.size);
    scanner->at = content.data;
    scanner->end = content.data + content.size;
    scanner->stops[(unsigned char)dialect->delimiter] = 1;
    scanner->stops['\n'] = scanner->stops['\r'] = 1;
    for (size_t skipped = 0; skipped < dialect->skip_lines && scanner->at < scanner->end; skipped++) {
        while (scanner->at < scanner->end && *scanner->at != '\n')
            scanner->at++;
        scanner->at += scanner->at < scanner->end;
        scanner->next_line++;
    }
}

/* Steps over one end of line: LF, CRLF or CR. */
static void end_line(struct csv_scanner *scanner)
{
    bool is_cr = *scanner->at++ == '\r';
    if (is_cr && scanner->at < scanner->end && *scanner->at == '\n')
        scanner->at++;
    scanner->next_line++;
}

/* Steps over blank lines and comments. */
static void skip_to_row(struct csv_scanner *scanner)
{
    while (scanner->at < scanner->end) {
        if (scanner->dialect.comment != 0 && *scanner->at == scanner->dialect.comment)
            while (scanner->at < scanner->end && *scanner->at != '\n' && *scanner->at != '\r')
                scanner->at++;
        if (scanner->at == scanner->end || (*scanner->at != '\n' && *scanner->at != '\r'))
            return;
        end_line(scanner);
    }
}

static void scan_plain(struct csv_scanner *scanner, struct csv_field *field)
{
    const char *at = scanner->at, *end = scanner->end;
    while (at < end && !scanner->stops[(unsigned char)*at])
        at++;
    *field = (struct csv_field){ .raw = { scanner->at, (size_t)(at - scanner->at) } };
    scanner->at = at;
}

static enum status scan_quoted(struct csv_scanner *scanner, struct csv_field *field, struct error *err)
{
    const struct csv_dialect *dialect = &scanner->dialect;
    size_t first_line = scanner->next_line;
    const char *start = ++scanner->at, *end = scanner->end;
    *field = (struct csv_field){ 0 };
    const char *at = start;
    for (;; at++) {
        if (at == end)
            return error_set(err, ERR_INVALID, "line %zu: a quote is opened and never closed", first_line);
        if (*at == dialect->escape && at + 1 < end && at[1] == dialect->quote) {
            field->has_escape = true;
            at++;
        } else if (*at == dialect->quote) {
            break;
        } else {
            scanner->next_line += *at == '\n';
        }
    }
    field->raw = (str){ start, (size_t)(at - start) };
    scanner->at = at + 1;
    if (scanner->at < end && !scanner->stops[(unsigned char)*scanner->at]) {
        struct csv_field rest; /* "ab"cd: keep the quote as a mark that csv_field_text() removes */
        scan_plain(scanner, &rest);
        field->raw.size = (size_t)(scanner->at - start);
        field->has_escape = true;
    }
    return OK;
}

enum status csv_scanner_row(struct csv_scanner *scanner, struct csv_field *fields, size_t fields_max,
                            size_t *ret_count, bool *ret_has_row, struct error *err)
{
    skip_to_row(scanner);
    *ret_has_row = scanner->at < scanner->end;
    *ret_count = 0;
    scanner->line = scanner->next_line;
    while (*ret_has_row) {
        struct csv_field unused, *field = *ret_count < fields_max ? &fields[*ret_count] : &unused;
        if (scanner->dialect.quote != 0 && scanner->at < scanner->end && *scanner->at == scanner->dialect.quote)
            TRY(scan_quoted(scanner, field, err));
        else
            scan_plain(scanner, field);
        ++*ret_count;
        if (scanner->at == scanner->end)
            break;
        if (*scanner->at != scanner->dialect.delimiter) {
            end_line(scanner);
            break;
        }
        scanner->at++;
    }
    return OK;
}

str csv_field_text(const struct csv_field *field, const struct csv_dialect *dialect, struct buf *scratch)
{
    if (!field->has_escape)
        return field->raw;
    buf_clear(scratch);
    str raw = field->raw;
    for (size_t i = 0; i < raw.size; i++) {
        bool is_escaped_quote = raw.data[i] == dialect->escape && i + 1 < raw.size && raw.data[i + 1] == dialect->quote;
        if (is_escaped_quote)
            i++;
        else if (raw.data[i] == dialect->quote)
            continue;
        (void)buf_append_byte(scratch, raw.data[i]); /* an overfull buffer keeps the beginning */
    }
    return buf_str(scratch);
}
