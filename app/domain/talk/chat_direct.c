#include "parley/domain/talk/chat_direct.h"

#include <stdlib.h>
#include <string.h>

#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/talk/chat_member.h"
#include "parley/domain/workspaces/chat_row.h"
#include "parley/domain/workspaces/workspace_row.h"

struct open_call {
    const struct chat_direct_opts *opts;
    struct uuid people[DIRECT_PEOPLE_MAX + 1]; /* sorted: as bytes they are the chat's key */
    size_t count;
    struct chat chat;
};

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct uuid));
}

static void people_sort(struct open_call *call)
{
    size_t kept = 1;

    call->people[0] = call->opts->principal->user;
    memcpy(&call->people[1], call->opts->people, call->opts->count * sizeof(call->people[0]));
    qsort(call->people, call->opts->count + 1, sizeof(call->people[0]), by_bytes);
    for (size_t i = 1; i <= call->opts->count; i++)
        if (!uuid_eq(&call->people[i], &call->people[kept - 1]))
            call->people[kept++] = call->people[i];
    call->count = kept;
}

static struct db_value key_of(const struct open_call *call)
{
    return DB_BLOB(((struct str){ (const char *)call->people, call->count * sizeof(call->people[0]) }));
}

struct found {
    struct uuid uuid;
    int64_t member_count;
};

static enum err found_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct found *found = arg;

    (void)ctx;
    found->uuid = db_row_uuid(row, CHAT_DIRECT_FIND_UUID);
    found->member_count = db_row_int(row, CHAT_DIRECT_FIND_MEMBER_COUNT);
    return ERR_OK;
}

/* ERR_NOT_FOUND: it has not been made yet. */
static enum err find(struct ctx *ctx, const struct open_call *call, struct found *ret_found)
{
    return db_one(ctx, SQL_CHAT_DIRECT_FIND, DB_ARGS(DB_INT(call->opts->m->workspace_id), key_of(call)), found_read,
                  ret_found);
}

static enum err insert(struct ctx *ctx, const struct open_call *call, struct uuid *ret_uuid, struct chat_ref *ret_ref)
{
    const struct db_value now = DB_INT(ctx->now_us);
    int64_t id;

    *ret_uuid = uuid_new();
    TRY(db_insert(ctx, SQL_CHAT_INSERT,
                  DB_ARGS(DB_UUID(ret_uuid), DB_INT(call->opts->m->workspace_id), DB_TEXT(STR("")), DB_TEXT(STR("")),
                          DB_INT(call->opts->principal->user_id), DB_INT(CHAT_JOIN_INVITE), DB_INT(CHAT_ASSISTANT_OFF),
                          DB_NULL, DB_NULL, DB_NULL, DB_NULL, DB_NULL, DB_INT(CHAT_KIND_DIRECT), key_of(call), now, now,
                          now),
                  &id));
    *ret_ref = (struct chat_ref){ .id = id };
    return chat_row_tell(ctx, EVENT_CHAT_CREATED,
                         &(struct chat_row){ call->opts->m->workspace_id, id, *ret_uuid, CHAT_JOIN_INVITE });
}

static enum err lock_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct chat_ref *ref = arg;

    (void)ctx;
    ref->id = db_row_int(row, CHAT_LOCK_ID);
    ref->last_seq = db_row_int(row, CHAT_LOCK_LAST_SEQ);
    return ERR_OK;
}

/* Found, but not with all of its people: somebody has left the workspace meanwhile. */
static enum err lock(struct ctx *ctx, const struct open_call *call, const struct found *found, struct chat_ref *ret_ref)
{
    const struct db_value workspace = DB_INT(call->opts->m->workspace_id);

    *ret_ref = (struct chat_ref){ .id = 0 };
    TRY(db_one(ctx, SQL_CHAT_LOCK, DB_ARGS(DB_UUID(&found->uuid), workspace), lock_read, ret_ref));
    return db_exec(ctx, SQL_CHAT_TOUCH, DB_ARGS(DB_INT(ctx->now_us), DB_INT(ret_ref->id), workspace), NULL);
}

static enum err people_add(struct ctx *ctx, const struct open_call *call, const struct chat_ref *ref)
{
    const struct membership *m = call->opts->m;
    struct member member;
    int64_t user_id;

    for (size_t i = 0; i < call->count; i++) {
        TRY(member_get(ctx, m, &call->people[i], &member, &user_id));
        TRY(chat_member_come(ctx, m->workspace_id, ref, user_id));
    }
    return ERR_OK;
}

/* The workspace's lock, as for every chat that is made: two at once would make two, and nobody leaves meanwhile. */
static enum err make(struct ctx *ctx, const struct open_call *call, struct found *found)
{
    struct chat_ref ref = { .id = 0 };
    int64_t member_count;
    enum err e;

    TRY(workspace_row_lock(ctx, call->opts->m->workspace_id, &member_count));
    TRY(member_require(ctx, call->opts->m, call->opts->principal->user_id, MEMBER_ROLE_MEMBER));
    e = find(ctx, call, found);
    if (e == ERR_NOT_FOUND)
        e = insert(ctx, call, &found->uuid, &ref);
    else if (e == ERR_OK)
        e = lock(ctx, call, found, &ref);
    TRY(e);
    return people_add(ctx, call, &ref);
}

static enum err open_in_transaction(struct ctx *ctx, void *arg)
{
    struct open_call *call = arg;
    struct found found;
    enum err e = find(ctx, call, &found);

    if (e == ERR_NOT_FOUND || (e == ERR_OK && found.member_count < (int64_t)call->count))
        e = make(ctx, call, &found);
    TRY(e);
    return chat_get(ctx, call->opts->m, call->opts->principal->user_id, &found.uuid, &call->chat);
}

enum err chat_direct_open(struct ctx *ctx, const struct chat_direct_opts *opts, struct chat *ret_chat)
{
    struct open_call call = { .opts = opts };

    if (opts->count > DIRECT_PEOPLE_MAX)
        return fail(ctx, ERR_INVALID);
    people_sort(&call);
    TRY(db_run(ctx, open_in_transaction, &call));
    *ret_chat = call.chat;
    return ERR_OK;
}
