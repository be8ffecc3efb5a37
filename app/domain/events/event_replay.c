#include "parley/domain/events/event_replay.h"

#include "event_audience.h"
#include "parley/core/arena.h"
#include "parley/core/limits.h"
#include "parley/core/list.h"
#include "parley/db/db.h"
#include "parley/domain/events/event_extent.h"

struct replaying {
    const struct event_replay_opts *opts;
    struct event_position after;
    int is_in_chat; /* the column that says so */
    int first;      /* the first column of the row */
    bool is_sync;
    struct list rows; /* struct event_row */
    size_t event_count;
    struct buf text;
};

/* A row that the user may hear of. One too many ends the reading. */
static enum err row_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct replaying *replaying = arg;
    struct event_row read, *added;

    TRY(event_row_read(ctx, row, replaying->first, &read));
    if (!event_audience_has(&read, replaying->opts->user_id, db_row_int(row, replaying->is_in_chat) != 0))
        return ERR_OK;
    if (replaying->rows.count == EVENT_REPLAY_MAX) {
        replaying->is_sync = true;
        return ERR_LIMIT;
    }
    added = list_add(ctx->arena, &replaying->rows, sizeof(*added));
    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *added = read;
    return ERR_OK;
}

/* ---- which rows ---- */

/* Positions have no gaps, so a short way has few rows. */
static bool is_short(const struct replaying *replaying)
{
    return replaying->opts->upto - replaying->after.number <= EVENT_REPLAY_LOOK_MAX;
}

static enum err read_user(struct ctx *ctx, struct replaying *replaying)
{
    const struct event_replay_opts *opts = replaying->opts;
    const struct db_value user = DB_INT(opts->user_id);

    replaying->is_sync = !is_short(replaying);
    if (replaying->is_sync)
        return ERR_OK;
    replaying->first = EVENT_REPLAY_OF_USER_EVENT_ROW;
    replaying->is_in_chat = EVENT_REPLAY_OF_USER_IS_IN_CHAT;
    return db_each(
        ctx, SQL_EVENT_REPLAY_OF_USER,
        DB_ARGS(DB_INT(replaying->after.number), DB_INT(opts->upto), DB_INT(EVENT_REPLAY_LOOK_MAX), user, user, user),
        row_add, replaying);
}

static enum err read_workspace(struct ctx *ctx, struct replaying *replaying)
{
    const struct event_replay_opts *opts = replaying->opts;
    const struct db_value workspace = DB_INT(opts->workspace_id), chat = DB_INT(opts->chat_id);
    const struct db_value after = DB_INT(replaying->after.number), upto = DB_INT(opts->upto);
    int64_t count = 0;

    if (!is_short(replaying))
        TRY(db_number(ctx, SQL_EVENT_REPLAY_COUNT, DB_ARGS(workspace, after, upto, DB_INT(EVENT_REPLAY_LOOK_MAX + 1)),
                      &count));
    replaying->is_sync = count > EVENT_REPLAY_LOOK_MAX;
    if (replaying->is_sync)
        return ERR_OK;
    replaying->first = EVENT_REPLAY_OF_WORKSPACE_EVENT_ROW;
    replaying->is_in_chat = EVENT_REPLAY_OF_WORKSPACE_IS_IN_CHAT;
    return db_each(ctx, SQL_EVENT_REPLAY_OF_WORKSPACE,
                   DB_ARGS(workspace, after, upto, DB_INT(EVENT_REPLAY_LOOK_MAX), DB_INT(opts->user_id), chat, chat),
                   row_add, replaying);
}

/* ---- what is told ---- */

static enum err content_write(struct ctx *ctx, struct replaying *replaying)
{
    struct event_row *rows = replaying->rows.items;

    for (size_t at = 0; at < replaying->rows.count; at += EVENT_BATCH_MAX) {
        size_t left = replaying->rows.count - at;
        size_t count = left < EVENT_BATCH_MAX ? left : EVENT_BATCH_MAX;

        TRY(replaying->opts->content(ctx, rows + at, count));
        for (size_t i = at; i < at + count; i++) {
            if (rows[i].data.ptr == NULL)
                continue;
            event_row_write(&rows[i], replaying->after.epoch, &replaying->text);
            replaying->event_count++;
        }
        TRY(buf_check(&replaying->text));
    }
    return ERR_OK;
}

/* Rows go from the oldest on, so what is still there behind the reading was there before it. */
static enum err replay(struct ctx *ctx, void *arg)
{
    struct replaying *replaying = arg;
    struct event_extent extent;
    enum err e = ERR_OK;

    if (replaying->after.number < replaying->opts->upto)
        e = replaying->opts->workspace_id == 0 ? read_user(ctx, replaying) : read_workspace(ctx, replaying);
    if (replaying->is_sync)
        return ERR_OK;
    TRY(e);
    TRY(event_extent_read(ctx, &extent));
    replaying->is_sync = !event_extent_covers(&extent, &replaying->after);
    return replaying->is_sync ? ERR_OK : content_write(ctx, replaying);
}

/* In an arena of its own: where so much was missed that it does not fit, the request still has all of its own. */
static enum err replay_apart(struct ctx *ctx, struct replaying *replaying)
{
    struct arena *arena = ctx->arena;
    enum err e = ERR_NO_MEMORY;

    ctx->arena = arena_new(REQUEST_ARENA_BYTES);
    if (ctx->arena != NULL)
        e = db_read(ctx, replay, replaying);
    arena_free(ctx->arena);
    ctx->arena = arena;
    if (e != ERR_NO_MEMORY || replaying->is_sync)
        return e;
    replaying->is_sync = true;
    *ctx->problem = (struct problem){ .err = ERR_OK };
    return ERR_OK;
}

enum err event_replay(struct ctx *ctx, const struct event_replay_opts *opts, struct event_replay *ret_replay)
{
    struct replaying replaying = { .opts = opts };
    enum err e = ERR_OK;

    buf_init(&replaying.text, EVENT_REPLAY_BYTES);
    if (event_position_parse(opts->after, &replaying.after) != ERR_OK)
        replaying.is_sync = true;
    else
        e = replay_apart(ctx, &replaying);
    *ret_replay = (struct event_replay){ .is_sync = replaying.is_sync, .text = STR("") };
    if (e == ERR_OK && !replaying.is_sync) {
        ret_replay->count = replaying.event_count;
        ret_replay->text = arena_str(ctx->arena, buf_str(&replaying.text));
        e = arena_check(ctx->arena);
    }
    buf_release(&replaying.text);
    return e == ERR_OK ? ERR_OK : fail(ctx, e);
}
