/* GET /ui/ and /docs - the pages that web/ embeds. */
#include "api/api_internal.h"

static enum status get_ui(void *self, struct http_request *request, struct error *err)
{
    (void)err;
    struct api *api = self;
    return api_answer_page(request, &api->options.pages.index);
}

static enum status get_docs(void *self, struct http_request *request, struct error *err)
{
    (void)err;
    struct api *api = self;
    return api_answer_page(request, &api->options.pages.docs);
}

static const struct api_about about = { .tag = "Pages", .answer_type = "text/html" };

const struct http_route ui_routes[] = {
    { "GET", "/ui/", get_ui, HTTP_ROUTE_QUICK, "The overview page.", &about },
    { "GET", "/docs", get_docs, HTTP_ROUTE_QUICK, "This documentation as a page.", &about },
    { 0 },
};
