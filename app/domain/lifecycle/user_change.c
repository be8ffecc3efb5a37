#include "parley/domain/lifecycle/user_change.h"

#include "parley/auth/password.h"
#include "parley/db/db.h"
#include "parley/domain/assist/budget.h"
#include "parley/domain/events/event.h"
#include "parley/domain/lifecycle/email_change.h"
#include "parley/domain/people/administrator.h"
#include "parley/domain/people/author_cache.h"
#include "parley/domain/people/display_name.h"
#include "parley/domain/people/email.h"
#include "parley/domain/people/notice_settings.h"
#include "parley/domain/people/preferences.h"
#include "parley/domain/people/push_subscription.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/record/idempotency.h"
#include "parley/domain/record/mail_queue.h"
#include "parley/domain/talk/presence.h"
#include "parley/domain/trust/api_key.h"
#include "parley/domain/trust/api_key_change.h"
#include "parley/domain/trust/password_reset.h"
#include "parley/domain/trust/revocation.h"
#include "parley/domain/trust/second_factor.h"
#include "parley/domain/trust/session.h"
#include "parley/domain/workspaces/member.h"

enum { DELETED_NAME_BYTES = 8 + UUID_TEXT_BYTES };

static bool is_active_admin(const struct user *user)
{
    return user->role == USER_ROLE_ADMIN && user->is_active;
}

/* ---- change ---- */

struct change_call {
    const struct uuid *uuid;
    const struct user_change *change;
    struct user user; /* as it becomes */
};

static void apply(struct ctx *ctx, const struct user_change *change, struct user *user)
{
    if (change->what & USER_CHANGE_FIRST_NAME)
        user->first_name = change->first_name;
    if (change->what & USER_CHANGE_LAST_NAME)
        user->last_name = change->last_name;
    if (change->what & USER_CHANGE_TOS)
        user->tos_accepted = change->tos_accepted;
    if (change->what & USER_CHANGE_ACTIVE)
        user->is_active = change->is_active;
    if (change->what & USER_CHANGE_ROLE)
        user->role = change->role;
    user->name = display_name(ctx, user->first_name, user->last_name, user->username);
    user->version++;
    user->updated_us = ctx->now_us;
}

static const struct field_bit {
    unsigned what;
    const char *name;
} plain_fields[] = {
    { USER_CHANGE_FIRST_NAME, "first_name" },
    { USER_CHANGE_LAST_NAME, "last_name" },
    { USER_CHANGE_TOS, "tos_accepted" },
};

/* The names of what was sent, not what it was changed to: that is personal. */
static enum err audit_plain_change(struct ctx *ctx, unsigned what, const struct user *user)
{
    const char *names = "";

    for (size_t i = 0; i < COUNT_OF(plain_fields); i++) {
        if (what & plain_fields[i].what)
            names = arena_printf(ctx->arena, "%s%s%s", names, names[0] == '\0' ? "" : " ", plain_fields[i].name);
        if (names == NULL)
            return fail(ctx, ERR_NO_MEMORY);
    }
    if (names[0] == '\0')
        return ERR_OK;
    return audit_add(ctx, &(struct audit_entry){ .action = AUDIT_USER_CHANGED,
                                                 .target_kind = AUDIT_ON_USER,
                                                 .target = user->uuid,
                                                 .details = AUDIT_DETAILS(AUDIT_TEXT("fields", str_from(names))) });
}

static enum err audit_change(struct ctx *ctx, unsigned what, const struct user *before, const struct user *after)
{
    struct audit_entry entry = { .target_kind = AUDIT_ON_USER, .target = after->uuid };

    TRY(audit_plain_change(ctx, what, after));
    if (before->is_active != after->is_active) {
        entry.action = after->is_active ? AUDIT_USER_ACTIVATED : AUDIT_USER_DEACTIVATED;
        TRY(audit_add(ctx, &entry));
    }
    if (before->role == after->role)
        return ERR_OK;
    entry.action = AUDIT_USER_ROLE_CHANGED;
    entry.details = AUDIT_DETAILS(AUDIT_TEXT("from", user_role_name(before->role)),
                                  AUDIT_TEXT("to", user_role_name(after->role)));
    return audit_add(ctx, &entry);
}

static enum err tell_change(struct ctx *ctx, const struct user *before, const struct user *after)
{
    event_skip(ctx, EVENT_ROLE_CHANGED);
    event_skip(ctx, EVENT_KEY_DEACTIVATED);
    if (before->role != after->role)
        TRY(event_add(ctx,
                      &(struct event){ .kind = EVENT_ROLE_CHANGED, .user_id = after->id, .subject = after->uuid }));
    if (!before->is_active || after->is_active)
        return ERR_OK;
    TRY(api_key_tell_user(ctx, after->id));
    return revocation_end_sessions(ctx, after->id, 0);
}

static enum err change_email(struct ctx *ctx, const struct user_change *change, struct user *user)
{
    struct str email;

    if ((change->what & USER_CHANGE_EMAIL) == 0)
        return ERR_OK;
    email = email_normalise(ctx->arena, change->email);
    if (email.ptr == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    if (str_eq(email, user->email))
        return ERR_OK;
    /* A stolen session must not become the account by way of a new password that is mailed elsewhere. */
    if (ctx->actor != NULL && uuid_eq(&ctx->actor->user, &user->uuid))
        return failf(ctx, ERR_FORBIDDEN, "Change your own address by POST /auth/email, with the present password");
    TRY(api_key_unbound_check(ctx)); /* whoever reads at the address can set a password */
    return email_change_apply(ctx, user, email, EMAIL_CHANGE_BY_ACTOR);
}

/* By a role, or by being switched on again with it. */
static bool becomes_admin(const struct user *before, const struct user *after)
{
    return after->role == USER_ROLE_ADMIN &&
           (before->role != USER_ROLE_ADMIN || (!before->is_active && after->is_active));
}

static enum err change_in_transaction(struct ctx *ctx, void *arg)
{
    struct change_call *call = arg;
    const struct user_change *change = call->change;
    struct user *user = &call->user, before;
    struct str folded;

    if (change->what & (USER_CHANGE_ACTIVE | USER_CHANGE_ROLE))
        TRY(administrator_lock(ctx));
    TRY(user_lock(ctx, call->uuid, ERR_USER_NOT_FOUND, &before));
    if (change->version != 0 && change->version != before.version)
        return fail(ctx, ERR_PRECONDITION);
    *user = before;
    if (change->what == 0)
        return ERR_OK;
    TRY(change_email(ctx, change, user));
    apply(ctx, change, user);
    TRY(arena_check(ctx->arena));
    if (becomes_admin(&before, user))
        TRY(api_key_unbound_check(ctx));
    TRY(display_name_fold(ctx, user->first_name, user->last_name, user->username, &folded));
    TRY(db_exec(ctx, SQL_USER_CHANGE,
                DB_ARGS(DB_TEXT(user->first_name), DB_TEXT(user->last_name), DB_TEXT(folded),
                        DB_INT(user->tos_accepted), DB_INT(user->is_active), DB_INT(user->role),
                        DB_INT(user->updated_us), DB_INT(user->id)),
                NULL));
    if (!str_eq(user->name, before.name))
        TRY(people_touch(ctx));
    if (is_active_admin(&before) && !is_active_admin(user))
        TRY(administrator_check(ctx));
    TRY(audit_change(ctx, change->what, &before, user));
    TRY(outcome_revoke(ctx, user->id)); /* what is remembered has the role */
    return tell_change(ctx, &before, user);
}

enum err user_change(struct ctx *ctx, const struct uuid *uuid, const struct user_change *change, struct user *ret_user)
{
    struct change_call call = { .uuid = uuid, .change = change };

    TRY(db_run(ctx, change_in_transaction, &call));
    *ret_user = call.user;
    return ERR_OK;
}

/* ---- deletion ---- */

struct delete_call {
    const struct uuid *uuid;
    enum user_messages messages;
};

/* A username is unique, so the emptied row keeps one that nobody can choose. */
static void name_deleted(const struct uuid *uuid, char ret_name[DELETED_NAME_BYTES])
{
    char id[UUID_TEXT_BYTES];

    uuid_format(uuid, id);
    (void)snprintf(ret_name, DELETED_NAME_BYTES, "deleted:%s", id);
}

/* What was personal in the log goes too. */
static enum err audit_deletion(struct ctx *ctx, const struct user *user, enum user_messages messages)
{
    struct str kept = messages == USER_MESSAGES_ERASE ? STR("erase") : STR("keep");

    TRY(audit_add(ctx, &(struct audit_entry){ .action = AUDIT_USER_DELETED,
                                              .target_kind = AUDIT_ON_USER,
                                              .target = user->uuid,
                                              .details = AUDIT_DETAILS(AUDIT_TEXT("messages", kept)) }));
    return audit_forget_user(ctx, &user->uuid);
}

/* What was sent to it, or waits there, or was asked for in its name. */
static enum err forget_address(struct ctx *ctx, struct str email)
{
    TRY(db_exec(ctx, SQL_PASSWORD_RESET_ASK_DELETE, DB_ARGS(DB_TEXT(email)), NULL));
    TRY(db_exec(ctx, SQL_USER_ERASE_INVITATIONS, DB_ARGS(DB_TEXT(email)), NULL));
    return mail_queue_forget(ctx, email);
}

static enum err delete_in_transaction(struct ctx *ctx, void *arg)
{
    struct delete_call *call = arg;
    enum user_erasing erasing = call->messages == USER_MESSAGES_ERASE ? USER_ERASING_ALL : USER_ERASING_FILES;
    char name[DELETED_NAME_BYTES];
    struct user user;

    TRY(administrator_lock(ctx));
    TRY(user_lock(ctx, call->uuid, ERR_USER_NOT_FOUND, &user));
    TRY(member_forget_user(ctx, user.id));
    if (user.email.ptr != NULL)
        TRY(forget_address(ctx, user.email));
    TRY(revocation_end_links(ctx, user.id));
    TRY(db_exec(ctx, SQL_PASSWORD_RESETS_FORGET, DB_ARGS(DB_INT(user.id)), NULL)); /* those that were used, too */
    TRY(idempotency_forget_user(ctx, user.id));
    TRY(db_exec(ctx, SQL_USER_ERASE_SESSIONS, DB_ARGS(DB_INT(user.id)), NULL));
    TRY(revocation_tell(ctx, user.id, 0));
    TRY(outcome_revoke(ctx, user.id));
    TRY(preferences_forget(ctx, user.id));
    TRY(notice_settings_forget(ctx, user.id));
    TRY(push_subscriptions_forget(ctx, user.id));
    TRY(presence_forget(ctx, user.id));
    TRY(budget_forget_user(ctx, user.id));
    TRY(second_factor_forget(ctx, user.id));
    TRY(api_key_forget_user(ctx, user.id));
    outcome_wake(ctx, OUTCOME_DATA);
    name_deleted(&user.uuid, name);
    TRY(db_exec(
        ctx, SQL_USER_ERASE,
        DB_ARGS(DB_TEXT(str_from(name)), DB_INT(erasing), DB_INT(ctx->now_us), DB_INT(ctx->now_us), DB_INT(user.id)),
        NULL));
    TRY(people_touch(ctx));
    if (is_active_admin(&user))
        TRY(administrator_check(ctx));
    return audit_deletion(ctx, &user, call->messages);
}

enum err user_delete(struct ctx *ctx, const struct uuid *uuid, enum user_messages messages)
{
    struct delete_call call = { .uuid = uuid, .messages = messages };

    return db_run(ctx, delete_in_transaction, &call);
}

/* ---- password, from the command line ---- */

struct password_call {
    int64_t user_id;
    struct uuid user;
    struct str hash;
};

static enum err set_password_in_transaction(struct ctx *ctx, void *arg)
{
    struct password_call *call = arg;
    int64_t count = 0;

    TRY(db_exec(ctx, SQL_USER_PASSWORD_SET, DB_ARGS(DB_TEXT(call->hash), DB_INT(ctx->now_us), DB_INT(call->user_id)),
                &count));
    if (count == 0)
        return fail(ctx, ERR_USER_NOT_FOUND);
    TRY(revocation_end_sessions(ctx, call->user_id, 0));
    return audit_add(ctx, &(struct audit_entry){ .action = AUDIT_PASSWORD_RESET,
                                                 .target_kind = AUDIT_ON_USER,
                                                 .target = call->user,
                                                 .details = AUDIT_DETAILS(AUDIT_TEXT("by", STR("command line"))) });
}

enum err user_set_password(struct ctx *ctx, struct str email, struct str password)
{
    char hash[PASSWORD_HASH_BYTES];
    struct str old_hash;
    struct user user;
    enum err e;

    e = user_find_credential(ctx, email, &user, &old_hash);
    if (e != ERR_OK)
        return fail(ctx, e == ERR_NOT_FOUND ? ERR_USER_NOT_FOUND : e);
    TRY(password_hash_new(ctx, password, email, hash));
    return db_run(ctx, set_password_in_transaction,
                  &(struct password_call){ .user_id = user.id, .user = user.uuid, .hash = str_from(hash) });
}
