#include "parley/gate/page_reply.h"

#include "parley/core/limits.h"

/* The keys of row `index`. */
static struct page_position position_of(const struct page_source *source, const struct list *rows, size_t index)
{
    const char *row = (const char *)rows->items + index * source->row_bytes;
    struct page_position position = { .key_count = source->key_count };

    for (size_t i = 0; i < source->key_count; i++)
        memcpy(&position.keys[i], row + source->key_offsets[i], sizeof(position.keys[i]));
    return position;
}

/*
 * The rows of a page, as they are shown, and the position of its last one in page->after; one more row is asked for to see
 * whether there are more.
 */
static enum err rows_read(struct ctx *ctx, const struct call *call, const struct page_source *source, struct page *page,
                          struct list *ret_shown, bool *ret_more)
{
    struct page wanted = { page->limit + 1, page->after };
    struct list rows = { NULL, 0 };

    TRY(source->list(ctx, call, &wanted, &rows));
    *ret_more = (int64_t)rows.count > page->limit;
    if (*ret_more) {
        rows.count = (size_t)page->limit;
        page->after = position_of(source, &rows, rows.count - 1);
    }
    if (source->view != NULL)
        TRY(source->view(ctx, &rows));
    *ret_shown = rows;
    return ERR_OK;
}

enum err page_reply(struct ctx *ctx, const struct call *call, const struct page_source *source, struct reply *reply)
{
    struct page page;
    struct list shown;
    bool more;

    TRY(page_read(ctx, call, source->key_count, &page));
    TRY(rows_read(ctx, call, source, &page, &shown, &more));
    if (more)
        TRY(page_next(ctx, call, &page.after, reply));
    spec_encode_list(&reply->json, source->spec, shown.items, shown.count);
    return ERR_OK;
}

/* ---- all of it, unless a page was asked for ---- */

static enum err is_page_wanted(struct ctx *ctx, const struct call *call, bool *ret_wanted)
{
    const struct http_pair *pairs;
    size_t pair_count;

    TRY(http_query(call->request, ctx->arena, &pairs, &pair_count));
    *ret_wanted = false;
    for (size_t i = 0; i < pair_count && (call->route->flags & ROUTE_PAGED) != 0; i++)
        *ret_wanted = *ret_wanted || str_eq_c(pairs[i].name, "limit") || str_eq_c(pairs[i].name, "cursor");
    return ERR_OK;
}

/* Where a list in pieces stands. In the request arena. */
struct pieces {
    struct ctx *ctx;
    const struct call *call;
    const struct page_source *source;
    const struct page_object *object;
    struct page page;
};

/* Adds the rows of the next piece, and behind the last of them what ends it all. */
static enum err piece_write(struct pieces *pieces, struct reply *reply, bool *ret_more)
{
    const struct page_source *source = pieces->source;
    struct list shown;

    TRY(rows_read(pieces->ctx, pieces->call, source, &pieces->page, &shown, ret_more));
    spec_encode_items(&reply->json, source->spec, shown.items, shown.count);
    if (*ret_more)
        return ERR_OK;
    json_out_array_end(&reply->json);
    if (pieces->object != NULL)
        json_out_object_end(&reply->json);
    return ERR_OK;
}

static enum err piece_next(void *arg, struct arena *a, struct reply *reply, bool *ret_more)
{
    struct pieces *pieces = arg;
    struct arena *requests_own = pieces->ctx->arena;
    enum err e;

    pieces->ctx->arena = a;
    e = piece_write(pieces, reply, ret_more);
    pieces->ctx->arena = requests_own;
    return e;
}

enum err page_reply_all(struct ctx *ctx, const struct call *call, const struct page_source *source,
                        const struct page_object *object, struct reply *reply)
{
    struct pieces *pieces = arena_calloc(ctx->arena, 1, sizeof(*pieces));
    bool more, page_wanted;

    TRY(is_page_wanted(ctx, call, &page_wanted));
    if (page_wanted)
        return page_reply(ctx, call, source, reply);
    if (pieces == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *pieces =
        (struct pieces){ .ctx = ctx, .call = call, .source = source, .object = object, .page = { .limit = PAGE_MAX } };
    if (object != NULL)
        spec_encode_open(&reply->json, object->spec, object->data);
    else
        json_out_array(&reply->json);
    TRY(piece_write(pieces, reply, &more));
    if (more)
        reply_pieces(reply, (struct reply_source){ piece_next, pieces });
    return ERR_OK;
}
