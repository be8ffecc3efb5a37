#include "parley/gate/precondition.h"

struct tag {
    bool weak;
    struct str text; /* without the quotes */
};

/* The next entity tag of a list. ERR_NOT_FOUND: the list has ended. ERR_BAD_REQUEST: this is no list of tags. */
static enum err tag_next(struct str *rest, struct tag *ret_tag)
{
    size_t end;

    while (rest->len > 0 && strchr(" \t,", rest->ptr[0]) != NULL)
        *rest = str_tail(*rest, 1);
    if (rest->len == 0)
        return ERR_NOT_FOUND;
    ret_tag->weak = str_starts_with(*rest, STR("W/"));
    if (ret_tag->weak)
        *rest = str_tail(*rest, 2);
    if (!str_starts_with(*rest, STR("\"")))
        return ERR_BAD_REQUEST;
    *rest = str_tail(*rest, 1);
    end = str_index(*rest, '"');
    if (end == SIZE_MAX)
        return ERR_BAD_REQUEST;
    ret_tag->text = str_head(*rest, end);
    *rest = str_tail(*rest, end + 1);
    return ERR_OK;
}

/* "v12" → 12; 0 for what can be no version of ours. */
static int64_t version_of(struct tag tag)
{
    int64_t version = 0;

    if (!str_starts_with(tag.text, STR("v")) || str_to_int64(str_tail(tag.text, 1), &version) != ERR_OK)
        return 0;
    return version > 0 ? version : 0;
}

/* RFC 9110 §8.8.3.2 */
enum comparison { COMPARE_STRONG, COMPARE_WEAK };

/* Does the list name the version? */
static enum err list_names(struct str list, int64_t version, enum comparison comparison, bool *ret_named)
{
    struct str rest = list;
    struct tag tag;
    enum err e;

    *ret_named = false;
    while ((e = tag_next(&rest, &tag)) == ERR_OK)
        if (version_of(tag) == version && (!tag.weak || comparison == COMPARE_WEAK))
            *ret_named = true;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static struct str if_match(const struct call *call)
{
    struct str header = str_trim(http_header(call->request, "If-Match"));

    return str_eq_c(header, "*") ? (struct str){ NULL, 0 } : header;
}

static enum err malformed(struct ctx *ctx)
{
    return failf(ctx, ERR_BAD_REQUEST, "If-Match is not a list of entity tags");
}

enum err precondition_check(struct ctx *ctx, const struct call *call, int64_t version)
{
    struct str header = if_match(call);
    bool named;

    if (header.len == 0)
        return ERR_OK;
    if (list_names(header, version, COMPARE_STRONG, &named) != ERR_OK)
        return malformed(ctx);
    return named ? ERR_OK : fail(ctx, ERR_PRECONDITION);
}

enum err precondition_version(struct ctx *ctx, const struct call *call, int64_t *ret_version)
{
    struct str rest = if_match(call);
    struct tag first, second;
    enum err e;

    *ret_version = 0;
    if (rest.len == 0)
        return ERR_OK;
    if (tag_next(&rest, &first) != ERR_OK)
        return malformed(ctx);
    e = tag_next(&rest, &second);
    if (e != ERR_NOT_FOUND)
        return e == ERR_OK ? ERR_OK : malformed(ctx);
    if (first.weak || version_of(first) == 0)
        return fail(ctx, ERR_PRECONDITION);
    *ret_version = version_of(first);
    return ERR_OK;
}

enum freshness precondition_reply(struct ctx *ctx, const struct call *call, int64_t version, struct reply *reply)
{
    struct str header = str_trim(http_header(call->request, "If-None-Match"));
    bool named = false;

    reply_header(reply, "ETag", arena_printf(ctx->arena, "\"v%lld\"", (long long)version));
    reply_header(reply, "Cache-Control", "private, no-cache");
    if (header.len == 0 || (call->route->method != GET && call->route->method != HEAD))
        return FRESHNESS_SEND;
    if (!str_eq_c(header, "*") && (list_names(header, version, COMPARE_WEAK, &named) != ERR_OK || !named))
        return FRESHNESS_SEND;
    reply->status = 304;
    return FRESHNESS_NOT_MODIFIED;
}
