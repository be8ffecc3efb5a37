#include "parley/domain/people/notice_settings.h"

#include "parley/core/clock.h"
#include "parley/core/time_zone.h"
#include "parley/db/db.h"
#include "parley/domain/people/user.h"

enum { DAY_MINUTES = 24 * 60, FIRST_VERSION = 1 };

static int minute_of(const struct db_row *row, int column)
{
    return db_row_is_null(row, column) ? QUIET_NEVER : (int)db_row_int(row, column);
}

static enum err row_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct notice_settings *settings = arg;

    *settings = (struct notice_settings){
        .push = db_row_int(row, NOTICE_SETTINGS_GET_PUSH) != 0,
        .mail = db_row_int(row, NOTICE_SETTINGS_GET_MAIL) != 0,
        .quiet = { .from_minute = minute_of(row, NOTICE_SETTINGS_GET_QUIET_FROM),
                   .to_minute = minute_of(row, NOTICE_SETTINGS_GET_QUIET_TO),
                   .timezone = arena_str(ctx->arena, db_row_str(row, NOTICE_SETTINGS_GET_TIMEZONE)) },
        .version = db_row_int(row, NOTICE_SETTINGS_GET_VERSION),
    };
    return arena_check(ctx->arena);
}

enum err notice_settings_get(struct ctx *ctx, int64_t user_id, struct notice_settings *ret_settings)
{
    struct notice_settings settings = {
        .push = true, .mail = true, .quiet = { QUIET_NEVER, QUIET_NEVER, STR("UTC") }, .version = FIRST_VERSION
    };
    enum err e = db_one(ctx, SQL_NOTICE_SETTINGS_GET, DB_ARGS(DB_INT(user_id)), row_read, &settings);

    if (e != ERR_NOT_FOUND)
        TRY(e);
    *ret_settings = settings;
    return ERR_OK;
}

struct put_call {
    int64_t user_id, if_version;
    struct notice_settings settings;
};

static struct db_value minute_value(int minute)
{
    return minute == QUIET_NEVER ? DB_NULL : DB_INT(minute);
}

static enum err put(struct ctx *ctx, void *arg)
{
    struct put_call *call = arg;
    struct notice_settings *settings = &call->settings, before;
    const struct db_value values[] = {
        DB_INT(settings->push),
        DB_INT(settings->mail),
        minute_value(settings->quiet.from_minute),
        minute_value(settings->quiet.to_minute),
        DB_TEXT(settings->quiet.timezone),
        DB_INT(ctx->now_us),
        DB_INT(call->user_id),
        DB_INT(FIRST_VERSION + 1),
    };
    int64_t count = 0;

    TRY(user_row_lock(ctx, call->user_id));
    TRY(notice_settings_get(ctx, call->user_id, &before));
    if (call->if_version != 0 && call->if_version != before.version)
        return fail(ctx, ERR_PRECONDITION);
    settings->version = before.version + 1;
    TRY(db_exec(ctx, SQL_NOTICE_SETTINGS_UPDATE, (struct db_args){ values, COUNT_OF(values) - 1 }, &count));
    return count > 0 ? ERR_OK
                     : db_exec(ctx, SQL_NOTICE_SETTINGS_INSERT, (struct db_args){ values, COUNT_OF(values) }, NULL);
}

enum err notice_settings_put(struct ctx *ctx, int64_t user_id, const struct notice_settings *settings,
                             int64_t if_version, struct notice_settings *ret_settings)
{
    struct put_call call = { .user_id = user_id, .if_version = if_version, .settings = *settings };
    int32_t offset_s;

    if (time_zone_offset(settings->quiet.timezone, ctx->now_us / US_PER_S, &offset_s) != ERR_OK)
        return problem_add(ctx->problem, (struct fault){ .where = "body",
                                                         .field = "timezone",
                                                         .type = "value_error",
                                                         .message = "is no time zone, such as Europe/Berlin" });
    TRY(db_run(ctx, put, &call));
    *ret_settings = call.settings;
    return ERR_OK;
}

enum err notice_settings_forget(struct ctx *ctx, int64_t user_id)
{
    return db_exec(ctx, SQL_NOTICE_SETTINGS_DELETE, DB_ARGS(DB_INT(user_id)), NULL);
}

/* Where a change to or from summer time lies between, the end is off by its hour for a day. */
int64_t quiet_until(const struct quiet_hours *quiet, int64_t at_us)
{
    int32_t offset_s;
    int64_t local_us, minute, passed, length;

    if (quiet->from_minute == QUIET_NEVER || time_zone_offset(quiet->timezone, at_us / US_PER_S, &offset_s) != ERR_OK)
        return at_us;
    local_us = at_us + offset_s * US_PER_S;
    minute = local_us / US_PER_MINUTE % DAY_MINUTES;
    passed = (minute - quiet->from_minute + DAY_MINUTES) % DAY_MINUTES;
    length = (quiet->to_minute - quiet->from_minute + DAY_MINUTES) % DAY_MINUTES;
    return passed >= length ? at_us : at_us - local_us % US_PER_MINUTE + (length - passed) * US_PER_MINUTE;
}
