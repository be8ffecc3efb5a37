#include "parley/domain/events/stream_rights.h"

#include <stdlib.h>

#include "parley/db/db.h"
#include "parley/domain/record/principal.h"

enum { BATCH_MAX = 20, LIST_FIRST = 8 }; /* BATCH_MAX: as many as the statements have places for */

/* What is known of a stream so far. */
struct look {
    struct stream_check *check;
    bool has_factor, is_member, is_chat_there, may_read;
    size_t room_count; /* of check->workspaces */
};

struct batch {
    struct look looks[BATCH_MAX];
    size_t count;
};

static bool goes_on(const struct look *look)
{
    return look->check->end == STREAM_GOES_ON;
}

/* ---- session and key ---- */

static void alive(const struct ctx *ctx, struct look *look, int64_t expires_us, bool has_factor)
{
    look->check->end = expires_us > ctx->now_us ? STREAM_GOES_ON : STREAM_END_EXPIRED;
    look->check->until_us = expires_us;
    look->has_factor = has_factor;
}

static enum err session_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct batch *batch = arg;

    for (size_t i = 0; i < batch->count; i++) {
        const struct stream_rights *rights = &batch->looks[i].check->rights;

        if (rights->session_id == db_row_int(row, STREAM_SESSIONS_ID) &&
            rights->user_id == db_row_int(row, STREAM_SESSIONS_USER_ID))
            alive(ctx, &batch->looks[i], db_row_int(row, STREAM_SESSIONS_EXPIRES_US),
                  db_row_int(row, STREAM_SESSIONS_TWOFA_ENABLED) != 0);
    }
    return ERR_OK;
}

static void key_alive(const struct ctx *ctx, const struct db_row *row, struct look *look)
{
    bool endless = db_row_is_null(row, STREAM_KEYS_EXPIRES_US);

    alive(ctx, look, endless ? INT64_MAX : db_row_int(row, STREAM_KEYS_EXPIRES_US),
          db_row_int(row, STREAM_KEYS_TWOFA_ENABLED) != 0);
    if (goes_on(look) && (db_row_int(row, STREAM_KEYS_SCOPES) & (KEY_SCOPE_READ | KEY_SCOPE_ADMIN)) == 0)
        look->check->end = STREAM_END_ACCESS;
}

static enum err key_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct batch *batch = arg;

    for (size_t i = 0; i < batch->count; i++) {
        const struct stream_rights *rights = &batch->looks[i].check->rights;

        if (rights->key_id == db_row_int(row, STREAM_KEYS_ID) &&
            rights->user_id == db_row_int(row, STREAM_KEYS_USER_ID))
            key_alive(ctx, row, &batch->looks[i]);
    }
    return ERR_OK;
}

/* ---- workspaces ---- */

static enum err workspace_add(struct ctx *ctx, struct look *look, int64_t workspace_id)
{
    struct stream_workspaces *list = look->check->workspaces;

    if (list == NULL || list->count == look->room_count) {
        size_t room_count = list == NULL ? LIST_FIRST : 2 * look->room_count;
        struct stream_workspaces *grown = realloc(list, sizeof(*grown) + room_count * sizeof(grown->ids[0]));

        if (grown == NULL)
            return fail(ctx, ERR_NO_MEMORY);
        if (list == NULL)
            grown->count = 0;
        look->check->workspaces = list = grown;
        look->room_count = room_count;
    }
    list->ids[list->count++] = workspace_id;
    return ERR_OK;
}

static enum err membership_take(struct ctx *ctx, struct look *look, int64_t workspace_id, bool asks_factor)
{
    const struct stream_rights *rights = &look->check->rights;
    bool is_own = rights->scope == STREAM_OF_USER;

    if (!goes_on(look) || (!is_own && rights->workspace_id != workspace_id))
        return ERR_OK;
    if (asks_factor && !look->has_factor) {
        look->check->leaves_out = true;
        return ERR_OK;
    }
    look->is_member = true;
    return is_own ? workspace_add(ctx, look, workspace_id) : ERR_OK;
}

static enum err membership_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct batch *batch = arg;
    int64_t user_id = db_row_int(row, STREAM_MEMBERSHIPS_USER_ID);

    for (size_t i = 0; i < batch->count; i++)
        if (batch->looks[i].check->rights.user_id == user_id)
            TRY(membership_take(ctx, &batch->looks[i], db_row_int(row, STREAM_MEMBERSHIPS_WORKSPACE_ID),
                                db_row_int(row, STREAM_MEMBERSHIPS_REQUIRE_2FA) != 0));
    return ERR_OK;
}

/* A person's own stream needs no workspace; a key has none of those (domain/events/stream.c). */
static void memberships_judge(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct look *look = &batch->looks[i];

        if (goes_on(look) && look->check->rights.scope != STREAM_OF_USER && !look->is_member)
            look->check->end = STREAM_END_ACCESS;
    }
}

/* ---- chats ---- */

static enum err chat_row_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct batch *batch = arg;

    (void)ctx;
    for (size_t i = 0; i < batch->count; i++) {
        struct look *look = &batch->looks[i];
        const struct stream_rights *rights = &look->check->rights;

        if (rights->chat_id != db_row_int(row, STREAM_CHATS_ID) ||
            rights->workspace_id != db_row_int(row, STREAM_CHATS_WORKSPACE_ID))
            continue;
        look->is_chat_there = true;
        if (db_row_int(row, STREAM_CHATS_JOIN_MODE) == 0 || db_row_int(row, STREAM_CHATS_USER_ID) == rights->user_id)
            look->may_read = true;
    }
    return ERR_OK;
}

static void chats_judge(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct look *look = &batch->looks[i];

        if (goes_on(look) && look->check->rights.scope == STREAM_OF_CHAT && !look->may_read)
            look->check->end = look->is_chat_there ? STREAM_END_ACCESS : STREAM_END_DELETED;
    }
}

/* ---- all of it ---- */

/* A number of each stream, as a list for IN (…); 0 is NULL, which nothing equals. False: they are all 0. */
static bool ids_of(const struct batch *batch, size_t offset, struct db_value ret_values[BATCH_MAX])
{
    bool any = false;

    for (size_t i = 0; i < BATCH_MAX; i++) {
        int64_t id = 0;

        if (i < batch->count)
            memcpy(&id, (const char *)&batch->looks[i].check->rights + offset, sizeof(id));
        ret_values[i] = DB_INT_OR_NULL(id);
        any = any || id != 0;
    }
    return any;
}
#define IDS_OF(batch, member, values) ids_of((batch), offsetof(struct stream_rights, member), (values))

static enum err batch_look(struct ctx *ctx, void *arg)
{
    struct batch *batch = arg;
    struct db_value values[2 * BATCH_MAX];
    const struct db_args args = { values, BATCH_MAX }, both = { values, 2 * BATCH_MAX };

    if (IDS_OF(batch, session_id, values))
        TRY(db_each(ctx, SQL_STREAM_SESSIONS, args, session_read, batch));
    if (IDS_OF(batch, key_id, values))
        TRY(db_each(ctx, SQL_STREAM_KEYS, args, key_read, batch));
    if (IDS_OF(batch, user_id, values))
        TRY(db_each(ctx, SQL_STREAM_MEMBERSHIPS, args, membership_read, batch));
    memberships_judge(batch);
    (void)IDS_OF(batch, user_id, values);
    if (IDS_OF(batch, chat_id, values + BATCH_MAX))
        TRY(db_each(ctx, SQL_STREAM_CHATS, both, chat_row_read, batch));
    chats_judge(batch);
    return ERR_OK;
}

enum err stream_rights_look(struct ctx *ctx, struct stream_check *const *checks, size_t count)
{
    for (size_t done = 0; done < count; done += BATCH_MAX) {
        struct batch batch = { .count = count - done < BATCH_MAX ? count - done : BATCH_MAX };

        for (size_t i = 0; i < batch.count; i++) {
            checks[done + i]->end = STREAM_END_SESSION;
            checks[done + i]->until_us = INT64_MAX;
            batch.looks[i].check = checks[done + i];
        }
        TRY(db_read(ctx, batch_look, &batch));
    }
    return ERR_OK;
}
