#include "parley/objects/sigv4.h"

#include <assert.h>

#include "parley/auth/digest.h"
#include "parley/core/buf.h"
#include "parley/core/clock.h"
#include "parley/core/secret.h"

enum { PRESIGN_PAIRS = 5, SIGNED_TEXT_MAX_BYTES = 64 * 1024 };

/* Bytes of an unsigned comparison, as S3 sorts: by name, then by value. */
static int str_compare(struct str a, struct str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common > 0 ? memcmp(a.ptr, b.ptr, common) : 0;
    if (order != 0)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

static int pair_compare(const void *left, const void *right)
{
    const struct sigv4_pair *a = left, *b = right;
    int order = str_compare(a->name, b->name);
    return order != 0 ? order : str_compare(a->value, b->value);
}

/* A sorted copy, with room for more pairs behind. */
static struct sigv4_pair *pairs_sorted(struct arena *a, const struct sigv4_pair *pairs, size_t count)
{
    struct sigv4_pair *copy;
    assert(count <= SIGV4_PAIRS_MAX);
    copy = arena_calloc(a, count + 1, sizeof(*copy));
    if (copy == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        copy[i] = pairs[i];
    qsort(copy, count, sizeof(*copy), pair_compare);
    return copy;
}

static enum err buf_to_arena(struct arena *a, struct buf *b, struct str *ret_text)
{
    enum err e = buf_check(b);
    struct str text = { NULL, 0 };
    if (e == ERR_OK)
        text = arena_str(a, buf_str(b));
    buf_release(b);
    if (text.ptr == NULL)
        return ERR_NO_MEMORY;
    *ret_text = text;
    return ERR_OK;
}

enum err sigv4_query(struct arena *a, const struct sigv4_pair *query, size_t count, struct str *ret_query)
{
    struct sigv4_pair *sorted = pairs_sorted(a, query, count);
    struct buf out;
    if (sorted == NULL)
        return ERR_NO_MEMORY;
    buf_init(&out, SIGNED_TEXT_MAX_BYTES);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_byte(&out, '&');
        buf_add_percent(&out, sorted[i].name, SLASH_ENCODE);
        buf_add_byte(&out, '=');
        buf_add_percent(&out, sorted[i].value, SLASH_ENCODE);
    }
    return buf_to_arena(a, &out, ret_query);
}

enum err sigv4_path(struct arena *a, struct str path, struct str *ret_path)
{
    struct buf out;
    buf_init(&out, SIGNED_TEXT_MAX_BYTES);
    buf_add_percent(&out, path, SLASH_KEEP);
    return buf_to_arena(a, &out, ret_path);
}

static void add_names(struct buf *out, const struct sigv4_pair *headers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_byte(out, ';');
        buf_add(out, headers[i].name);
    }
}

/* Method, path, query, headers, their names, payload; a line each. */
static enum err add_canonical(struct arena *a, struct buf *out, const struct sigv4_request *request,
                              const struct sigv4_pair *headers)
{
    struct str path, query;
    TRY(sigv4_path(a, request->path, &path));
    TRY(sigv4_query(a, request->query, request->query_count, &query));
    buf_addf(out, "%s\n", request->method);
    buf_add(out, path);
    buf_add_byte(out, '\n');
    buf_add(out, query);
    buf_add_byte(out, '\n');
    for (size_t i = 0; i < request->header_count; i++) {
        buf_add(out, headers[i].name);
        buf_add_byte(out, ':');
        buf_add(out, headers[i].value);
        buf_add_byte(out, '\n');
    }
    buf_add_byte(out, '\n');
    add_names(out, headers, request->header_count);
    buf_add_byte(out, '\n');
    buf_add_c(out, request->payload);
    return ERR_OK;
}

static struct str bytes_str(const uint8_t bytes[SHA256_BYTES])
{
    return (struct str){ (const char *)bytes, SHA256_BYTES };
}

/* The key of one day, region and service, from the secret key. */
static enum err derive_key(struct arena *a, const struct sigv4_key *key, struct str day, uint8_t ret_key[SHA256_BYTES])
{
    char *secret = arena_printf(a, "AWS4%.*s", STR_FMT(key->secret_key));
    uint8_t of_day[SHA256_BYTES], of_region[SHA256_BYTES], of_service[SHA256_BYTES];
    if (secret == NULL)
        return ERR_NO_MEMORY;
    digest_hmac(str_from(secret), day, of_day);
    secret_wipe(secret, strlen(secret));
    digest_hmac(bytes_str(of_day), key->region, of_region);
    digest_hmac(bytes_str(of_region), STR("s3"), of_service);
    digest_hmac(bytes_str(of_service), STR("aws4_request"), ret_key);
    return ERR_OK;
}

static char *scope_of(struct arena *a, const struct sigv4_key *key, int64_t now_us)
{
    char day[CLOCK_TEXT_BYTES];
    clock_format_day(now_us, day);
    return arena_printf(a, "%s/%.*s/s3/aws4_request", day, STR_FMT(key->region));
}

static enum err sign(struct arena *a, const struct sigv4_key *key, const char *scope, struct str canonical,
                     int64_t now_us, char ret_hex[SHA256_HEX_BYTES])
{
    char stamp[CLOCK_TEXT_BYTES], day[CLOCK_TEXT_BYTES], canonical_hex[SHA256_HEX_BYTES];
    uint8_t digest[SHA256_BYTES], day_key[SHA256_BYTES];
    char *text;
    clock_format_basic(now_us, stamp);
    clock_format_day(now_us, day);
    digest_sha256(canonical, digest);
    digest_hex(digest, canonical_hex);
    TRY(derive_key(a, key, str_from(day), day_key));
    text = arena_printf(a, "AWS4-HMAC-SHA256\n%s\n%s\n%s", stamp, scope, canonical_hex);
    if (text == NULL)
        return ERR_NO_MEMORY;
    digest_hmac(bytes_str(day_key), str_from(text), digest);
    digest_hex(digest, ret_hex);
    return ERR_OK;
}

static enum err sign_request(struct arena *a, const struct sigv4_key *key, const char *scope,
                             const struct sigv4_request *request, const struct sigv4_pair *headers,
                             char ret_hex[SHA256_HEX_BYTES])
{
    struct buf canonical;
    enum err e;
    buf_init(&canonical, SIGNED_TEXT_MAX_BYTES);
    e = add_canonical(a, &canonical, request, headers);
    if (e == ERR_OK)
        e = buf_check(&canonical);
    if (e == ERR_OK)
        e = sign(a, key, scope, buf_str(&canonical), request->now_us, ret_hex);
    buf_release(&canonical);
    return e;
}

enum err sigv4_authorize(struct arena *a, const struct sigv4_key *key, const struct sigv4_request *request,
                         struct str *ret_value)
{
    struct sigv4_pair *headers = pairs_sorted(a, request->headers, request->header_count);
    char *scope = scope_of(a, key, request->now_us);
    char signature[SHA256_HEX_BYTES];
    struct buf out;
    if (headers == NULL || scope == NULL)
        return ERR_NO_MEMORY;
    TRY(sign_request(a, key, scope, request, headers, signature));
    buf_init(&out, SIGNED_TEXT_MAX_BYTES);
    buf_addf(&out, "AWS4-HMAC-SHA256 Credential=%.*s/%s,SignedHeaders=", STR_FMT(key->access_key), scope);
    add_names(&out, headers, request->header_count);
    buf_addf(&out, ",Signature=%s", signature);
    return buf_to_arena(a, &out, ret_value);
}

/* The X-Amz-* parameters of a presigned address, without the signature. */
static enum err presign_pairs(struct arena *a, const struct sigv4_key *key, const struct sigv4_request *request,
                              int expires_s, struct sigv4_pair ret_pairs[PRESIGN_PAIRS])
{
    struct sigv4_pair *headers = pairs_sorted(a, request->headers, request->header_count);
    char *scope = scope_of(a, key, request->now_us);
    struct buf names;
    struct str signed_headers;
    char stamp[CLOCK_TEXT_BYTES];
    if (headers == NULL || scope == NULL)
        return ERR_NO_MEMORY;
    buf_init(&names, SIGNED_TEXT_MAX_BYTES);
    add_names(&names, headers, request->header_count);
    TRY(buf_to_arena(a, &names, &signed_headers));
    clock_format_basic(request->now_us, stamp);
    memcpy(ret_pairs,
           (struct sigv4_pair[PRESIGN_PAIRS]){
               { STR("X-Amz-Algorithm"), STR("AWS4-HMAC-SHA256") },
               { STR("X-Amz-Credential"), str_from(arena_printf(a, "%.*s/%s", STR_FMT(key->access_key), scope)) },
               { STR("X-Amz-Date"), arena_str(a, str_from(stamp)) },
               { STR("X-Amz-Expires"), str_from(arena_printf(a, "%d", expires_s)) },
               { STR("X-Amz-SignedHeaders"), signed_headers },
           },
           PRESIGN_PAIRS * sizeof(*ret_pairs));
    return arena_check(a);
}

enum err sigv4_presign(struct arena *a, const struct sigv4_key *key, const struct sigv4_request *request, int expires_s,
                       struct str *ret_query)
{
    struct sigv4_pair query[SIGV4_PAIRS_MAX];
    struct sigv4_request whole;
    struct sigv4_pair *headers;
    char *scope;
    char signature[SHA256_HEX_BYTES];
    struct str text;
    char *result;
    assert(request->query_count + PRESIGN_PAIRS <= SIGV4_PAIRS_MAX);
    TRY(presign_pairs(a, key, request, expires_s, query));
    for (size_t i = 0; i < request->query_count; i++)
        query[PRESIGN_PAIRS + i] = request->query[i];
    whole = *request;
    whole.query = query;
    whole.query_count = PRESIGN_PAIRS + request->query_count;
    whole.payload = SIGV4_UNSIGNED;
    headers = pairs_sorted(a, request->headers, request->header_count);
    scope = scope_of(a, key, request->now_us);
    if (headers == NULL || scope == NULL)
        return ERR_NO_MEMORY;
    TRY(sign_request(a, key, scope, &whole, headers, signature));
    TRY(sigv4_query(a, whole.query, whole.query_count, &text));
    result = arena_printf(a, "%.*s&X-Amz-Signature=%s", STR_FMT(text), signature);
    if (result == NULL)
        return ERR_NO_MEMORY;
    *ret_query = str_from(result);
    return ERR_OK;
}
