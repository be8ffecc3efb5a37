#include "parley/domain/events/stream.h"

#include <inttypes.h>
#include <stdlib.h>

#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/events/event_position.h"
#include "parley/domain/events/event_replay.h"
#include "parley/domain/events/stream_rights.h"

/* ---- a place among the streams ---- */

static void leave(void *permit)
{
    hub_leave(permit);
}

static enum err enter(struct ctx *ctx, const struct stream_request *request, struct stream_opening *opening)
{
    enum err e;

    opening->permit = arena_calloc(ctx->arena, 1, sizeof(*opening->permit));
    if (opening->permit == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    if (ctx->app->hub == NULL)
        return fail(ctx, ERR_UNAVAILABLE);
    e = hub_admit(ctx->app->hub, request->principal->user_id, ctx->ip, opening->permit);
    if (e != ERR_OK) {
        ctx->problem->retry_after_s = STREAM_RETRY_AFTER_S;
        return fail(ctx, e);
    }
    TRY(arena_defer(ctx->arena, leave, opening->permit));
    hub_where(ctx->app->hub, &opening->place);
    opening->told = opening->place.position;
    return ERR_OK;
}

/* ---- rights ---- */

static enum err focus_find(struct ctx *ctx, const struct stream_request *request, struct stream_rights *rights)
{
    for (size_t i = 0; i < request->focus_count; i++) {
        enum err e = db_number(ctx, SQL_STREAM_FOCUS,
                               DB_ARGS(DB_INT(request->principal->user_id), DB_UUID(&request->focus[i])),
                               &rights->focus[i]);

        if (e == ERR_NOT_FOUND)
            return fail(ctx, ERR_CHAT_NOT_FOUND);
        TRY(e);
    }
    return ERR_OK;
}

/* What the hub would end the stream for, as a refusal. */
static enum err refusal_of(const struct stream_request *request, enum stream_end end)
{
    if (end == STREAM_END_SESSION || end == STREAM_END_EXPIRED)
        return request->principal->key_id != 0 ? ERR_KEY : ERR_TOKEN;
    if (request->scope == STREAM_OF_USER)
        return ERR_KEY;
    return request->scope == STREAM_OF_CHAT && end == STREAM_END_DELETED ? ERR_CHAT_NOT_FOUND : ERR_WORKSPACE_NOT_FOUND;
}

/* Behind hub_where: what is taken away later is an event that the hub will see. */
static enum err rights_look(struct ctx *ctx, const struct stream_request *request, struct stream_opening *opening)
{
    struct stream_check check = { .rights = opening->rights };
    struct stream_check *const checks[] = { &check };
    enum err e = stream_rights_look(ctx, checks, COUNT_OF(checks));

    if (check.workspaces != NULL)
        TRY(arena_defer(ctx->arena, free, check.workspaces));
    TRY(e);
    if (check.end != STREAM_GOES_ON)
        return fail(ctx, refusal_of(request, check.end));
    opening->until_us = check.until_us;
    opening->workspaces = check.workspaces;
    opening->leaves_out = check.leaves_out;
    return ERR_OK;
}

/* ---- what was missed ---- */

static void sync_write(const struct hub_place *place, struct buf *out)
{
    buf_addf(out, "event: sync\ndata: {\"why\":\"missed\"}\nid: %s-%" PRId64 "\n\n", place->epoch, place->position);
}

/* Little, not long ago, and all of it still for whom it was: the hub tells it from its memory. */
static bool is_in_hub(const struct ctx *ctx, const struct event_position *last, const struct hub_place *place)
{
    return strcmp(last->epoch, place->epoch) == 0 && last->number <= place->position &&
           hub_still_has(ctx->app->hub, place, last->number);
}

static enum err replay(struct ctx *ctx, const struct stream_request *request, struct stream_opening *opening,
                       struct event_replay *ret_replay)
{
    const struct event_replay_opts opts = {
        .user_id = request->principal->user_id,
        .workspace_id = opening->rights.workspace_id,
        .chat_id = opening->rights.chat_id,
        .after = request->last_event_id,
        .upto = opening->place.position,
        .content = request->content,
    };

    return event_replay(ctx, &opts, ret_replay);
}

static enum err missed_tell(struct ctx *ctx, const struct stream_request *request, struct stream_opening *opening,
                            struct buf *out)
{
    struct event_replay missed = { .is_sync = true };
    struct event_position last;
    bool is_ours = event_position_parse(request->last_event_id, &last) == ERR_OK;

    if (is_ours && is_in_hub(ctx, &last, &opening->place)) {
        opening->told = last.number;
        return ERR_OK;
    }
    /* From the database comes what the user may read, which is more than a stream without the second factor is told. */
    if (is_ours && !opening->leaves_out)
        TRY(replay(ctx, request, opening, &missed));
    if (missed.is_sync)
        sync_write(&opening->place, out);
    else if (last.number > opening->place.position)
        opening->told = last.number; /* heard from a process that had read on a little further than this one */
    buf_add(out, missed.text);
    return ERR_OK;
}

/* A key acts in its own workspace alone: its owner's stream is that workspace's. */
static struct stream_rights rights_of(const struct stream_request *request)
{
    const struct principal *principal = request->principal;
    struct stream_rights rights = { .scope = request->scope,
                                    .user_id = principal->user_id,
                                    .session_id = principal->session_id,
                                    .key_id = principal->key_id,
                                    .workspace_id = request->workspace_id,
                                    .chat_id = request->chat_id };

    if (rights.scope == STREAM_OF_USER && rights.key_id != 0) {
        rights.scope = STREAM_OF_WORKSPACE;
        rights.workspace_id = principal->key_workspace_id;
    }
    return rights;
}

enum err stream_open(struct ctx *ctx, const struct stream_request *request, struct buf *out,
                     const struct stream_opening **ret_opening)
{
    struct stream_opening *opening = arena_calloc(ctx->arena, 1, sizeof(*opening));

    if (opening == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    opening->rights = rights_of(request);
    TRY(enter(ctx, request, opening));
    TRY(rights_look(ctx, request, opening));
    TRY(focus_find(ctx, request, &opening->rights));
    if (request->last_event_id.len > 0)
        TRY(missed_tell(ctx, request, opening, out));
    buf_addf(out, "retry: %d\nid: %s-%" PRId64 "\n\n", STREAM_RETRY_MS, opening->place.epoch, opening->told);
    *ret_opening = opening;
    return ERR_OK;
}
