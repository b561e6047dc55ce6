#include "net/http_client.h"

#include <curl/curl.h>
#include <pthread.h>

#include "base/mem.h"

#define DEFAULT_TIMEOUT_MS 30000

struct http_client {
    CURL *easy;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
}

struct http_client *http_client_new(void)
{
    (void)pthread_once(&curl_once, start_curl); /* fails only for a bad control word */
    struct http_client *client = mem_must(sizeof *client);
    client->easy = curl_easy_init();
    if (client->easy == NULL)
        abort();
    return client;
}

void http_client_free(struct http_client *client)
{
    if (client == NULL)
        return;
    curl_easy_cleanup(client->easy);
    mem_free(client);
}

static size_t take_bytes(char *bytes, size_t size, size_t count, void *self)
{
    struct buf *body = self;
    return buf_append(body, (str){ bytes, size * count }) ? size * count : 0; /* 0 makes curl give up */
}

static struct curl_slist *headers_of(const struct http_call *call)
{
    char line[1024];
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:"); /* no 100-continue round trip */
    if (call->body.size > 0) {
        const char *type = call->content_type != NULL ? call->content_type : "application/json";
        (void)snprintf(line, sizeof line, "Content-Type: %s", type);
        headers = curl_slist_append(headers, line);
    }
    if (call->bearer_token != NULL) {
        (void)snprintf(line, sizeof line, "Authorization: Bearer %s", call->bearer_token);
        headers = curl_slist_append(headers, line);
    }
    return headers;
}

static void set_options(CURL *easy, const struct http_call *call, struct curl_slist *headers, struct buf *body, char *reason)
{
    curl_easy_reset(easy); /* keeps the connections */
    curl_easy_setopt(easy, CURLOPT_URL, call->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(call->timeout_ms > 0 ? call->timeout_ms : DEFAULT_TIMEOUT_MS));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, body);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, reason);
    if (call->ca_file != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, call->ca_file);
    if (call->ca_file != NULL && call->trusts_any_name)
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    if (strcmp(call->method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    if (call->body.size > 0) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body.data);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.size);
    }
}

enum status http_client_call(struct http_client *client, const struct http_call *call, struct buf *body, int *ret_code,
                             struct error *err)
{
    char reason[CURL_ERROR_SIZE] = "";
    struct curl_slist *headers = headers_of(call);
    set_options(client->easy, call, headers, body, reason);
    CURLcode code = curl_easy_perform(client->easy);
    curl_slist_free_all(headers);

    if (code == CURLE_WRITE_ERROR && buf_is_overfull(body))
        return error_set(err, ERR_LIMIT, "%s %s: the answer is longer than %zu bytes", call->method, call->url, body->max_bytes);
    if (code != CURLE_OK)
        return error_set(err, ERR_UNAVAILABLE, "%s %s: %s", call->method, call->url,
                         reason[0] != '\0' ? reason : curl_easy_strerror(code));
    long http_code = 0;
    curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &http_code);
    *ret_code = (int)http_code;
    return OK;
}

int64_t http_client_retry_after_ms(const struct http_client *client)
{
    curl_off_t seconds = 0;
    if (curl_easy_getinfo(client->easy, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK || seconds < 0)
        return 0;
    return (int64_t)MIN_OF(seconds, (curl_off_t)86400) * 1000;
}
