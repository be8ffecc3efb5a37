#include "parley/domain/talk/chat_change.h"

#include <math.h>

#include "parley/core/fold.h"
#include "parley/db/db.h"
#include "parley/domain/events/event.h"
#include "parley/domain/events/event_row.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/talk/chat_member.h"
#include "parley/domain/talk/chat_state.h"
#include "parley/domain/workspaces/chat_row.h"
#include "parley/domain/workspaces/workspace_row.h"

static struct db_value int_value(int64_t number)
{
    return number == INT64_MIN ? DB_NULL : DB_INT(number);
}

static struct db_value real_value(double number)
{
    return isnan(number) ? DB_NULL : DB_REAL(number);
}

/* ---- making ---- */

struct create_call {
    const struct chat_target *maker;
    const struct chat_settings *settings;
    const struct idempotency_claim *claim;
    struct chat chat;
};

static enum err chat_insert(struct ctx *ctx, const struct create_call *call, const struct uuid *uuid)
{
    const struct chat_settings *s = call->settings;
    bool has_temperature = (s->fields & CHAT_TEMPERATURE) != 0;
    bool has_max_tokens = (s->fields & CHAT_MAX_TOKENS) != 0;
    int64_t workspace_id = call->maker->m->workspace_id;
    struct str folded;
    int64_t id = 0;

    TRY(fold_text(ctx->arena, s->title, &folded));
    TRY(db_insert(ctx, SQL_CHAT_INSERT,
                  DB_ARGS(DB_UUID(uuid), DB_INT(workspace_id), DB_TEXT(s->title), DB_TEXT(folded),
                          DB_INT(call->maker->user_id), DB_INT(s->join), DB_INT(s->assistant), DB_TEXT(s->provider),
                          DB_TEXT(s->model), DB_TEXT(s->system_prompt),
                          has_temperature ? real_value(s->temperature) : DB_NULL,
                          has_max_tokens ? int_value(s->max_tokens) : DB_NULL, DB_INT(CHAT_KIND_CHAT), DB_NULL,
                          DB_INT(ctx->now_us), DB_INT(ctx->now_us), DB_INT(ctx->now_us)),
                  &id));
    TRY(chat_row_tell(ctx, EVENT_CHAT_CREATED, &(struct chat_row){ workspace_id, id, *uuid, (int)s->join }));
    return s->join == CHAT_JOIN_WORKSPACE ? ERR_OK : chat_member_add(ctx, workspace_id, id, call->maker->user_id);
}

static enum err create(struct ctx *ctx, void *arg)
{
    struct create_call *call = arg;
    struct uuid uuid = uuid_new();
    struct uuid made;
    enum idempotency state;
    int64_t member_count;

    TRY(idempotency_take(ctx, call->claim, &uuid, &state, &made));
    if (state == IDEMPOTENCY_NEW) {
        /* The row's foreign key would take the workspace's lock behind the member's: a deadlock with a removal. */
        TRY(workspace_row_lock(ctx, call->maker->m->workspace_id, &member_count));
        TRY(member_require(ctx, call->maker->m, call->maker->user_id, MEMBER_ROLE_MEMBER));
        TRY(chat_insert(ctx, call, &uuid));
    }
    return chat_get(ctx, call->maker->m, call->maker->user_id, &made, &call->chat);
}

enum err chat_create(struct ctx *ctx, const struct chat_target *maker, const struct chat_settings *settings,
                     const struct idempotency_claim *claim, struct chat *ret_chat)
{
    struct create_call call = { .maker = maker, .settings = settings, .claim = claim };

    TRY(db_run(ctx, create, &call));
    *ret_chat = call.chat;
    return ERR_OK;
}

/* ---- changing ---- */

struct update_call {
    const struct chat_target *target;
    const struct chat_settings *settings;
    struct chat chat;
};

/* The chat, locked, for a caller who may manage it and has seen its present version. */
static enum err target_lock(struct ctx *ctx, const struct chat_target *target, struct chat_ref *ret_ref)
{
    struct chat_ref ref;

    TRY(chat_require_locked(ctx, target->m, target->user_id, &target->chat, CHAT_MANAGE, &ref));
    if (target->if_version != 0 && target->if_version != ref.version)
        return fail(ctx, ERR_PRECONDITION);
    *ret_ref = ref;
    return ERR_OK;
}

static void settings_apply(struct chat *chat, const struct chat_settings *s)
{
    if (s->fields & CHAT_TITLE)
        chat->title = s->title;
    if (s->fields & CHAT_ASSISTANT)
        chat->assistant = s->assistant;
    if (s->fields & CHAT_PROVIDER)
        chat->provider = s->provider;
    if (s->fields & CHAT_MODEL)
        chat->model = s->model;
    if (s->fields & CHAT_SYSTEM_PROMPT)
        chat->system_prompt = s->system_prompt;
    if (s->fields & CHAT_TEMPERATURE)
        chat->temperature = s->temperature;
    if (s->fields & CHAT_MAX_TOKENS)
        chat->max_tokens = s->max_tokens;
    if (s->fields & CHAT_JOIN)
        chat->join = s->join;
}

static enum err settings_write(struct ctx *ctx, const struct chat *chat, int64_t workspace_id)
{
    struct str folded;

    TRY(fold_text(ctx->arena, chat->title, &folded));
    return db_exec(ctx, SQL_CHAT_UPDATE,
                   DB_ARGS(DB_TEXT(chat->title.ptr == NULL ? STR("") : chat->title), DB_TEXT(folded),
                           DB_INT(chat->join), DB_INT(chat->assistant), DB_TEXT(chat->provider), DB_TEXT(chat->model),
                           DB_TEXT(chat->system_prompt), real_value(chat->temperature), int_value(chat->max_tokens),
                           DB_INT(ctx->now_us), DB_INT(chat->id), DB_INT(workspace_id)),
                   NULL);
}

/*
 * A chat is no longer everyone's: whoever did that stays in it, and its creator, unless they have left the workspace. They
 * have read what they have read; nothing stays of what the others have.
 */
static enum err everyone_leaves(struct ctx *ctx, const struct chat_target *target, const struct chat_ref *before)
{
    int64_t workspace_id = target->m->workspace_id;
    enum err e;

    TRY(chat_member_add(ctx, workspace_id, before->id, target->user_id));
    if (before->created_by != 0) {
        e = chat_member_add(ctx, workspace_id, before->id, before->created_by);
        if (e != ERR_NOT_FOUND)
            TRY(e);
    }
    return chat_states_shut(ctx, before);
}

/* Who is not in a chat that only its members may see now, hears that it is gone; the others have heard what it is now. */
static enum err tell_others(struct ctx *ctx, const struct chat_ref *before)
{
    return chat_row_tell(ctx, EVENT_CHAT_DELETED,
                         &(struct chat_row){ before->workspace_id, before->id, before->uuid, EVENT_JOIN_OTHERS });
}

static enum err members_change(struct ctx *ctx, const struct chat_target *target, const struct chat_ref *before,
                               enum chat_join join)
{
    if (join == before->join)
        return ERR_OK;
    if (join == CHAT_JOIN_WORKSPACE)
        return chat_states_open(ctx, before);
    if (before->join == CHAT_JOIN_WORKSPACE)
        TRY(everyone_leaves(ctx, target, before));
    else
        TRY(chat_member_come(ctx, target->m->workspace_id, before, target->user_id));
    return join == CHAT_JOIN_INVITE ? tell_others(ctx, before) : ERR_OK;
}

/* The new mode first: it says who hears of the rest. */
static enum err tell_update(struct ctx *ctx, const struct chat_ref *before, enum chat_join join)
{
    const struct chat_row place = { before->workspace_id, before->id, before->uuid, (int)join };

    if (join == before->join)
        event_skip(ctx, EVENT_JOIN_MODE_CHANGED);
    else
        TRY(chat_row_tell(ctx, EVENT_JOIN_MODE_CHANGED, &place));
    return chat_row_tell(ctx, EVENT_CHAT_UPDATED, &place);
}

static enum err update(struct ctx *ctx, void *arg)
{
    struct update_call *call = arg;
    const struct chat_target *target = call->target;
    struct chat_ref before;

    TRY(target_lock(ctx, target, &before));
    if (call->settings->fields & (CHAT_TITLE | CHAT_JOIN))
        TRY(chat_require_plain(ctx, &before));
    TRY(chat_get(ctx, target->m, target->user_id, &target->chat, &call->chat));
    settings_apply(&call->chat, call->settings);
    TRY(settings_write(ctx, &call->chat, target->m->workspace_id));
    TRY(tell_update(ctx, &before, call->chat.join));
    TRY(members_change(ctx, target, &before, call->chat.join));
    return chat_get(ctx, target->m, target->user_id, &target->chat, &call->chat);
}

enum err chat_update(struct ctx *ctx, const struct chat_target *target, const struct chat_settings *settings,
                     struct chat *ret_chat)
{
    struct update_call call = { .target = target, .settings = settings };

    TRY(db_run(ctx, update, &call));
    *ret_chat = call.chat;
    return ERR_OK;
}

/* ---- deleting ---- */

struct delete_call {
    const struct chat_target *target;
};

static enum err mark_deleted(struct ctx *ctx, void *arg)
{
    const struct delete_call *call = arg;
    struct chat_ref ref;

    TRY(target_lock(ctx, call->target, &ref));
    TRY(chat_require_plain(ctx, &ref));
    TRY(audit_add(
        ctx, &(struct audit_entry){ .action = AUDIT_CHAT_DELETED,
                                    .target_kind = AUDIT_ON_CHAT,
                                    .target = call->target->chat,
                                    .details = AUDIT_DETAILS(AUDIT_UUID("workspace", &call->target->m->workspace)) }));
    return chat_row_delete(ctx, &(struct chat_row){ ref.workspace_id, ref.id, ref.uuid, (int)ref.join });
}

enum err chat_delete(struct ctx *ctx, const struct chat_target *target)
{
    struct delete_call call = { .target = target };

    return db_run(ctx, mark_deleted, &call);
}
