#include "presence_tell.h"

#include <stdlib.h>

#include "parley/core/limits.h"
#include "parley/live/hub.h"
#include "presence_state.h"

static const char *const status_names[] = {
    [PRESENCE_ONLINE] = "online", [PRESENCE_AWAY] = "away", [PRESENCE_OFFLINE] = "offline"
};

enum { HEAD_MAX_BYTES = 256, USER_MAX_BYTES = 96 };

/* A user in one of their workspaces. */
struct place {
    int64_t workspace_id, user_id;
    struct uuid workspace, user;
    enum presence_status status;
};

static enum err place_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct place *place = list_add(ctx->arena, arg, sizeof(*place));

    if (place == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *place = (struct place){ .workspace_id = db_row_int(row, PRESENCE_PLACES_WORKSPACE_ID),
                             .user_id = db_row_int(row, PRESENCE_PLACES_USER_ID),
                             .workspace = db_row_uuid(row, PRESENCE_PLACES_WORKSPACE_UUID),
                             .user = db_row_uuid(row, PRESENCE_PLACES_USER_UUID) };
    return ERR_OK;
}

/* The places of some users, at the end of the list. */
static enum err batch_load(struct ctx *ctx, struct presence_roll *roll, const int64_t *ids, size_t count,
                           struct list *list)
{
    struct presence_state states[PRESENCE_BATCH];
    struct presence_args args;
    size_t before = list->count;
    struct place *places;

    TRY(presence_states_load(ctx, ids, count, states));
    TRY(db_each(ctx, SQL_PRESENCE_PLACES, presence_args_fill(&args, NULL, 0, ids, count), place_add, list));
    places = list->items;
    for (size_t i = 0; i < count; i++) {
        (void)presence_roll_note(roll, ids[i], states[i].active_us, ctx->now_us);
        for (size_t p = before; p < list->count; p++)
            if (places[p].user_id == ids[i])
                places[p].status = presence_state_status(&states[i], ctx->now_us);
    }
    return ERR_OK;
}

static int by_workspace(const void *left, const void *right)
{
    const struct place *a = left, *b = right;

    if (a->workspace_id != b->workspace_id)
        return a->workspace_id < b->workspace_id ? -1 : 1;
    return (a->user_id > b->user_id) - (a->user_id < b->user_id);
}

static void event_write(const struct place *places, size_t count, struct buf *out)
{
    char id[UUID_TEXT_BYTES];

    uuid_format(&places->workspace, id);
    buf_addf(out, "event: presence\ndata: {\"workspace_id\":\"%s\",\"users\":[", id);
    for (size_t i = 0; i < count; i++) {
        uuid_format(&places[i].user, id);
        buf_addf(out, "%s{\"user_id\":\"%s\",\"status\":\"%s\"}", i > 0 ? "," : "", id, status_names[places[i].status]);
    }
    buf_add_c(out, "]}\n");
}

/* One workspace's. Somebody who is alone there knows it. */
static enum err workspace_tell(struct ctx *ctx, const struct place *places, size_t count, int64_t *told_count)
{
    const struct live_event event = { .audience = LIVE_TO_WORKSPACE, .workspace_id = places->workspace_id };
    int64_t member_count = 0;
    struct buf text;
    enum err e;

    TRY(db_number(ctx, SQL_PRESENCE_AUDIENCE, DB_ARGS(DB_INT(places->workspace_id), DB_INT(PRESENCE_MEMBERS_MAX + 1)),
                  &member_count));
    if (member_count < 2 || member_count > PRESENCE_MEMBERS_MAX)
        return ERR_OK;
    buf_init(&text, HEAD_MAX_BYTES + count * USER_MAX_BYTES);
    event_write(places, count, &text);
    e = buf_check(&text);
    if (e == ERR_OK) {
        hub_signal(ctx->app->hub, &event, buf_str(&text));
        (*told_count)++;
    }
    buf_release(&text);
    return e;
}

enum err presence_tell(struct ctx *ctx, struct presence_roll *roll, const int64_t *user_ids, size_t count,
                       int64_t *ret_count)
{
    struct list list = { NULL, 0 };
    const struct place *places;

    *ret_count = 0;
    for (size_t done = 0; done < count; done += PRESENCE_BATCH) {
        size_t left = count - done;

        TRY(batch_load(ctx, roll, user_ids + done, left < PRESENCE_BATCH ? left : PRESENCE_BATCH, &list));
    }
    if (list.count == 0)
        return ERR_OK;
    qsort(list.items, list.count, sizeof(struct place), by_workspace);
    places = list.items;
    for (size_t first = 0, end; first < list.count; first = end) {
        for (end = first + 1; end < list.count && places[end].workspace_id == places[first].workspace_id; end++)
            ;
        TRY(workspace_tell(ctx, &places[first], end - first, ret_count));
    }
    return ERR_OK;
}
