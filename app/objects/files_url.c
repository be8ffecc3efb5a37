/*
 * Signed addresses of the folder store: PUBLIC_URL/objects/<key>?action=…&expires=…&…&signature=<64 hex digits>. The signature
 * is the MAC of the key and of the query before it, byte by byte, so nothing can be added, changed or put elsewhere.
 */
#include "files_private.h"

#include "parley/auth/digest.h"
#include "parley/auth/keys.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/percent.h"
#include "parley/core/secret.h"
#include "parley/objects/disposition.h"

#define SIGNATURE_PARAM "&signature="
enum { QUERY_MAX_BYTES = 8 * 1024, HEADER_TEXT_MAX_BYTES = 4096 };

static struct files *files_of(struct store *store)
{
    return (struct files *)store;
}

/* The first line keeps these MACs apart from whatever else the key is used for. */
static enum err sign(struct files *files, struct arena *a, struct str key, struct str query,
                     char ret_hex[SHA256_HEX_BYTES])
{
    uint8_t mac[SHA256_BYTES];
    char *text = arena_printf(a, "parley object address 1\n%.*s\n%.*s", STR_FMT(key), STR_FMT(query));
    if (text == NULL)
        return ERR_NO_MEMORY;
    keys_local_mac(files->keys, str_from(text), mac);
    digest_hex(mac, ret_hex);
    return ERR_OK;
}

/* Signs what stands in query and puts the whole address together. */
static enum err finish(struct files *files, struct arena *a, struct str key, struct buf *query, struct str *ret_url)
{
    char hex[SHA256_HEX_BYTES];
    enum err e = buf_check(query);
    char *url;
    if (e == ERR_OK)
        e = sign(files, a, key, buf_str(query), hex);
    url = e == ERR_OK ? arena_printf(a, "%s/objects/%.*s?%s" SIGNATURE_PARAM "%s", files->public_url, STR_FMT(key),
                                     query->ptr, hex)
                      : NULL;
    buf_release(query);
    if (e != ERR_OK || url == NULL)
        return ERR_NO_MEMORY;
    *ret_url = str_from(url);
    return ERR_OK;
}

static void add_text(struct buf *query, const char *name, struct str value)
{
    buf_addf(query, "&%s=", name);
    buf_add_percent(query, value, SLASH_ENCODE);
}

static void add_number(struct buf *query, const char *name, int64_t value)
{
    buf_addf(query, "&%s=", name);
    buf_add_int(query, value);
}

static void begin(struct buf *query, const char *action, int64_t now_us, int expires_s)
{
    buf_init(query, QUERY_MAX_BYTES);
    buf_addf(query, "action=%s", action);
    add_number(query, "expires", now_us / US_PER_S + expires_s);
}

enum err files_presign_get(struct store *store, struct arena *a, const struct store_download_opts *opts,
                           struct str *ret_url)
{
    struct buf query, disposition;
    enum err e;
    begin(&query, "get", opts->now_us, opts->expires_s);
    buf_init(&disposition, HEADER_TEXT_MAX_BYTES);
    disposition_add(&disposition, opts->disposition, opts->filename);
    add_text(&query, "disposition", buf_str(&disposition));
    add_text(&query, "type", opts->content_type);
    e = buf_check(&disposition);
    buf_release(&disposition);
    if (e == ERR_OK)
        return finish(files_of(store), a, opts->key, &query, ret_url);
    buf_release(&query);
    return e;
}

enum err files_presign_put(struct store *store, struct arena *a, const struct store_presign_put_opts *opts,
                           struct str *ret_url, struct store_header ret_headers[STORE_HEADERS_MAX],
                           size_t *ret_header_count)
{
    struct buf query;
    begin(&query, "put", opts->now_us, opts->expires_s);
    add_number(&query, "size", opts->size_bytes);
    if (opts->sha256 != NULL) {
        char hex[SHA256_HEX_BYTES];
        digest_hex(opts->sha256, hex);
        add_text(&query, "sha256", str_from(hex));
    }
    TRY(finish(files_of(store), a, opts->key, &query, ret_url));
    ret_headers[0] = (struct store_header){ STR("Content-Type"), opts->content_type };
    *ret_header_count = 1;
    return ERR_OK;
}

enum err files_multipart_presign(struct store *store, struct arena *a, const struct store_part_opts *opts,
                                 struct str *ret_url)
{
    struct buf query;
    begin(&query, "put", opts->now_us, opts->expires_s);
    add_number(&query, "size", opts->size_bytes);
    add_text(&query, "upload", opts->upload_id);
    add_number(&query, "part", opts->number);
    return finish(files_of(store), a, opts->key, &query, ret_url);
}

/* Cuts the signature off the end of a query. */
static bool split_signature(struct str query, struct str *ret_signed, struct str *ret_signature)
{
    size_t tail = sizeof(SIGNATURE_PARAM) - 1 + SHA256_HEX_BYTES - 1;
    struct str end;
    if (query.len <= tail)
        return false;
    end = str_tail(query, query.len - tail);
    if (!str_starts_with(end, STR(SIGNATURE_PARAM)))
        return false;
    *ret_signed = str_head(query, query.len - tail);
    *ret_signature = str_tail(end, sizeof(SIGNATURE_PARAM) - 1);
    return true;
}

/* Undoes buf_add_percent. */
static enum err decode(struct arena *a, struct str text, struct str *ret_text)
{
    const char *decoded = NULL;
    enum err e = percent_decode(a, text, PLUS_LITERAL, &decoded);

    if (e == ERR_OK)
        *ret_text = str_from(decoded);
    return e == ERR_INVALID ? ERR_FORBIDDEN : e;
}

struct reading {
    struct arena *arena;
    struct store_local_grant grant;
    struct str action;
    int64_t expires_s;
};

static enum err read_digest(struct reading *r, struct str hex)
{
    uint8_t *digest = arena_alloc(r->arena, SHA256_BYTES);
    if (digest == NULL)
        return ERR_NO_MEMORY;
    if (digest_hex_decode(hex, digest, SHA256_BYTES) != ERR_OK)
        return ERR_FORBIDDEN;
    r->grant.sha256 = digest;
    return ERR_OK;
}

static enum err read_number(struct str text, int64_t *ret_number)
{
    return str_to_int64(text, ret_number) == ERR_OK ? ERR_OK : ERR_FORBIDDEN;
}

static enum err read_part_number(struct reading *r, struct str text)
{
    int64_t number = 0;
    TRY(read_number(text, &number));
    if (number < 1 || number > UPLOAD_PARTS_MAX)
        return ERR_FORBIDDEN;
    r->grant.part_number = (int)number;
    return ERR_OK;
}

static enum err read_param(struct reading *r, struct str name, struct str value)
{
    if (str_eq_c(name, "action"))
        return decode(r->arena, value, &r->action);
    if (str_eq_c(name, "expires"))
        return read_number(value, &r->expires_s);
    if (str_eq_c(name, "size"))
        return read_number(value, &r->grant.size_bytes);
    if (str_eq_c(name, "sha256"))
        return read_digest(r, value);
    if (str_eq_c(name, "disposition"))
        return decode(r->arena, value, &r->grant.disposition);
    if (str_eq_c(name, "type"))
        return decode(r->arena, value, &r->grant.content_type);
    if (str_eq_c(name, "upload"))
        return decode(r->arena, value, &r->grant.upload_id);
    if (str_eq_c(name, "part"))
        return read_part_number(r, value);
    return ERR_FORBIDDEN;
}

static enum err read_query(struct reading *r, struct str query)
{
    struct str pair;
    while (str_split(&query, '&', &pair)) {
        size_t equals = str_index(pair, '=');
        if (equals == SIZE_MAX)
            return ERR_FORBIDDEN;
        TRY(read_param(r, str_head(pair, equals), str_tail(pair, equals + 1)));
    }
    return ERR_OK;
}

static enum err check_signature(struct files *files, struct arena *a, const struct store_local_request *request,
                                struct str *ret_signed)
{
    struct str signature;
    char hex[SHA256_HEX_BYTES];
    if (!store_key_is_good(request->path) || !split_signature(request->query, ret_signed, &signature))
        return ERR_FORBIDDEN;
    TRY(sign(files, a, request->path, *ret_signed, hex));
    return secret_eq(signature, str_from(hex)) ? ERR_OK : ERR_FORBIDDEN;
}

enum err files_local_verify(struct store *store, struct arena *a, const struct store_local_request *request,
                            struct store_local_grant *ret_grant)
{
    struct str query;
    struct reading r = { .arena = a, .grant = { .key = request->path } };
    TRY(check_signature(files_of(store), a, request, &query));
    TRY(read_query(&r, query));
    if (request->now_us >= r.expires_s * US_PER_S)
        return ERR_FORBIDDEN;
    if (!str_eq_c(r.action, request->action == STORE_LOCAL_PUT ? "put" : "get"))
        return ERR_FORBIDDEN;
    if (request->action == STORE_LOCAL_PUT && request->content_length != r.grant.size_bytes)
        return ERR_FORBIDDEN;
    *ret_grant = r.grant;
    ret_grant->expires_us = r.expires_s * US_PER_S;
    return ERR_OK;
}
