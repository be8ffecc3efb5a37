#include "parley/domain/talk/search.h"

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/domain/talk/message_batch.h"
#include "search_walk.h"

struct searching {
    struct search_run run;
    struct list workspaces; /* int64_t */
    struct list found;      /* struct search_found of all workspaces, newest first, limit + 1 at most */
    int64_t reached_id;     /* what is below has not been looked at everywhere */
    struct search_page page;
};

/* ---- where ---- */

static enum err workspace_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct searching *searching = arg;
    const struct principal *principal = searching->run.opts->principal;
    const struct uuid workspace = db_row_uuid(row, SEARCH_WORKSPACES_UUID);
    int64_t *id;

    if (!principal_may_enter(principal, &workspace) ||
        (db_row_int(row, SEARCH_WORKSPACES_REQUIRE_2FA) != 0 && !principal->twofa_enabled))
        return ERR_OK;
    id = list_add(ctx->arena, &searching->workspaces, sizeof(*id));
    if (id == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *id = db_row_int(row, SEARCH_WORKSPACES_ID);
    return ERR_OK;
}

static enum err workspaces_load(struct ctx *ctx, struct searching *searching)
{
    const struct search_opts *opts = searching->run.opts;
    int64_t *id;

    if (opts->workspace == NULL)
        return db_each(ctx, SQL_SEARCH_WORKSPACES, DB_ARGS(DB_INT(opts->principal->user_id)), workspace_add, searching);
    id = list_add(ctx->arena, &searching->workspaces, sizeof(*id));
    if (id == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *id = opts->workspace->workspace_id;
    return ERR_OK;
}

/* ---- all of them as one ---- */

/* Both are newest first, and so is what comes out: limit + 1 at most. */
static enum err found_merge(struct ctx *ctx, struct searching *searching, const struct list *more)
{
    const struct search_found *a = searching->found.items, *b = more->items;
    size_t a_left = searching->found.count, b_left = more->count;
    struct list merged = { NULL, 0 };

    while (a_left + b_left > 0 && (int64_t)merged.count <= searching->run.opts->limit) {
        struct search_found *added = list_add(ctx->arena, &merged, sizeof(*added));

        if (added == NULL)
            return fail(ctx, ERR_NO_MEMORY);
        if (b_left == 0 || (a_left > 0 && a->id > b->id)) {
            *added = *a++;
            a_left--;
        } else {
            *added = *b++;
            b_left--;
        }
    }
    searching->found = merged;
    return ERR_OK;
}

/* Once the page is full only newer ones are of use. */
static int64_t stop_id(const struct searching *searching)
{
    const struct search_found *found = searching->found.items;
    size_t limit = (size_t)searching->run.opts->limit;

    return searching->found.count > limit ? found[limit].id : 0;
}

static enum err workspaces_walk(struct ctx *ctx, struct searching *searching)
{
    const int64_t *ids = searching->workspaces.items;

    for (size_t i = 0; i < searching->workspaces.count; i++) {
        struct list more = { NULL, 0 };
        int64_t reached_id;

        TRY(search_walk(ctx, &searching->run, ids[i], stop_id(searching), &more, &reached_id));
        TRY(found_merge(ctx, searching, &more));
        if (reached_id > searching->reached_id)
            searching->reached_id = reached_id;
    }
    return ERR_OK;
}

/* ---- the page ---- */

/* What is older than a place up to which one workspace was not looked through comes on the next page. */
static void page_cut(struct searching *searching)
{
    const struct search_found *found = searching->found.items;
    struct search_page *page = &searching->page;
    size_t limit = (size_t)searching->run.opts->limit;
    size_t count = 0;

    while (count < searching->found.count && found[count].id >= searching->reached_id)
        count++;
    page->partial = searching->run.shortened;
    if (count > limit) {
        count = limit;
        page->next_id = found[count - 1].id;
    } else if (searching->reached_id > 0) {
        page->partial = true;
        page->next_id = searching->reached_id;
    }
    searching->found.count = count;
}

static const struct message *message_of(const struct list *messages, const struct search_found *found)
{
    const struct message *items = messages->items;

    for (size_t i = 0; i < messages->count; i++)
        if (items[i].id == found->id && items[i].version == found->version && items[i].deleted_us == 0)
            return &items[i];
    return NULL;
}

/* One that has changed since it was proved is left out. */
static enum err hits_add(struct ctx *ctx, struct searching *searching, const struct search_found *found, size_t count)
{
    struct list *hits = &searching->page.hits;
    struct uuid ids[EVENT_BATCH_MAX];
    struct list messages;

    for (size_t i = 0; i < count; i++)
        ids[i] = found[i].uuid;
    TRY(message_batch_load(ctx, searching->run.opts->principal->user_id, ids, count, &messages));
    for (size_t i = 0; i < count; i++) {
        const struct message *message = message_of(&messages, &found[i]);
        struct search_hit *hit = message == NULL ? NULL : list_add(ctx->arena, hits, sizeof(*hit));

        if (message == NULL)
            continue;
        if (hit == NULL)
            return fail(ctx, ERR_NO_MEMORY);
        *hit = (struct search_hit){ .message = *message,
                                    .workspace = found[i].workspace,
                                    .chat_title = found[i].chat_title,
                                    .highlights = found[i].highlights };
        if (found[i].content.ptr != NULL)
            hit->message.content = found[i].content;
    }
    return ERR_OK;
}

static enum err page_load(struct ctx *ctx, struct searching *searching)
{
    const struct search_found *found = searching->found.items;

    for (size_t at = 0; at < searching->found.count; at += EVENT_BATCH_MAX) {
        size_t left = searching->found.count - at;

        TRY(hits_add(ctx, searching, found + at, left < EVENT_BATCH_MAX ? left : EVENT_BATCH_MAX));
    }
    return ERR_OK;
}

static enum err search_read(struct ctx *ctx, void *arg)
{
    struct searching *searching = arg;

    TRY(workspaces_load(ctx, searching));
    TRY(workspaces_walk(ctx, searching));
    page_cut(searching);
    return page_load(ctx, searching);
}

enum err search(struct ctx *ctx, const struct search_opts *opts, struct search_page *ret_page)
{
    struct searching searching = { .run = { .opts = opts,
                                            .until_us = clock_monotonic_us() + SEARCH_MAX_MS * US_PER_MS,
                                            .rows_left = SEARCH_ROWS_MAX } };

    TRY(db_read(ctx, search_read, &searching));
    *ret_page = searching.page;
    return ERR_OK;
}
