#include "api/artifact_answer.h"

#include "base/number.h"

/* ---- what a download is called ---- */

/* The types of what models and reports are made of; all else is bytes. */
static const struct {
    const char *suffix, *type;
} types[] = {
    { ".json", "application/json" },    { ".txt", "text/plain" },       { ".yaml", "text/plain" },
    { ".yml", "text/plain" },           { ".md", "text/plain" },        { ".log", "text/plain" },
    { ".py", "text/plain" },            { ".csv", "text/csv" },         { ".html", "text/html" },
    { ".htm", "text/html" },            { ".png", "image/png" },        { ".jpg", "image/jpeg" },
    { ".jpeg", "image/jpeg" },          { ".gif", "image/gif" },        { ".svg", "image/svg+xml" },
    { ".webp", "image/webp" },          { ".pdf", "application/pdf" },  { ".zip", "application/zip" },
    { ".gz", "application/gzip" },      { ".tar", "application/x-tar" }, { "MLmodel", "text/plain" },
};

static const char *type_of(str name)
{
    for (size_t i = 0; i < COUNT(types); i++)
        if (str_has_suffix(name, str_of(types[i].suffix)))
            return types[i].type;
    return "application/octet-stream";
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

/* Both forms of RFC 6266: one that every client reads, and the exact name in percent-encoded UTF-8. */
static str disposition(str name, struct arena *arena)
{
    static const char digits[] = "0123456789ABCDEF";
    char plain[256], encoded[3 * 256];
    size_t plain_size = 0, encoded_size = 0;
    for (size_t i = 0; i < name.size && plain_size < sizeof plain; i++) {
        unsigned char c = (unsigned char)name.data[i];
        plain[plain_size++] = is_plain((char)c) || c == ' ' ? (char)c : '_';
        if (is_plain((char)c)) {
            encoded[encoded_size++] = (char)c;
            continue;
        }
        encoded[encoded_size++] = '%';
        encoded[encoded_size++] = digits[c >> 4];
        encoded[encoded_size++] = digits[c & 15];
    }
    return arena_printf(arena, "attachment; filename=\"%.*s\"; filename*=UTF-8''%.*s", (int)plain_size, plain,
                        (int)encoded_size, encoded);
}

/* ---- ranges ---- */

bool artifact_parse_range(str header, uint64_t bytes, uint64_t *ret_from, uint64_t *ret_bytes)
{
    static const str unit = { "bytes=", 6 };
    str range = str_slice(header, unit.size, header.size);
    size_t dash = str_find(range, '-');
    str first = str_trim(str_slice(range, 0, dash)), last = str_trim(str_slice(range, dash + 1, range.size));
    uint64_t from = 0, to = bytes > 0 ? bytes - 1 : 0;
    if (!str_has_prefix(header, unit) || dash == range.size || (str_is_empty(first) && str_is_empty(last)))
        return false;
    if (!str_is_empty(last) && !number_parse_u64(last, &to))
        return false;
    if (!str_is_empty(first) && !number_parse_u64(first, &from))
        return false;
    if (str_is_empty(first)) { /* "-500": so many from the end */
        from = to < bytes ? bytes - to : 0;
        *ret_bytes = MIN_OF(to, bytes);
        *ret_from = from;
        return true;
    }
    if (from > to && !str_is_empty(last))
        return false;
    *ret_from = from;
    *ret_bytes = from < bytes ? MIN_OF(to, bytes - 1) - from + 1 : 0;
    return true;
}

static void answer_range(struct http_request *request, uint64_t bytes)
{
    struct http_response *response = request->response;
    uint64_t from, count;
    http_response_header(response, "Accept-Ranges", STR("bytes"));
    if (!artifact_parse_range(http_request_header(request, "Range"), bytes, &from, &count))
        return;
    if (count == 0) {
        response->status_code = 416;
        response->file_path = NULL;
        http_response_header(response, "Content-Range",
                             arena_printf(request->arena, "bytes */%llu", (unsigned long long)bytes));
        return;
    }
    response->status_code = 206;
    response->file_from = from;
    response->file_bytes = count;
    http_response_header(response, "Content-Range",
                         arena_printf(request->arena, "bytes %llu-%llu/%llu", (unsigned long long)from,
                                      (unsigned long long)(from + count - 1), (unsigned long long)bytes));
}

/* ---- answers ---- */

enum status artifact_answer_file(struct artifact_store *store, struct http_request *request, str path,
                                 struct error *err)
{
    struct error none = { 0 };
    const char *file;
    uint64_t bytes;
    enum status status = artifact_local_file(store, path, request->arena, &file, &bytes, &none);
    if (status == ERR_INVALID || status == ERR_NOT_FOUND)
        return error_set(err, ERR_NOT_FOUND, "No such artifact: '%.*s'", STR_ARG(str_slice(path, 0, 300)));
    if (status != OK)
        return error_set(err, status, "%s", none.cause);
    size_t slash = path.size;
    while (slash > 0 && path.data[slash - 1] != '/')
        slash--;
    str name = str_slice(path, slash, path.size);
    request->response->content_type = type_of(name);
    request->response->file_path = file;
    http_response_header(request->response, "Content-Disposition", disposition(name, request->arena));
    answer_range(request, bytes);
    return OK;
}

enum status artifact_answer_list(struct artifact_store *store, struct http_request *request, str folder, str prefix,
                                 struct json_writer *json, struct error *err)
{
    struct artifact *artifacts;
    size_t count;
    TRY(artifact_list(store, folder, request->arena, &artifacts, &count, err));
    if (count == 0)
        return OK;
    json_array(json, "files");
    for (size_t i = 0; i < count; i++) {
        str path = artifacts[i].path;
        if (!str_is_empty(prefix))
            path = arena_printf(request->arena, "%.*s/%.*s", STR_ARG(prefix), STR_ARG(path));
        json_begin_object(json);
        json_str(json, "path", path);
        json_bool(json, "is_dir", artifacts[i].is_folder);
        if (!artifacts[i].is_folder)
            json_u64(json, "file_size", artifacts[i].bytes);
        json_end_object(json);
    }
    json_end_array(json);
    return OK;
}
