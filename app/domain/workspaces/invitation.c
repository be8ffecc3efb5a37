#include "parley/domain/workspaces/invitation.h"

#include <inttypes.h>

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/people/display_name.h"
#include "parley/domain/people/email.h"
#include "parley/domain/people/user.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/record/link_token.h"
#include "parley/domain/record/mail_queue.h"
#include "parley/domain/workspaces/workspace.h"
#include "parley/domain/workspaces/workspace_row.h"

static struct db_value hash_value(const struct link_token_hash *hash)
{
    return DB_BLOB(link_token_hash_str(hash));
}

/* ---- what a token stands for ---- */

static enum err token_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct invitation *i = arg;

    *i = (struct invitation){
        .id = db_row_int(row, INVITATION_BY_TOKEN_ID),
        .uuid = db_row_uuid(row, INVITATION_BY_TOKEN_UUID),
        .workspace_id = db_row_int(row, INVITATION_BY_TOKEN_WORKSPACE_ID),
        .workspace = db_row_uuid(row, INVITATION_BY_TOKEN_WORKSPACE_UUID),
        .workspace_name = arena_str(ctx->arena, db_row_str(row, INVITATION_BY_TOKEN_WORKSPACE_NAME)),
        .email = arena_str(ctx->arena, db_row_str(row, INVITATION_BY_TOKEN_EMAIL)),
        .role = (enum member_role)db_row_int(row, INVITATION_BY_TOKEN_ROLE),
        .invited_by = db_row_uuid(row, INVITATION_BY_TOKEN_AUTHOR_UUID),
        .created_us = db_row_int(row, INVITATION_BY_TOKEN_CREATED_US),
        .expires_us = db_row_int(row, INVITATION_BY_TOKEN_EXPIRES_US),
        .invited_by_name = display_name(ctx, db_row_str(row, INVITATION_BY_TOKEN_FIRST_NAME),
                                        db_row_str(row, INVITATION_BY_TOKEN_LAST_NAME),
                                        db_row_str(row, INVITATION_BY_TOKEN_USERNAME)),
    };
    return arena_check(ctx->arena);
}

enum err invitation_find_by_token(struct ctx *ctx, struct str token, struct invitation *ret_invitation)
{
    struct link_token_hash hash;
    enum err e;

    if (!link_token_read(token, &hash))
        return fail(ctx, ERR_INVITATION);
    e = db_one(ctx, SQL_INVITATION_BY_TOKEN, DB_ARGS(hash_value(&hash), DB_INT(ctx->now_us)), token_read,
               ret_invitation);
    return e == ERR_NOT_FOUND ? fail(ctx, ERR_INVITATION) : e;
}

static enum err audit_invitation(struct ctx *ctx, enum audit_action action, const struct uuid *invitation,
                                 const struct uuid *workspace, enum member_role role)
{
    return audit_add(ctx,
                     &(struct audit_entry){ .action = action,
                                            .target_kind = AUDIT_ON_INVITATION,
                                            .target = *invitation,
                                            .details = AUDIT_DETAILS(AUDIT_UUID("workspace", workspace),
                                                                     AUDIT_TEXT("role", member_role_name(role))) });
}

/* ---- redeeming it ---- */

struct acceptance {
    struct str token;
    int64_t user_id;
    struct str email;
    struct invitation invitation;
};

/* Ends all invitations to the address that the caller may end: as `author`, or all as an OWNER. */
static enum err invitation_replace(struct ctx *ctx, int64_t workspace_id, struct str email, int64_t author_id,
                                   enum member_role author_role)
{
    return db_exec(
        ctx, SQL_INVITATION_REPLACE,
        DB_ARGS(DB_TEXT(email), DB_INT(workspace_id), DB_INT(author_id), DB_INT(author_role >= MEMBER_ROLE_OWNER)),
        NULL);
}

static enum err redeem(struct ctx *ctx, const struct invitation *invitation)
{
    int64_t count = 0;

    TRY(db_exec(
        ctx, SQL_INVITATION_REDEEM,
        DB_ARGS(DB_INT(ctx->now_us), DB_INT(invitation->workspace_id), DB_INT(invitation->id), DB_INT(ctx->now_us)),
        &count));
    return count > 0 ? ERR_OK : fail(ctx, ERR_INVITATION);
}

/* The locks come before the redeeming, so an author who is being removed has withdrawn it, or has not been removed yet. */
static enum err accept(struct ctx *ctx, void *arg)
{
    struct acceptance *acceptance = arg;
    struct invitation *invitation = &acceptance->invitation;
    enum member_role role;
    int64_t member_count;

    TRY(invitation_find_by_token(ctx, acceptance->token, invitation));
    if (!str_eq(invitation->email, acceptance->email))
        return failf(ctx, ERR_FORBIDDEN, "This invitation is for another address");
    TRY(user_row_lock(ctx, acceptance->user_id));
    TRY(workspace_row_lock(ctx, invitation->workspace_id, &member_count));
    TRY(redeem(ctx, invitation));
    TRY(member_role_get(ctx, invitation->workspace_id, acceptance->user_id, &role));
    if (role == MEMBER_ROLE_NONE)
        TRY(member_add(ctx, invitation->workspace_id, member_count, acceptance->user_id, invitation->role));
    TRY(invitation_replace(ctx, invitation->workspace_id, invitation->email, 0, MEMBER_ROLE_OWNER));
    return audit_invitation(ctx, AUDIT_INVITATION_ACCEPTED, &invitation->uuid, &invitation->workspace,
                            invitation->role);
}

enum err invitation_accept(struct ctx *ctx, struct str token, int64_t user_id, struct str email,
                           struct invitation *ret_invitation)
{
    struct acceptance acceptance = { .token = token, .user_id = user_id, .email = email };

    TRY(db_run(ctx, accept, &acceptance));
    *ret_invitation = acceptance.invitation;
    return ERR_OK;
}

/* ---- inviting ---- */

struct invite_call {
    const struct membership *inviter;
    const struct invite_opts *opts;
    struct str email;
    struct uuid uuid;
    struct str token, url;
    struct link_token_hash token_hash;
    struct candidate {
        int64_t user_id; /* 0: nobody has this address */
        struct uuid user;
        enum member_role role;
    } candidate;
    enum invite_outcome outcome;
};

static enum err candidate_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct candidate *candidate = arg;

    (void)ctx;
    candidate->user_id = db_row_int(row, INVITATION_CANDIDATE_ID);
    candidate->user = db_row_uuid(row, INVITATION_CANDIDATE_UUID);
    candidate->role = (enum member_role)db_row_int(row, INVITATION_CANDIDATE_ROLE);
    return ERR_OK;
}

static enum err candidate_find(struct ctx *ctx, struct invite_call *call)
{
    enum err e;

    call->candidate = (struct candidate){ .user_id = 0 };
    e = db_one(ctx, SQL_INVITATION_CANDIDATE, DB_ARGS(DB_INT(call->inviter->workspace_id), DB_TEXT(call->email)),
               candidate_read, &call->candidate);
    if (e != ERR_NOT_FOUND)
        TRY(e);
    return call->candidate.role == MEMBER_ROLE_NONE ? ERR_OK : fail(ctx, ERR_ALREADY_MEMBER);
}

static enum err invitation_insert(struct ctx *ctx, const struct invite_call *call)
{
    int64_t workspace_id = call->inviter->workspace_id;
    int64_t pending_count = 0;

    TRY(db_number(ctx, SQL_INVITATION_PENDING_COUNT, DB_ARGS(DB_INT(workspace_id), DB_INT(ctx->now_us)),
                  &pending_count));
    if (pending_count >= INVITATIONS_PENDING_MAX)
        return failf(ctx, ERR_LIMIT, "A workspace has at most %d open invitations", INVITATIONS_PENDING_MAX);
    return db_insert(ctx, SQL_INVITATION_INSERT,
                     DB_ARGS(DB_UUID(&call->uuid), DB_INT(workspace_id), DB_TEXT(call->email), DB_INT(call->opts->role),
                             hash_value(&call->token_hash), DB_INT(call->opts->inviter_id), DB_INT(ctx->now_us),
                             DB_INT(ctx->now_us + call->opts->expires_in_days * US_PER_DAY)),
                     NULL);
}

/* The row that has just been made says by whom and to what. */
static enum err mail_add(struct ctx *ctx, const struct invite_call *call)
{
    struct mail_draft draft = { .recipient = call->email };
    struct invitation invitation = { 0 };
    struct str inviter, workspace;

    if (!mail_queue_is_on(ctx))
        return ERR_OK;
    TRY(invitation_find_by_token(ctx, call->token, &invitation));
    inviter = mail_queue_line(ctx->arena, invitation.invited_by_name);
    workspace = mail_queue_line(ctx->arena, invitation.workspace_name);
    draft.expires_us = invitation.expires_us;
    draft.subject = str_from(arena_printf(ctx->arena, "An invitation to %s", ctx->config->app_name));
    draft.text = str_from(arena_printf(ctx->arena,
                                       "Hello,\n"
                                       "\n"
                                       "%.*s invites you to the workspace \"%.*s\" at %s.\n"
                                       "This link is for you alone and works once, within %" PRId64 " %s:\n"
                                       "\n"
                                       "%.*s\n"
                                       "\n"
                                       "If you do not know what this is about, do nothing.\n",
                                       STR_FMT(inviter), STR_FMT(workspace), ctx->config->app_name,
                                       call->opts->expires_in_days, call->opts->expires_in_days == 1 ? "day" : "days",
                                       STR_FMT(call->url)));
    TRY(arena_check(ctx->arena));
    return mail_queue_add(ctx, &draft);
}

static enum err audit_addition(struct ctx *ctx, const struct invite_call *call)
{
    return audit_add(
        ctx, &(struct audit_entry){ .action = AUDIT_MEMBER_ADDED,
                                    .target_kind = AUDIT_ON_USER,
                                    .target = call->candidate.user,
                                    .details = AUDIT_DETAILS(AUDIT_UUID("workspace", &call->inviter->workspace),
                                                             AUDIT_TEXT("role", member_role_name(call->opts->role))) });
}

static enum err invite(struct ctx *ctx, void *arg)
{
    struct invite_call *call = arg;
    const struct invite_opts *opts = call->opts;
    int64_t workspace_id = call->inviter->workspace_id;
    int64_t member_count;
    enum member_role own_role;

    if (ctx->config->invite_adds_at_once)
        TRY(user_row_lock_by_email(ctx, call->email));
    TRY(workspace_row_lock(ctx, workspace_id, &member_count));
    TRY(member_role_get(ctx, workspace_id, opts->inviter_id, &own_role));
    if (own_role < MEMBER_ROLE_MEMBER || opts->role > own_role)
        return failf(ctx, ERR_FORBIDDEN, "Nobody can give a role above their own");
    TRY(candidate_find(ctx, call));
    TRY(invitation_replace(ctx, workspace_id, call->email, opts->inviter_id, own_role));
    if (call->candidate.user_id != 0 && ctx->config->invite_adds_at_once) {
        call->outcome = INVITE_MEMBER;
        TRY(member_add(ctx, workspace_id, member_count, call->candidate.user_id, opts->role));
        return audit_addition(ctx, call);
    }
    call->outcome = INVITE_INVITED;
    TRY(invitation_insert(ctx, call));
    TRY(mail_add(ctx, call));
    return audit_invitation(ctx, AUDIT_INVITATION_CREATED, &call->uuid, &call->inviter->workspace, opts->role);
}

static enum err link_new(struct ctx *ctx, struct invite_call *call)
{
    TRY(link_token_new(ctx, &call->token_hash, &call->token));
    call->url = str_from(
        arena_printf(ctx->arena, "%s/app/#/invite?token=%.*s", ctx->config->public_url, STR_FMT(call->token)));
    return call->url.ptr != NULL ? ERR_OK : fail(ctx, ERR_NO_MEMORY);
}

enum err invitation_invite(struct ctx *ctx, const struct membership *inviter, const struct invite_opts *opts,
                           struct invited *ret_invited)
{
    struct invite_call call = { .inviter = inviter, .opts = opts, .uuid = uuid_new() };

    if (inviter->personal)
        return fail(ctx, ERR_PERSONAL_WORKSPACE);
    call.email = email_normalise(ctx->arena, opts->email);
    if (call.email.ptr == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    TRY(link_new(ctx, &call));
    TRY(db_run(ctx, invite, &call));
    *ret_invited = call.outcome == INVITE_MEMBER
                       ? (struct invited){ .outcome = INVITE_MEMBER, .user = call.candidate.user }
                       : (struct invited){ .outcome = INVITE_INVITED, .invitation = call.uuid, .url = call.url };
    return ERR_OK;
}

/* ---- the open ones of a workspace ---- */

static enum err listed_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct invitation *added = list_add(ctx->arena, arg, sizeof(*added));

    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *added = (struct invitation){
        .id = db_row_int(row, INVITATION_LIST_ID),
        .uuid = db_row_uuid(row, INVITATION_LIST_UUID),
        .email = arena_str(ctx->arena, db_row_str(row, INVITATION_LIST_EMAIL)),
        .role = (enum member_role)db_row_int(row, INVITATION_LIST_ROLE),
        .invited_by = db_row_uuid(row, INVITATION_LIST_AUTHOR_UUID),
        .created_us = db_row_int(row, INVITATION_LIST_CREATED_US),
        .expires_us = db_row_int(row, INVITATION_LIST_EXPIRES_US),
    };
    if (db_row_is_null(row, INVITATION_LIST_USERNAME) || !db_row_is_null(row, INVITATION_LIST_DELETED_US))
        added->invited_by_name = STR(DELETED_USER_NAME);
    else
        added->invited_by_name = display_name(ctx, db_row_str(row, INVITATION_LIST_FIRST_NAME),
                                              db_row_str(row, INVITATION_LIST_LAST_NAME),
                                              db_row_str(row, INVITATION_LIST_USERNAME));
    return arena_check(ctx->arena);
}

enum err invitation_list(struct ctx *ctx, const struct membership *caller, const struct invitation_list_opts *opts,
                         struct list *ret_list)
{
    struct list list = { NULL, 0 };

    TRY(db_each(ctx, SQL_INVITATION_LIST,
                DB_ARGS(DB_INT(caller->workspace_id), DB_INT(ctx->now_us), DB_INT(opts->after_created_us),
                        DB_INT(opts->after_created_us), DB_INT(opts->after_id), DB_INT(opts->limit)),
                listed_read, &list));
    *ret_list = list;
    return ERR_OK;
}

enum err invitation_follow(struct ctx *ctx, struct str old_email, struct str email)
{
    return db_exec(ctx, SQL_INVITATION_EMAIL_FOLLOW, DB_ARGS(DB_TEXT(email), DB_TEXT(old_email)), NULL);
}

struct author {
    int64_t invitation_id, user_id;
};

static enum err author_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct author *author = arg;

    (void)ctx;
    author->invitation_id = db_row_int(row, INVITATION_AUTHOR_ID);
    author->user_id = db_row_int(row, INVITATION_AUTHOR_INVITED_BY);
    return ERR_OK;
}

struct withdrawal {
    const struct membership *caller;
    int64_t caller_id;
    const struct uuid *invitation;
};

static enum err withdraw(struct ctx *ctx, void *arg)
{
    const struct withdrawal *withdrawal = arg;
    const struct membership *caller = withdrawal->caller;
    struct author author;
    int64_t member_count, count = 0;
    enum err e;

    TRY(workspace_row_lock(ctx, caller->workspace_id, &member_count));
    e = db_one(ctx, SQL_INVITATION_AUTHOR,
               DB_ARGS(DB_UUID(withdrawal->invitation), DB_INT(caller->workspace_id), DB_INT(ctx->now_us)), author_read,
               &author);
    if (e == ERR_NOT_FOUND)
        return fail(ctx, ERR_INVITATION);
    TRY(e);
    TRY(member_require(ctx, caller, withdrawal->caller_id,
                       author.user_id == withdrawal->caller_id ? MEMBER_ROLE_MEMBER : MEMBER_ROLE_OWNER));
    TRY(db_exec(ctx, SQL_INVITATION_WITHDRAW, DB_ARGS(DB_INT(author.invitation_id), DB_INT(caller->workspace_id)),
                &count));
    if (count == 0)
        return fail(ctx, ERR_INVITATION);
    return audit_add(ctx,
                     &(struct audit_entry){ .action = AUDIT_INVITATION_WITHDRAWN,
                                            .target_kind = AUDIT_ON_INVITATION,
                                            .target = *withdrawal->invitation,
                                            .details = AUDIT_DETAILS(AUDIT_UUID("workspace", &caller->workspace)) });
}

enum err invitation_withdraw(struct ctx *ctx, const struct membership *caller, int64_t caller_id,
                             const struct uuid *invitation)
{
    return db_run(ctx, withdraw, &(struct withdrawal){ caller, caller_id, invitation });
}
