#include "parley/api/routes.h"
#include "parley/api/users.h"
#include "parley/core/limits.h"
#include "parley/domain/lifecycle/account.h"
#include "parley/domain/trust/session.h"
#include "parley/shapes/session.h"
#include "parley/shapes/user.h"
#include "sign_in_answer.h"

/* ---- what goes in and out ---- */
/* clang-format off */
#define CHANGE_FIELD(member) .offset = offsetof(struct user_change_body, member)
static const struct field me_change_fields[] = {
    { "first_name", FIELD_STR, FIELD_NULLABLE | FIELD_LINE, 0, PERSON_NAME_MAX_CHARS, CHANGE_FIELD(first_name),
      .example = "\"Ada\"", .doc = "As they write it" },
    { "last_name", FIELD_STR, FIELD_NULLABLE | FIELD_LINE, 0, PERSON_NAME_MAX_CHARS, CHANGE_FIELD(last_name),
      .example = "\"Lovelace\"", .doc = "As they write it" },
    { "tos_accepted", FIELD_BOOL, CHANGE_FIELD(tos_accepted), .doc = "The terms of service were accepted" },
};
static const struct spec me_change_spec = { SPEC_INIT("MeChange", struct user_change_body, me_change_fields),
    .doc = "What is to be changed of one's own account" };

struct password_body {
    struct body body;
    struct str current, next;
};
static const struct field password_fields[] = {
    { "current_password", FIELD_PASSWORD, FIELD_REQUIRED, 0, PASSWORD_OFFERED_MAX_BYTES,
      .offset = offsetof(struct password_body, current), .example = "\"a long enough secret\"",
      .doc = "The one that counts now" },
    { "new_password", FIELD_PASSWORD, FIELD_REQUIRED, PASSWORD_MIN_BYTES, PASSWORD_MAX_BYTES,
      .offset = offsetof(struct password_body, next), .example = "\"another long secret\"",
      .doc = "Bytes of UTF-8 are counted, not letters" },
};
static const struct spec password_spec = { SPEC_INIT("PasswordChange", struct password_body, password_fields),
    .doc = "The password that counts now, and the new one" };
/* clang-format on */

/* ---- handlers ---- */

static enum err sessions_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct list sessions;

    TRY(session_list(ctx, call->principal->user_id, &sessions));
    spec_encode_list(&reply->json, &session_spec, sessions.items, sessions.count);
    return ERR_OK;
}

static enum err sessions_delete_one(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)reply;
    return session_end(ctx, call->principal->user_id, &call->principal->user, &call->ids[0]);
}

static enum err sessions_delete_others(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)reply;
    return session_end_all(ctx, call->principal->user_id, &call->principal->user);
}

static enum err me_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct user user;

    TRY(user_get(ctx, call->principal->user_id, &user));
    users_reply_one(&user, reply);
    return ERR_OK;
}

static enum err me_put(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct user user;

    TRY(users_change(ctx, call, &call->principal->user, &user));
    users_reply_one(&user, reply);
    return ERR_OK;
}

static enum err password_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct password_body *body = call->body;

    (void)reply;
    return account_change_password(ctx, call->principal, body->current, body->next);
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/auth/sessions", sessions_list,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_READ,
      .reply = &session_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listSessions", .summary = "List one's sign-in sessions, newest first", .tag = "Sign-in" },
    { DELETE, "/auth/sessions", sessions_delete_others,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_WRITE, .status = 204,
      .id = "endOtherSessions", .summary = "End all sign-in sessions but this one", .tag = "Sign-in" },
    { DELETE, "/auth/sessions/{session}", sessions_delete_one,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_WRITE, .status = 204,
      .id = "endSession", .fails = { ERR_SESSION_NOT_FOUND },
      .summary = "End one sign-in session", .tag = "Sign-in" },
    { GET, "/auth/me", me_get,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_READ, .rate = RATE_READ,
      .flags = ROUTE_TAGGED,
      .reply = &user_spec, .status = 200,
      .id = "getMe", .fails = { ERR_USER_NOT_FOUND },
      .summary = "Read one's own account", .tag = "Sign-in" },
    { PUT, "/auth/me", me_put,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_WRITE,
      .flags = ROUTE_TAGGED,
      .body = &me_change_spec, .reply = &user_spec, .status = 200,
      .id = "updateMe", .fails = { ERR_USER_NOT_FOUND }, .doc = "What is not sent stays as it is.",
      .summary = "Change one's own account", .tag = "Sign-in" },
    { POST, "/auth/password", password_post,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_CREDENTIAL,
      .body = &password_spec, .status = 204,
      .id = "changePassword", .fails = { ERR_PASSWORD_WRONG, ERR_PASSWORD_RULES, ERR_LOGIN, ERR_NO_PASSWORD },
      .summary = "Change one's password and end the other sign-in sessions", .tag = "Sign-in" },
};
/* clang-format on */
const struct route_table auth_routes = { routes, COUNT_OF(routes) };
