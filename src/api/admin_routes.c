/* POST /-/reload - the configuration anew, as SIGHUP does. */
#include "api/api_internal.h"

static enum status post_reload(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    if (api->options.reload == NULL)
        return error_set(err, ERR_UNAVAILABLE, "this process was started without a configuration to reload");
    TRY(api->options.reload(api->options.self, err));
    struct json_writer json;
    api_answer_begin(request, &json);
    json_text(&json, "status", "reloaded");
    return api_answer_end(&json, err);
}

static const struct api_about about = { .tag = "Admin" };

const struct http_route admin_routes[] = {
    { "POST", "/-/reload", post_reload, HTTP_ROUTE_SLOW,
      "Load the configuration anew; where it is wrong the old one stays in force.", &about },
    { 0 },
};
