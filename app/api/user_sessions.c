/* The sign-in sessions of an account, for its owner and for administrators. */
#include "parley/api/routes.h"
#include "parley/api/users.h"
#include "parley/domain/trust/session.h"
#include "parley/shapes/session.h"

static enum err sessions_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct list sessions;
    struct user user;

    TRY(users_get_visible(ctx, call, &user));
    TRY(session_list(ctx, user.id, &sessions));
    spec_encode_list(&reply->json, &session_spec, sessions.items, sessions.count);
    return ERR_OK;
}

static enum err sessions_delete_all(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct user user;

    (void)reply;
    TRY(users_get_visible(ctx, call, &user));
    return session_end_all(ctx, user.id, &user.uuid);
}

static enum err sessions_delete_one(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct user user;

    (void)reply;
    TRY(users_get_visible(ctx, call, &user));
    return session_end(ctx, user.id, &user.uuid, &call->ids[1]);
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/users/{user}/sessions", sessions_list,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ADMIN, .rate = RATE_READ,
      .reply = &session_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listUserSessions",
      .fails = { ERR_USER_NOT_FOUND },
      .summary = "List the sign-in sessions of one's own account, an ADMIN of any, newest first", .tag = "Users" },
    { DELETE, "/users/{user}/sessions", sessions_delete_all,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ADMIN, .rate = RATE_WRITE, .status = 204,
      .id = "endUserSessions",
      .fails = { ERR_USER_NOT_FOUND },
      .summary = "End all sign-in sessions of an account but the one that asks", .tag = "Users" },
    { DELETE, "/users/{user}/sessions/{session}", sessions_delete_one,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ADMIN, .rate = RATE_WRITE, .status = 204,
      .id = "endUserSession",
      .fails = { ERR_USER_NOT_FOUND, ERR_SESSION_NOT_FOUND },
      .summary = "End one sign-in session of an account", .tag = "Users" },
};
/* clang-format on */
const struct route_table user_sessions_routes = { routes, COUNT_OF(routes) };
