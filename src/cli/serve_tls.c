#include "cli/serve_tls.h"

#include "base/file.h"

#define PEM_BYTES_MAX ((size_t)1 << 20)
#define CERTIFICATE_END "-----END CERTIFICATE-----\n"

static bool holds(str text, str part)
{
    return text.size > 0 && memmem(text.data, text.size, part.data, part.size) != NULL;
}

/* `mark` stands in every PEM file of the wanted kind; "PRIVATE KEY-----" ends "EC PRIVATE KEY" and its like, too. */
static enum status read_pem(const char *path, const char *kind, str mark, struct secret *ret_pem, struct error *err)
{
    struct buf content;
    buf_init(&content, PEM_BYTES_MAX);
    buf_reserve(&content, PEM_BYTES_MAX / 4); /* seldom grows, which would leave copies of a key behind */
    enum status status = file_read(path, &content, err);
    if (status == OK && !holds(buf_str(&content), mark))
        status = error_set(err, ERR_INVALID, "%s holds no %s in PEM", path, kind);
    if (status == OK)
        secret_init(ret_pem, buf_str(&content));
    if (content.size > 0)
        explicit_bzero(content.data, content.size);
    buf_done(&content);
    return status;
}

enum status serve_tls_load(const struct config *config, struct serve_tls *ret_tls, struct error *err)
{
    bool has_certificate = !str_is_empty(config->tls_certificate), has_key = !str_is_empty(config->tls_key);
    if (has_certificate != has_key)
        return error_set(err, ERR_INVALID, "%s is set and %s is not: they belong together",
                         has_key ? "tls.key" : "tls.certificate", has_key ? "tls.certificate" : "tls.key");
    if (!has_key)
        return OK;
    char path[4096];
    (void)snprintf(path, sizeof path, "%.*s", STR_ARG(config->tls_certificate));
    TRY(read_pem(path, "certificate", STR("-----BEGIN CERTIFICATE-----"), &ret_tls->certificate, err));
    (void)snprintf(path, sizeof path, "%.*s", STR_ARG(config->tls_key));
    return read_pem(path, "private key", STR("PRIVATE KEY-----"), &ret_tls->key, err);
}

void serve_tls_done(struct serve_tls *tls)
{
    secret_done(&tls->certificate);
    secret_done(&tls->key);
}

str serve_tls_own_certificate(const struct serve_tls *tls)
{
    str all = secret_reveal(&tls->certificate);
    const char *end = all.size > 0 ? memmem(all.data, all.size, CERTIFICATE_END, strlen(CERTIFICATE_END)) : NULL;
    return end != NULL ? str_slice(all, 0, (size_t)(end - all.data) + strlen(CERTIFICATE_END)) : all;
}
