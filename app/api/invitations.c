#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/domain/workspaces/invitation.h"
#include "parley/domain/workspaces/workspace.h"
#include "parley/gate/location.h"
#include "parley/gate/page_reply.h"
#include "parley/shapes/member.h"
#include "parley/shapes/workspace.h"

/* ---- what goes in and out ---- */
/* clang-format off */
struct invite_body {
    struct body body;
    struct str email;
    int role; /* enum member_role */
    int64_t expires_in_days;
};
enum { INVITE_EMAIL, INVITE_ROLE, INVITE_EXPIRES };
static const struct field invite_fields[] = {
    [INVITE_EMAIL] = { "email", FIELD_EMAIL, FIELD_REQUIRED, .offset = offsetof(struct invite_body, email),
      .example = "\"ada@example.org\"", .doc = "Whom to invite" },
    [INVITE_ROLE] = { "role", FIELD_ENUM, .min = MEMBER_ROLE_GUEST, .offset = offsetof(struct invite_body, role),
      .names = member_role_names, .type_name = "WorkspaceRole", .doc = "MEMBER when not sent; at most one's own" },
    [INVITE_EXPIRES] = { "expires_in_days", FIELD_INT, 0, 1, INVITATION_DAYS_MAX,
                         .offset = offsetof(struct invite_body, expires_in_days), .doc = "7 when not sent" },
};
static const struct spec invite_spec = { SPEC_INIT("Invite", struct invite_body, invite_fields),
    .doc = "Whom to invite" };

static const char *const outcome_names[] = { "member", "invited", NULL };
struct invited_reply {
    struct str message;
    int status; /* enum invite_outcome */
    struct uuid user, invitation;
    struct str url;
};
#define INVITED_FIELD(member) .offset = offsetof(struct invited_reply, member)
static const struct field invited_fields[] = {
    { "message", FIELD_STR, INVITED_FIELD(message), .doc = "A sentence for a person" },
    { "status", FIELD_ENUM, INVITED_FIELD(status), .names = outcome_names, .type_name = "InviteOutcome",
      .doc = "member: they are in it at once; invited: they got a link" },
    { "workspace_user_id", FIELD_UUID, FIELD_OMIT, INVITED_FIELD(user), .doc = "Who is a member now" },
    { "invitation_id", FIELD_UUID, FIELD_OMIT, INVITED_FIELD(invitation), .doc = "The invitation that was made" },
    { "invite_url", FIELD_STR, FIELD_OMIT, INVITED_FIELD(url), .doc = "The link for the one invited; shown only here" },
};
static const struct spec invited_spec = { SPEC_INIT("Invited", struct invited_reply, invited_fields),
    .doc = "What came of it" };

#define INVITATION_FIELD(member) .offset = offsetof(struct invitation, member)
static const struct field invitation_fields[] = {
    { "id", FIELD_UUID, INVITATION_FIELD(uuid), .doc = "Its identifier" },
    { "email", FIELD_STR, INVITATION_FIELD(email), .example = "\"ada@example.org\"", .doc = "Whom it is for" },
    { "role", FIELD_ENUM, .min = MEMBER_ROLE_GUEST, INVITATION_FIELD(role), .names = member_role_names,
      .type_name = "WorkspaceRole", .doc = "What they will be in the workspace" },
    { "invited_by", FIELD_UUID, FIELD_NULLABLE, INVITATION_FIELD(invited_by),
      .doc = "Who invites; null once they are gone" },
    { "invited_by_name", FIELD_STR, INVITATION_FIELD(invited_by_name), .example = "\"Ada Lovelace\"",
      .doc = "Their name" },
    { "created_at", FIELD_TIME, INVITATION_FIELD(created_us), .doc = "When it was made" },
    { "expires_at", FIELD_TIME, INVITATION_FIELD(expires_us), .doc = "When its link stops working" },
};
static const struct spec invitation_spec = { SPEC_INIT("Invitation", struct invitation, invitation_fields),
    .doc = "An invitation that is open" };

static const struct field preview_fields[] = {
    { "workspace_id", FIELD_UUID, INVITATION_FIELD(workspace), .doc = "The workspace that it is in" },
    { "workspace_name", FIELD_STR, INVITATION_FIELD(workspace_name), .example = "\"Team\"",
      .doc = "What the workspace is called" },
    { "email", FIELD_STR, INVITATION_FIELD(email), .example = "\"ada@example.org\"", .doc = "Whom it is for" },
    { "role", FIELD_ENUM, .min = MEMBER_ROLE_GUEST, INVITATION_FIELD(role), .names = member_role_names,
      .type_name = "WorkspaceRole", .doc = "What they would be in it" },
    { "invited_by_name", FIELD_STR, INVITATION_FIELD(invited_by_name), .example = "\"Ada Lovelace\"",
      .doc = "Their name" },
    { "expires_at", FIELD_TIME, INVITATION_FIELD(expires_us), .doc = "When its link stops working" },
};
static const struct spec preview_spec = { SPEC_INIT("InvitationPreview", struct invitation, preview_fields),
    .doc = "What an invitation stands for" };

struct token_body {
    struct body body;
    struct str token;
};
static const struct field token_fields[] = {
    { "token", FIELD_STR, FIELD_REQUIRED, 1, LINK_TOKEN_OFFERED_MAX_CHARS, .offset = offsetof(struct token_body, token),
      .doc = "What stands behind token= in the link" },
};
static const struct spec token_spec = { SPEC_INIT("InvitationToken", struct token_body, token_fields),
    .doc = "The token of an invitation" };
/* clang-format on */

/* ---- inviting ---- */

static struct invited_reply invited_reply_make(struct ctx *ctx, const struct invite_opts *opts,
                                               const struct invited *invited)
{
    struct invited_reply out = {
        .status = (int)invited->outcome, .user = invited->user, .invitation = invited->invitation, .url = invited->url
    };

    out.message = str_from(arena_printf(ctx->arena, "User %.*s invited to workspace with role %s", STR_FMT(opts->email),
                                        member_role_names[opts->role - MEMBER_ROLE_GUEST]));
    return out;
}

static void invited_location_set(struct ctx *ctx, const struct call *call, const struct invited *invited,
                                 struct reply *reply)
{
    bool is_member = invited->outcome == INVITE_MEMBER;
    char workspace[UUID_TEXT_BYTES];
    char made[UUID_TEXT_BYTES];

    uuid_format(&call->workspace.workspace, workspace);
    uuid_format(is_member ? &invited->user : &invited->invitation, made);
    location_set(
        ctx, call, reply,
        arena_printf(ctx->arena, "/workspaces/%s/%s/%s", workspace, is_member ? "users" : "invitations", made));
}

static enum err invite_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct invite_body *body = call->body;
    const struct invite_opts opts = {
        .inviter_id = call->principal->user_id,
        .email = body->email,
        .role = body_sent(body, INVITE_ROLE) ? (enum member_role)body->role : MEMBER_ROLE_MEMBER,
        .expires_in_days = body_sent(body, INVITE_EXPIRES) ? body->expires_in_days : INVITATION_DAYS_STANDARD,
    };
    struct invited_reply out;
    struct invited invited;

    TRY(invitation_invite(ctx, &call->workspace, &opts, &invited));
    out = invited_reply_make(ctx, &opts, &invited);
    invited_location_set(ctx, call, &invited, reply);
    spec_encode(&reply->json, &invited_spec, &out);
    return ERR_OK;
}

static enum err invitations_find(struct ctx *ctx, const struct call *call, const struct page *page,
                                 struct list *ret_list)
{
    bool first = page->after.key_count == 0;
    const struct invitation_list_opts opts = {
        .after_created_us = first ? INT64_MAX : page->after.keys[0],
        .after_id = first ? INT64_MAX : page->after.keys[1],
        .limit = page->limit,
    };

    return invitation_list(ctx, &call->workspace, &opts, ret_list);
}

static enum err invitations_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    static const struct page_source source = { .list = invitations_find,
                                               .spec = &invitation_spec,
                                               .row_bytes = sizeof(struct invitation),
                                               .key_count = 2,
                                               .key_offsets = { offsetof(struct invitation, created_us),
                                                                offsetof(struct invitation, id) } };

    return page_reply(ctx, call, &source, reply);
}

static enum err invitations_delete(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)reply;
    return invitation_withdraw(ctx, &call->workspace, call->principal->user_id, &call->ids[0]);
}

/* ---- being invited ---- */

static enum err invitation_lookup(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct token_body *body = call->body;
    struct invitation invitation;

    TRY(invitation_find_by_token(ctx, body->token, &invitation));
    spec_encode(&reply->json, &preview_spec, &invitation);
    return ERR_OK;
}

static enum err invitation_accept_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct token_body *body = call->body;
    struct invitation invitation;
    struct workspace workspace;

    TRY(invitation_accept(ctx, body->token, call->principal->user_id, str_from(call->principal->email), &invitation));
    TRY(workspace_get(ctx, &invitation.workspace, call->principal->user_id, &workspace));
    spec_encode(&reply->json, &workspace_spec, &workspace);
    return ERR_OK;
}

/* clang-format off */
static const struct route routes[] = {
    { POST, "/workspaces/{workspace}/invite", invite_post,
      .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER, .scope = SCOPE_WRITE, .rate = RATE_WRITE,
      .body = &invite_spec, .reply = &invited_spec, .status = 201,
      .id = "inviteToWorkspace",
      .fails = { ERR_ALREADY_MEMBER, ERR_PERSONAL_WORKSPACE, ERR_LIMIT, ERR_USER_NOT_FOUND },
      .doc = "Who has an account is a member at once, where INVITE_ADDS_AT_ONCE is on; any other address gets a "
              "link, by mail where the server sends mail.",
      .summary = "Add someone who has an account, or invite an address", .tag = "Invitations" },
    { GET, "/workspaces/{workspace}/invitations", invitations_list,
      .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER, .scope = SCOPE_READ, .rate = RATE_READ,
      .flags = ROUTE_PAGED, .reply = &invitation_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listInvitations",
      .summary = "List open invitations, newest first", .tag = "Invitations" },
    { DELETE, "/workspaces/{workspace}/invitations/{invitation}", invitations_delete,
      .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER, .scope = SCOPE_WRITE, .rate = RATE_WRITE, .status = 204,
      .id = "withdrawInvitation",
      .fails = { ERR_INVITATION, ERR_FORBIDDEN },
      .summary = "Withdraw an invitation (OWNER, or its author)", .tag = "Invitations" },
    { POST, "/invitations/lookup", invitation_lookup,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_NOBODY,
      .body = &token_spec, .reply = &preview_spec, .status = 200,
      .id = "lookUpInvitation",
      .fails = { ERR_INVITATION },
      .summary = "Say what an invitation's token stands for", .tag = "Invitations" },
    { POST, "/invitations/accept", invitation_accept_post,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_WRITE,
      .body = &token_spec, .reply = &workspace_spec, .status = 200,
      .id = "acceptInvitation",
      .fails = { ERR_INVITATION, ERR_ALREADY_MEMBER, ERR_FORBIDDEN, ERR_LIMIT, ERR_USER_NOT_FOUND,
                 ERR_WORKSPACE_NOT_FOUND, ERR_SECOND_FACTOR },
      .summary = "Accept an invitation to one's own address, once", .tag = "Invitations" },
};
/* clang-format on */
const struct route_table invitations_routes = { routes, COUNT_OF(routes) };
