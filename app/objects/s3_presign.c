/* Addresses for clients: what they may do is in the signature. */
#include "s3_private.h"

#include "parley/auth/digest.h"
#include "parley/objects/disposition.h"

enum { HEADER_TEXT_MAX_BYTES = 4096, BASE64_SHA256_BYTES = 48 };

/* Adds the host to what is signed. */
static enum err presign(struct s3 *s3, struct arena *a, struct str key, const struct sigv4_request *asked,
                        int expires_s, struct str *ret_url)
{
    struct s3_place place;
    struct str path, query;
    struct sigv4_pair headers[SIGV4_PAIRS_MAX];
    struct sigv4_request request;
    char *url;
    TRY(s3_place(s3, a, &s3->outer, key, &place));
    headers[0] = (struct sigv4_pair){ STR("host"), place.host };
    for (size_t i = 0; i < asked->header_count; i++)
        headers[1 + i] = asked->headers[i];
    request = *asked;
    request.headers = headers;
    request.header_count++;
    request.path = place.path;
    TRY(sigv4_presign(a, &s3->key, &request, expires_s, &query));
    TRY(sigv4_path(a, place.path, &path));
    url = arena_printf(a, "%s://%.*s%.*s?%.*s", s3->outer.scheme, STR_FMT(place.host), STR_FMT(path), STR_FMT(query));
    if (url == NULL)
        return ERR_NO_MEMORY;
    *ret_url = str_from(url);
    return ERR_OK;
}

static enum err disposition_text(struct arena *a, const struct store_download_opts *opts, struct str *ret_text)
{
    struct buf text;
    enum err e;
    buf_init(&text, HEADER_TEXT_MAX_BYTES);
    disposition_add(&text, opts->disposition, opts->filename);
    *ret_text = arena_str(a, buf_str(&text));
    e = buf_check(&text);
    buf_release(&text);
    return e == ERR_OK && ret_text->ptr != NULL ? ERR_OK : ERR_NO_MEMORY;
}

enum err s3_presign_get(struct store *store, struct arena *a, const struct store_download_opts *opts,
                        struct str *ret_url)
{
    struct sigv4_pair query[] = {
        { STR("response-content-disposition"), { NULL, 0 } },
        { STR("response-content-type"), opts->content_type },
        { STR("response-cache-control"), STR("private, no-store") },
    };
    struct sigv4_request request = {
        .method = "GET", .query = query, .query_count = COUNT_OF(query), .now_us = opts->now_us
    };
    TRY(disposition_text(a, opts, &query[0].value));
    return presign((struct s3 *)store, a, opts->key, &request, opts->expires_s, ret_url);
}

static struct str sha256_base64(struct arena *a, const uint8_t sha256[SHA256_BYTES])
{
    struct buf text;
    struct str result;
    buf_init(&text, BASE64_SHA256_BYTES);
    digest_base64(&text, sha256, SHA256_BYTES);
    result = arena_str(a, buf_str(&text));
    buf_release(&text);
    return result;
}

enum err s3_presign_put(struct store *store, struct arena *a, const struct store_presign_put_opts *opts,
                        struct str *ret_url, struct store_header ret_headers[STORE_HEADERS_MAX],
                        size_t *ret_header_count)
{
    struct sigv4_pair headers[3] = {
        { STR("content-length"), str_from(arena_printf(a, "%lld", (long long)opts->size_bytes)) },
        { STR("content-type"), opts->content_type },
    };
    struct sigv4_request request = { .method = "PUT", .headers = headers, .header_count = 2, .now_us = opts->now_us };
    struct store_header sent[2] = { { STR("Content-Type"), opts->content_type } };
    size_t sent_count = 1;
    if (opts->sha256 != NULL) {
        headers[2] = (struct sigv4_pair){ STR("x-amz-checksum-sha256"), sha256_base64(a, opts->sha256) };
        sent[sent_count++] = (struct store_header){ headers[2].name, headers[2].value };
        request.header_count = 3;
    }
    TRY(arena_check(a));
    TRY(presign((struct s3 *)store, a, opts->key, &request, opts->expires_s, ret_url));
    memcpy(ret_headers, sent, sizeof(sent));
    *ret_header_count = sent_count;
    return ERR_OK;
}

enum err s3_multipart_presign(struct store *store, struct arena *a, const struct store_part_opts *opts,
                              struct str *ret_url)
{
    struct sigv4_pair query[] = {
        { STR("partNumber"), str_from(arena_printf(a, "%d", opts->number)) },
        { STR("uploadId"), opts->upload_id },
    };
    struct sigv4_pair headers[] = {
        { STR("content-length"), str_from(arena_printf(a, "%lld", (long long)opts->size_bytes)) },
    };
    struct sigv4_request request = { .method = "PUT",
                                     .query = query,
                                     .query_count = COUNT_OF(query),
                                     .headers = headers,
                                     .header_count = COUNT_OF(headers),
                                     .now_us = opts->now_us };
    TRY(arena_check(a));
    return presign((struct s3 *)store, a, opts->key, &request, opts->expires_s, ret_url);
}
