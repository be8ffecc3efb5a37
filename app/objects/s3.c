/* The S3 store: opening it, its bucket, and what is done with whole objects. */
#include "s3_private.h"

#include "parley/auth/digest.h"
#include "parley/core/limits.h"
#include "parley/core/secret.h"
#include "parley/core/url.h"

enum { SERVER_FAULT_STATUS = 500 }; /* and above: a server that starts, or is ill, not one that refuses us */

static struct s3 *s3_of(struct store *store)
{
    return (struct s3 *)store;
}

static void s3_close(struct store *store)
{
    struct s3 *s3 = s3_of(store);
    egress_free(s3->egress);
    if (s3->secret_key != NULL)
        secret_wipe(s3->secret_key, strlen(s3->secret_key));
    free(s3->access_key);
    free(s3->secret_key);
    free(s3->region);
    free(s3->bucket);
    free(s3->inner.host);
    free(s3->outer.host);
    store_base_release(&s3->base);
    free(s3);
}

static bool is_host_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
}

/* "host", "1.2.3.4" or "[::1]", and perhaps ":port", which must be a number; nothing else but a slash at the end. */
static bool is_endpoint(const struct url *url, int *ret_port)
{
    bool bracket = str_starts_with(url->host_port, STR("["));
    for (size_t i = 0; i < url->host.len; i++) {
        if (!is_host_byte(url->host.ptr[i]) && !(bracket && url->host.ptr[i] == ':'))
            return false;
    }
    if (url->user.ptr != NULL || url->path.len > 1 || (url->port.ptr != NULL && url->port.len == 0))
        return false;
    return url->host.len > 0 && url_port(url, 0, ret_port) == ERR_OK;
}

enum err s3_endpoint_parse(const char *text, enum tls default_tls, struct s3_endpoint *ret_endpoint)
{
    struct url url;
    int port;
    bool tls;
    char *host;
    TRY(url_split(str_trim(str_from(text)), URL_NO_QUERY, &url));
    tls = url.scheme.ptr != NULL ? str_eq_c(url.scheme, "https") : default_tls == TLS_ON;
    if ((url.scheme.ptr != NULL && !tls && !str_eq_c(url.scheme, "http")) || !is_endpoint(&url, &port))
        return ERR_INVALID;
    if (port == (tls ? 443 : 80))
        url.host_port = str_head(url.host_port, url.host_port.len - url.port.len - 1);
    host = strndup(url.host_port.ptr, url.host_port.len);
    if (host == NULL)
        return ERR_NO_MEMORY;
    *ret_endpoint = (struct s3_endpoint){ .scheme = tls ? "https" : "http", .host = host };
    return ERR_OK;
}

/* AWS makes a bucket in the region of the document; in us-east-1 there must be none. */
static enum err bucket_make(struct s3 *s3, struct arena *a)
{
    struct s3_result result;
    struct s3_call call = {
        .method = "PUT", .body = STR(""), .total_timeout_ms = STORE_CALL_MAX_MS, .repeat = S3_REPEATABLE
    };
    enum err e;
    if (!str_eq_c(s3->key.region, "us-east-1")) {
        char *body = arena_printf(a,
                                  "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                                  "<LocationConstraint>%s</LocationConstraint></CreateBucketConfiguration>",
                                  s3->region);
        if (body == NULL)
            return ERR_NO_MEMORY;
        call.body = str_from(body);
    }
    e = s3_run(s3, a, &call, &result);
    return e == ERR_CONFLICT ? ERR_OK : e;
}

static enum err bucket_look(struct s3 *s3, struct arena *a, int timeout_ms, bool *ret_reached)
{
    struct s3_result result;
    struct s3_call call = { .method = "HEAD", .total_timeout_ms = timeout_ms, .repeat = S3_REPEATABLE };
    enum err e = s3_run(s3, a, &call, &result);
    *ret_reached = result.status != 0 && result.status < SERVER_FAULT_STATUS;
    return e == ERR_NOT_FOUND ? bucket_make(s3, a) : e;
}

enum err s3_bucket_ensure(struct s3 *s3, struct arena *a, int timeout_ms, bool *ret_reached)
{
    TRY(bucket_look(s3, a, timeout_ms, ret_reached));
    atomic_store(&s3->bucket_seen, true);
    return ERR_OK;
}

static enum err s3_ping(struct store *store)
{
    struct s3 *s3 = s3_of(store);
    struct arena *a = arena_new(MIB);
    struct s3_result result;
    struct s3_call call;
    enum err e;
    if (a == NULL)
        return ERR_NO_MEMORY;
    call = (struct s3_call){ .method = "HEAD", .total_timeout_ms = STORE_PING_MAX_MS, .repeat = S3_ONCE };
    e = s3_run(s3, a, &call, &result);
    arena_free(a);
    return e == ERR_NOT_FOUND ? store_fail(store, S3_NO_BUCKET) : e;
}

/* The whole object's digest, where S3 has one: base64 of 32 bytes, without the "-3" of one made of the parts' digests. */
static void read_checksum(struct arena *a, struct str base64, struct store_info *info)
{
    struct str bytes;
    char *url_text;
    if (base64.len != 44 || base64.ptr[43] != '=')
        return;
    url_text = arena_cstr(a, str_head(base64, 43));
    if (url_text == NULL)
        return;
    for (char *c = url_text; *c != '\0'; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    if (digest_base64url_decode(a, str_from(url_text), &bytes) != ERR_OK || bytes.len != SHA256_BYTES)
        return;
    memcpy(info->sha256, bytes.ptr, SHA256_BYTES);
    info->has_sha256 = true;
}

static enum err s3_stat(struct store *store, struct arena *a, struct str key, struct store_info *ret_info)
{
    struct s3_result result;
    struct s3_call call = { .method = "HEAD",
                            .key = key,
                            .headers = { { STR("x-amz-checksum-mode"), STR("ENABLED") } },
                            .header_count = 1,
                            .total_timeout_ms = STORE_CALL_MAX_MS,
                            .repeat = S3_REPEATABLE };
    struct store_info info;
    TRY(s3_run(s3_of(store), a, &call, &result));
    if (result.content_length < 0)
        return store_fail(store, "The object store did not tell an object's length");
    info = (struct store_info){ .size_bytes = result.content_length };
    read_checksum(a, result.checksum_sha256, &info);
    *ret_info = info;
    return ERR_OK;
}

static enum err s3_get(struct store *store, struct arena *a, struct str key, int64_t offset, int64_t length,
                       store_sink_fn sink, void *arg)
{
    struct s3_result result;
    struct s3_call call = { .method = "GET", .key = key, .sink = sink, .sink_arg = arg, .repeat = S3_REPEATABLE };
    enum err e;
    if (length == 0)
        return ERR_OK;
    if (offset > 0 || length > 0) {
        char *range = length < 0
                          ? arena_printf(a, "bytes=%lld-", (long long)offset)
                          : arena_printf(a, "bytes=%lld-%lld", (long long)offset, (long long)(offset + length - 1));
        if (range == NULL)
            return ERR_NO_MEMORY;
        call.headers[call.header_count++] = (struct sigv4_pair){ STR("range"), str_from(range) };
    }
    e = s3_run(s3_of(store), a, &call, &result);
    return e == ERR_INVALID && result.status == 416 ? ERR_OK : e; /* behind the end there is nothing */
}

static enum err s3_delete(struct store *store, struct arena *a, struct str key)
{
    struct s3_result result;
    struct s3_call call = {
        .method = "DELETE", .key = key, .total_timeout_ms = STORE_CALL_MAX_MS, .repeat = S3_REPEATABLE
    };
    enum err e = s3_run(s3_of(store), a, &call, &result);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static struct str s3_accel_path(struct store *store, struct arena *a, struct str key)
{
    (void)store, (void)a, (void)key;
    return (struct str){ NULL, 0 };
}

static enum err s3_local_verify(struct store *store, struct arena *a, const struct store_local_request *request,
                                struct store_local_grant *ret_grant)
{
    (void)store, (void)a, (void)request, (void)ret_grant;
    return ERR_NOT_FOUND;
}

static enum err s3_local_receive(struct store *store, struct arena *a, const struct store_local_grant *grant,
                                 store_source_fn source, void *arg, struct str *ret_etag)
{
    (void)store, (void)a, (void)grant, (void)source, (void)arg, (void)ret_etag;
    return ERR_NOT_FOUND;
}

static const struct store_ops s3_ops = {
    .kind = "s3",
    .close = s3_close,
    .ping = s3_ping,
    .put = s3_put,
    .stat = s3_stat,
    .get = s3_get,
    .each = s3_each,
    .delete = s3_delete,
    .presign_get = s3_presign_get,
    .presign_put = s3_presign_put,
    .multipart_begin = s3_multipart_begin,
    .multipart_presign = s3_multipart_presign,
    .multipart_list = s3_multipart_list,
    .multipart_complete = s3_multipart_complete,
    .multipart_abort = s3_multipart_abort,
    .sweep = s3_sweep,
    .accel_path = s3_accel_path,
    .local_verify = s3_local_verify,
    .local_receive = s3_local_receive,
};

static enum err refuse(struct buf *ret_error_text, const char *line)
{
    buf_add_c(ret_error_text, line);
    return ERR_STORAGE;
}

/* Amazon S3 User Guide, "General purpose bucket naming rules", as far as they matter to a path or a host name. */
static bool bucket_name_is_good(struct str name)
{
    if (name.len < 3 || name.len > 63 || name.ptr[0] == '.' || name.ptr[0] == '-')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'))
            return false;
    }
    return true;
}

static enum err read_endpoints(struct s3 *s3, const struct config *config, struct buf *ret_error_text)
{
    enum tls default_tls = config->minio_secure ? TLS_ON : TLS_OFF;
    const char *outer = config->minio_public_endpoint[0] != '\0' ? config->minio_public_endpoint
                                                                 : config->minio_endpoint;
    enum err e = s3_endpoint_parse(config->minio_endpoint, default_tls, &s3->inner);
    if (e == ERR_INVALID)
        return refuse(ret_error_text, "MINIO_ENDPOINT must be host, host:port or http(s)://host:port");
    TRY(e);
    e = s3_endpoint_parse(outer, default_tls, &s3->outer);
    if (e == ERR_INVALID)
        return refuse(ret_error_text, "MINIO_PUBLIC_ENDPOINT must be host, host:port or http(s)://host:port");
    return e;
}

static enum err read_config(struct s3 *s3, const struct config *config, struct buf *ret_error_text)
{
    struct egress_opts opts;
    if (config->minio_access_key[0] == '\0' || config->minio_secret_key[0] == '\0')
        return refuse(ret_error_text, "MINIO_ENDPOINT needs MINIO_ACCESS_KEY and MINIO_SECRET_KEY");
    if (!bucket_name_is_good(str_from(config->minio_bucket_name)))
        return refuse(ret_error_text, "MINIO_BUCKET_NAME must be 3 to 63 of a-z, 0-9, '.' and '-'");
    TRY(read_endpoints(s3, config, ret_error_text));
    s3->addressing = config->minio_addressing;
    s3->access_key = strdup(config->minio_access_key);
    s3->secret_key = strdup(config->minio_secret_key);
    s3->region = strdup(config->minio_region);
    s3->bucket = strdup(config->minio_bucket_name);
    if (s3->access_key == NULL || s3->secret_key == NULL || s3->region == NULL || s3->bucket == NULL)
        return ERR_NO_MEMORY;
    s3->key = (struct sigv4_key){ str_from(s3->access_key), str_from(s3->secret_key), str_from(s3->region) };
    opts = (struct egress_opts){ .ca_file = config->minio_ca_file, .idle_max = EGRESS_IDLE_MAX };
    return egress_new(&opts, &s3->egress);
}

/* A server that is away now may come back; one that answers and refuses will not. */
static enum err first_look(struct s3 *s3, struct buf *ret_error_text)
{
    bool reached = false;
    struct arena *a = arena_new(MIB);
    enum err e;
    if (a == NULL)
        return ERR_NO_MEMORY;
    e = s3_bucket_ensure(s3, a, STORE_PING_MAX_MS, &reached);
    arena_free(a);
    if (e != ERR_STORAGE)
        return e;
    store_fault(&s3->base, ret_error_text);
    return reached ? ERR_STORAGE : ERR_OK;
}

enum err s3_new(const struct config *config, struct buf *ret_error_text, struct s3 **ret_s3)
{
    struct s3 *s3 = calloc(1, sizeof(*s3));
    enum err e;

    if (s3 == NULL)
        return ERR_NO_MEMORY;
    store_base_init(&s3->base, &s3_ops);
    s3->silent_max_s = EGRESS_SILENT_MAX_S;
    s3->hung_max_s = STORE_HUNG_MAX_S;
    e = read_config(s3, config, ret_error_text);
    if (e != ERR_OK) {
        s3_free(s3);
        return e;
    }
    *ret_s3 = s3;
    return ERR_OK;
}

void s3_free(struct s3 *s3)
{
    if (s3 != NULL)
        s3_close(&s3->base);
}

enum err s3_check(const struct config *config, struct buf *ret_error_text)
{
    struct s3 *s3;
    enum err e;

    TRY(s3_new(config, ret_error_text, &s3));
    e = s3_ping(&s3->base);
    store_fault(&s3->base, ret_error_text);
    s3_free(s3);
    return e;
}

enum err s3_open(const struct config *config, struct buf *ret_error_text, struct store **ret_store)
{
    struct s3 *s3;
    enum err e;

    TRY(s3_new(config, ret_error_text, &s3));
    e = first_look(s3, ret_error_text);
    if (e != ERR_OK) {
        s3_free(s3);
        return e;
    }
    *ret_store = &s3->base;
    return ERR_OK;
}
