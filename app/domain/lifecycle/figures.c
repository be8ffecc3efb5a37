#include "parley/domain/lifecycle/figures.h"

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/events/event.h"

enum { DAY_MINUTES = 24 * 60, WEEK_MINUTES = 7 * DAY_MINUTES };

static int64_t minute_of(int64_t time_us)
{
    return time_us / US_PER_MINUTE;
}

/* ---- the job: what was posted ---- */

struct log_piece {
    int64_t from, to; /* positions: behind from, up to to; equal: nothing is new */
};

static enum err log_piece_add(struct ctx *ctx, void *arg)
{
    struct log_piece *piece = arg;
    struct db_args args;

    *piece = (struct log_piece){ .from = 0 };
    TRY(db_number(ctx, SQL_FIGURES_LOCK, DB_NO_ARGS, &piece->from));
    TRY(db_number(ctx, SQL_FIGURES_LOG_END, DB_ARGS(DB_INT(piece->from), DB_INT(FIGURES_EVENTS_MAX)), &piece->to));
    if (piece->to <= piece->from) {
        piece->to = piece->from;
        return ERR_OK;
    }
    args = DB_ARGS(DB_INT(piece->from), DB_INT(piece->to), DB_INT(EVENT_MESSAGE_CREATED));
    TRY(db_exec(ctx, SQL_POSTED_MINUTES_ADD, args, NULL));
    TRY(db_exec(ctx, SQL_POSTED_BY_ADD, args, NULL));
    return db_exec(ctx, SQL_FIGURES_GO_ON, DB_ARGS(DB_INT(piece->to)), NULL);
}

/* ---- the job: what there is ---- */

static enum err read_people(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct figures *figures = arg;

    (void)ctx;
    figures->user_count = db_row_int(row, FIGURES_PEOPLE_USER_COUNT);
    figures->active_count = db_row_int(row, FIGURES_PEOPLE_ACTIVE_COUNT);
    figures->admin_count = db_row_int(row, FIGURES_PEOPLE_ADMIN_COUNT);
    figures->twofa_count = db_row_int(row, FIGURES_PEOPLE_TWOFA_COUNT);
    figures->signed_in_count = db_row_int(row, FIGURES_PEOPLE_SIGNED_IN_COUNT);
    figures->new_user_count = db_row_int(row, FIGURES_PEOPLE_NEW_COUNT);
    return ERR_OK;
}

static enum err read_workspaces(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct figures *figures = arg;

    (void)ctx;
    figures->workspace_count = db_row_int(row, FIGURES_WORKSPACES_WORKSPACE_COUNT);
    figures->new_workspace_count = db_row_int(row, FIGURES_WORKSPACES_NEW_COUNT);
    return ERR_OK;
}

static enum err read_chats(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct figures *figures = arg;

    (void)ctx;
    figures->chat_count = db_row_int(row, FIGURES_CHATS_CHAT_COUNT);
    figures->message_count = db_row_int(row, FIGURES_CHATS_MESSAGE_COUNT);
    return ERR_OK;
}

/* Reads outside of a transaction that writes: on a large server it takes a while, and nobody is to wait for it. */
static enum err sum(struct ctx *ctx, struct figures *ret_figures)
{
    struct figures *figures = ret_figures;
    const struct db_value month_ago = DB_INT(ctx->now_us - 30 * US_PER_DAY);

    *figures = (struct figures){ .counted_us = ctx->now_us };
    TRY(db_one(ctx, SQL_FIGURES_PEOPLE, DB_ARGS(DB_INT(ctx->now_us - US_PER_DAY), month_ago), read_people, figures));
    TRY(db_one(ctx, SQL_FIGURES_WORKSPACES, DB_ARGS(month_ago), read_workspaces, figures));
    return db_one(ctx, SQL_FIGURES_CHATS, DB_NO_ARGS, read_chats, figures);
}

static enum err sums_keep(struct ctx *ctx, void *arg)
{
    const struct figures *f = arg;

    TRY(db_exec(ctx, SQL_POSTED_MINUTES_EXPIRE, DB_ARGS(DB_INT(minute_of(f->counted_us) - WEEK_MINUTES)), NULL));
    return db_exec(ctx, SQL_FIGURES_SET,
                   DB_ARGS(DB_INT(f->counted_us), DB_INT(f->user_count), DB_INT(f->active_count),
                           DB_INT(f->admin_count), DB_INT(f->twofa_count), DB_INT(f->signed_in_count),
                           DB_INT(f->new_user_count), DB_INT(f->workspace_count), DB_INT(f->new_workspace_count),
                           DB_INT(f->chat_count), DB_INT(f->message_count)),
                   NULL);
}

enum err figures_step(struct ctx *ctx, int64_t *ret_count)
{
    struct log_piece piece;
    struct figures figures;

    TRY(db_run(ctx, log_piece_add, &piece));
    *ret_count = piece.to - piece.from;
    /* What comes while it works is for the next run: on a busy server this one would not end. */
    if (*ret_count >= FIGURES_EVENTS_MAX)
        return ERR_OK;
    *ret_count = 0;
    TRY(sum(ctx, &figures));
    return db_run(ctx, sums_keep, &figures);
}

/* ---- a request ---- */

static enum err read_figures(struct ctx *ctx, const struct db_row *row, void *arg)
{
    (void)ctx;
    *(struct figures *)arg = (struct figures){
        .counted_us = db_row_int(row, FIGURES_GET_COUNTED_US),
        .user_count = db_row_int(row, FIGURES_GET_USER_COUNT),
        .active_count = db_row_int(row, FIGURES_GET_ACTIVE_COUNT),
        .admin_count = db_row_int(row, FIGURES_GET_ADMIN_COUNT),
        .twofa_count = db_row_int(row, FIGURES_GET_TWOFA_COUNT),
        .signed_in_count = db_row_int(row, FIGURES_GET_SIGNED_IN_COUNT),
        .new_user_count = db_row_int(row, FIGURES_GET_NEW_USER_COUNT),
        .workspace_count = db_row_int(row, FIGURES_GET_WORKSPACE_COUNT),
        .new_workspace_count = db_row_int(row, FIGURES_GET_NEW_WORKSPACE_COUNT),
        .chat_count = db_row_int(row, FIGURES_GET_CHAT_COUNT),
        .message_count = db_row_int(row, FIGURES_GET_MESSAGE_COUNT),
    };
    return ERR_OK;
}

enum err figures_get(struct ctx *ctx, struct figures *ret_figures)
{
    TRY(db_one(ctx, SQL_FIGURES_GET, DB_NO_ARGS, read_figures, ret_figures));
    return ret_figures->counted_us != 0 ? ERR_OK : failf(ctx, ERR_BUSY, "Nothing was counted yet");
}

static enum err read_lately(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct figures_posted *posted = arg;

    (void)ctx;
    posted->day_count = db_row_int(row, POSTED_LATELY_DAY_COUNT);
    posted->week_count = db_row_int(row, POSTED_LATELY_WEEK_COUNT);
    return ERR_OK;
}

static enum err read_poster(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct figures_poster *poster = list_add(ctx->arena, arg, sizeof(*poster));

    if (poster == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    poster->email = arena_str(ctx->arena, db_row_str(row, POSTED_MOST_EMAIL));
    poster->message_count = db_row_int(row, POSTED_MOST_MESSAGE_COUNT);
    return ERR_OK;
}

enum err figures_posted(struct ctx *ctx, int64_t counted_us, struct figures_posted *ret_posted)
{
    int64_t minute = minute_of(counted_us);

    *ret_posted = (struct figures_posted){ .day_count = 0 };
    TRY(db_one(ctx, SQL_POSTED_LATELY, DB_ARGS(DB_INT(minute - DAY_MINUTES), DB_INT(minute - WEEK_MINUTES)),
               read_lately, ret_posted));
    return db_each(ctx, SQL_POSTED_MOST, DB_ARGS(DB_INT(FIGURES_MOST_MAX)), read_poster, &ret_posted->most);
}
