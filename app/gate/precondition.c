#include "parley/gate/precondition.h"

#include <inttypes.h>

#include "parley/core/siphash.h"

enum { TAG_MAX = 48 };

/*
 * The text between the quotes of the next entity tag of a list, strong or weak. ERR_NOT_FOUND: the list has ended.
 * ERR_BAD_REQUEST: this is no list of tags.
 */
static enum err tag_next(struct str *rest, struct str *ret_tag)
{
    size_t end;

    while (rest->len > 0 && strchr(" \t,", rest->ptr[0]) != NULL)
        *rest = str_tail(*rest, 1);
    if (rest->len == 0)
        return ERR_NOT_FOUND;
    if (str_starts_with(*rest, STR("W/")))
        *rest = str_tail(*rest, 2);
    if (!str_starts_with(*rest, STR("\"")))
        return ERR_BAD_REQUEST;
    *rest = str_tail(*rest, 1);
    end = str_index(*rest, '"');
    if (end == SIZE_MAX)
        return ERR_BAD_REQUEST;
    *ret_tag = str_head(*rest, end);
    *rest = str_tail(*rest, end + 1);
    return ERR_OK;
}

/* "v12-0123456789abcdef" → 12; 0 for what can be no tag of ours. */
static int64_t version_of(struct str tag)
{
    struct str head = str_head(tag, str_index(tag, '-'));
    int64_t version = 0;

    if (!str_starts_with(head, STR("v")) || str_to_int64(str_tail(head, 1), &version) != ERR_OK)
        return 0;
    return version > 0 ? version : 0;
}

static struct str if_match(const struct call *call)
{
    struct str header = str_trim(http_header(call->request, "If-Match"));

    return str_eq_c(header, "*") ? (struct str){ NULL, 0 } : header;
}

enum err precondition_check(struct ctx *ctx, const struct call *call, int64_t version)
{
    struct str rest = if_match(call);
    bool named = rest.len == 0;
    struct str tag;
    enum err e = ERR_NOT_FOUND;

    while (rest.len > 0 && (e = tag_next(&rest, &tag)) == ERR_OK)
        named = named || version_of(tag) == version;
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return failf(ctx, ERR_BAD_REQUEST, "If-Match is not a list of entity tags");
    return named ? ERR_OK : fail(ctx, ERR_PRECONDITION);
}

bool precondition_is_fresh(const struct call *call, struct str tag)
{
    struct str rest = str_trim(http_header(call->request, "If-None-Match"));
    struct str named;

    if (call->route->method != GET && call->route->method != HEAD)
        return false;
    if (str_eq_c(rest, "*"))
        return true;
    while (rest.len > 0 && tag_next(&rest, &named) == ERR_OK)
        if (str_eq(named, tag))
            return true;
    return false;
}

/* Nobody gains by making two bodies of one version collide, so every process can have the same key. */
static uint64_t body_hash(const struct reply *reply)
{
    static const struct siphash_key key;

    return siphash(&key, buf_str(&reply->body));
}

void precondition_reply(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    char tag[TAG_MAX];

    if (reply->version == 0)
        return;
    if (reply->way != REPLY_WHOLE) {
        /* Of a reply in pieces only the first is known yet: its tag serves If-Match, and If-None-Match never finds it fresh. */
        reply_header(reply, "ETag", arena_printf(ctx->arena, "\"v%" PRId64 "\"", reply->version));
        reply_header(reply, "Cache-Control", "private, no-cache");
        return;
    }
    snprintf(tag, sizeof(tag), "v%" PRId64 "-%016" PRIx64, reply->version, body_hash(reply));
    reply_header(reply, "ETag", arena_printf(ctx->arena, "\"%s\"", tag));
    reply_header(reply, "Cache-Control", "private, no-cache");
    if (!precondition_is_fresh(call, str_from(tag)))
        return;
    reply->status = 304;
    buf_clear(&reply->body);
}
