/* GET /reports - stored analyses as pages for people and documents for programs.
 *
 * A page is made when it is asked for: the report page's two halves around the stored document. */
#include "api/api_internal.h"
#include "base/time_text.h"

static void append_html(struct buf *out, str text)
{
    for (size_t i = 0; i < text.size; i++) {
        switch (text.data[i]) {
        case '<':
            buf_append(out, STR("&lt;"));
            break;
        case '>':
            buf_append(out, STR("&gt;"));
            break;
        case '&':
            buf_append(out, STR("&amp;"));
            break;
        case '"':
            buf_append(out, STR("&quot;"));
            break;
        default:
            buf_append_byte(out, text.data[i]);
        }
    }
}

static void write_row(struct buf *out, const struct meta_analysis *analysis, str name)
{
    char time[TIME_TEXT_MAX];
    time_text_print(analysis->created_us, time);
    buf_printf(out, "<tr><td><a href=\"/reports/%.*s\">", STR_ARG(name));
    append_html(out, name);
    buf_append(out, STR("</a></td><td>"));
    append_html(out, analysis->model_name);
    buf_printf(out, "</td><td>%s</td><td>%llu</td><td>%u of %u</td><td>", time,
               (unsigned long long)analysis->current_rows, analysis->drifted_columns, analysis->evaluated_columns);
    append_html(out, analysis->verdict);
    buf_append(out, STR("</td></tr>\n"));
}

static void write_page(struct http_request *request, const struct meta_analysis *analyses, size_t count)
{
    struct buf *out = &request->response->body;
    request->response->content_type = "text/html; charset=utf-8";
    buf_append(out, STR("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Kedge reports</title>"
                        "<meta name=\"viewport\" content=\"width=device-width\"><style>"
                        ":root{color-scheme:light dark}body{font:16px system-ui;margin:2rem auto;max-width:70rem;padding:0 1rem}"
                        "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.4rem .8rem;"
                        "border-bottom:1px solid #8884}</style></head><body><h1>Reports</h1>"));
    if (count == 0)
        buf_append(out, STR("<p>None yet: <code>POST /analyze</code> makes one; see <a href=\"/docs\">/docs</a>.</p>"));
    else
        buf_append(out, STR("<table><thead><tr><th>report</th><th>model</th><th>made</th><th>events</th>"
                            "<th>drifted columns</th><th>verdict</th></tr></thead><tbody>\n"));
    for (size_t i = 0; i < count; i++)
        write_row(out, &analyses[i], report_name_print(&analyses[i], request->arena));
    buf_append(out, count == 0 ? STR("</body></html>") : STR("</tbody></table></body></html>"));
}

static enum status write_list(struct http_request *request, const struct meta_analysis *analyses, size_t count,
                              struct error *err)
{
    struct json_writer json;
    api_answer_begin(request, &json);
    json_array(&json, "reports");
    for (size_t i = 0; i < count; i++) {
        str name = report_name_print(&analyses[i], request->arena);
        json_begin_object(&json);
        json_str(&json, "name", name);
        json_str(&json, "url", arena_printf(request->arena, "/reports/%.*s", STR_ARG(name)));
        json_str(&json, "model_name", analyses[i].model_name);
        json_i64(&json, "analysis_id", analyses[i].id);
        api_json_time(&json, "created", analyses[i].created_us);
        json_str(&json, "verdict", analyses[i].verdict);
        json_bool(&json, "drifted", analyses[i].is_drifted);
        json_end_object(&json);
    }
    json_end_array(&json);
    return api_answer_end(&json, err);
}

static enum status get_reports(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct meta_analysis_filter filter = { .model_name = http_request_query(request, "model_name") };
    uint64_t limit;
    TRY(api_query_u64(request, "limit", 0, &limit, err));
    filter.limit = limit;
    struct meta_analysis *analyses = NULL;
    size_t count = 0;
    TRY(meta_analysis_list(api->options.meta, &filter, request->arena, &analyses, &count, err));
    http_response_header(request->response, "Vary", STR("Accept"));
    if (!http_request_wants_html(request))
        return write_list(request, analyses, count, err);
    write_page(request, analyses, count);
    return OK;
}

/* '<' becomes \u003c, the same JSON: see web/pages.h. */
static void append_document(struct buf *out, str json)
{
    while (!str_is_empty(json)) {
        size_t angle = str_find(json, '<');
        buf_append(out, str_slice(json, 0, angle));
        if (angle < json.size)
            buf_append(out, STR("\\u003c"));
        json = str_slice(json, angle + 1, json.size);
    }
}

/* NAME, NAME.html (the page), NAME.json (the document). */
static enum status get_report(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    str name = http_request_param(request, "report"), base = name;
    bool is_json = str_has_suffix(name, STR(".json"));
    if (is_json || str_has_suffix(name, STR(".html")))
        base = str_slice(name, 0, name.size - strlen(".json"));
    int64_t id;
    struct meta_analysis analysis;
    if (!report_name_parse(base, &id))
        return error_set(err, ERR_NOT_FOUND, "there is no report \"%.*s\"", STR_ARG(name));
    TRY(meta_analysis_get(api->options.meta, id, request->arena, &analysis, err));
    if (!str_equal(report_name_print(&analysis, request->arena), base))
        return error_set(err, ERR_NOT_FOUND, "there is no report \"%.*s\"", STR_ARG(name));
    str document;
    TRY(meta_analysis_report(api->options.meta, id, request->arena, &document, err));
    struct http_response *response = request->response;
    if (is_json) {
        response->content_type = "application/json";
        buf_append(&response->body, document);
        return OK;
    }
    response->content_type = "text/html; charset=utf-8";
    buf_append(&response->body, api->options.pages.report_prefix);
    append_document(&response->body, document);
    buf_append(&response->body, api->options.pages.report_suffix);
    return OK;
}

static const struct api_about about_list = {
    .tag = "Reports", .query = "model_name: only of this model\nlimit: at most so many, newest first\n"
};
static const struct api_about about_report = { .tag = "Reports", .answer_type = "text/html" };

const struct http_route reports_routes[] = {
    { "GET", "/reports", get_reports, HTTP_ROUTE_SLOW, "List reports, newest first, as JSON or as a page by Accept.",
      &about_list },
    { "GET", "/reports/{report}", get_report, HTTP_ROUTE_SLOW, "A report's page; NAME.json is its document.",
      &about_report },
    { 0 },
};
