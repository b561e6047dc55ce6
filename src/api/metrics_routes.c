/* GET /metrics - everything countable, in the format that the scraper prefers. */
#include "api/api_internal.h"
#include "metrics/exposition.h"

static enum status get_metrics(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    enum exposition_format format = exposition_negotiate(http_request_header(request, "Accept"));
    struct metric_snapshot snapshot;
    metric_snapshot_init(&snapshot, 0);
    enum status status = metric_registry_collect(api->instruments.registry, &snapshot, err);
    if (status == OK)
        status = exposition_write(&snapshot, format, &request->response->body, err);
    metric_snapshot_done(&snapshot);
    request->response->content_type = exposition_content_type(format);
    http_response_header(request->response, "Vary", STR("Accept"));
    return status;
}

static const struct api_about about = { .tag = "Metrics", .answer_type = "text/plain" };

const struct http_route metrics_routes[] = {
    { "GET", "/metrics", get_metrics, HTTP_ROUTE_SLOW,
      "Metrics in Prometheus' text format 0.0.4, or OpenMetrics 1.0 by Accept.", &about },
    { 0 },
};
