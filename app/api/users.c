#include "parley/api/users.h"

#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/domain/lifecycle/user_change.h"
#include "parley/domain/lifecycle/user_create.h"
#include "parley/domain/workspaces/workspace_overview.h"
#include "parley/gate/location.h"
#include "parley/gate/page_reply.h"
#include "parley/gate/precondition.h"
#include "parley/shapes/user.h"

enum { SKIP_MAX = 1000000, FOR_ADMINS = USER_CHANGE_ACTIVE | USER_CHANGE_ROLE | USER_CHANGE_EMAIL };

/* ---- what goes in and out ---- */
/* clang-format off */
struct user_create_body {
    struct body body;
    struct str email, password, first_name, last_name;
    int role;
};
#define CREATE_FIELD(member) .offset = offsetof(struct user_create_body, member)
static const struct field create_fields[] = {
    { "email", FIELD_EMAIL, FIELD_REQUIRED, CREATE_FIELD(email), .example = "\"ada@example.org\"",
      .doc = "An address for mail" },
    { "password", FIELD_PASSWORD, FIELD_REQUIRED, PASSWORD_MIN_BYTES, PASSWORD_MAX_BYTES, CREATE_FIELD(password),
      .example = "\"a long enough secret\"", .doc = "Bytes of UTF-8 are counted, not letters" },
    { "first_name", FIELD_STR, FIELD_NULLABLE | FIELD_LINE, 0, PERSON_NAME_MAX_CHARS, CREATE_FIELD(first_name),
      .example = "\"Ada\"", .doc = "As they write it" },
    { "last_name", FIELD_STR, FIELD_NULLABLE | FIELD_LINE, 0, PERSON_NAME_MAX_CHARS, CREATE_FIELD(last_name),
      .example = "\"Lovelace\"", .doc = "As they write it" },
    { "role", FIELD_ENUM, CREATE_FIELD(role), .names = user_role_names, .type_name = "UserRole",
      .doc = "USER unless said otherwise" },
};
static const struct spec create_spec = { SPEC_INIT("UserCreate", struct user_create_body, create_fields),
    .doc = "A new account" };

#define CHANGE_FIELD(member) .offset = offsetof(struct user_change_body, member)
static const struct field change_fields[] = {
    { "first_name", FIELD_STR, FIELD_NULLABLE | FIELD_LINE, 0, PERSON_NAME_MAX_CHARS, CHANGE_FIELD(first_name),
      .example = "\"Ada\"", .doc = "As they write it" },
    { "last_name", FIELD_STR, FIELD_NULLABLE | FIELD_LINE, 0, PERSON_NAME_MAX_CHARS, CHANGE_FIELD(last_name),
      .example = "\"Lovelace\"", .doc = "As they write it" },
    { "tos_accepted", FIELD_BOOL, CHANGE_FIELD(tos_accepted), .doc = "The terms of service were accepted" },
    { "is_active", FIELD_BOOL, CHANGE_FIELD(is_active), .doc = "ADMIN only. false ends all sessions" },
    { "role", FIELD_ENUM, CHANGE_FIELD(role), .names = user_role_names, .type_name = "UserRole", .doc = "ADMIN only" },
    { "email", FIELD_EMAIL, CHANGE_FIELD(email), .example = "\"ada@example.org\"",
      .doc = "ADMIN only, at once; not one's own, which POST /auth/email changes" },
};
static const struct spec change_spec = { SPEC_INIT("UserChange", struct user_change_body, change_fields),
    .doc = "What is to be changed of an account" };

#define DESERTED_FIELD(member) .offset = offsetof(struct deserted_workspace, member)
static const struct field deserted_fields[] = {
    { "id", FIELD_UUID, DESERTED_FIELD(uuid), .doc = "Its identifier" },
    { "name", FIELD_STR, DESERTED_FIELD(name), .example = "\"Team\"", .doc = "What it is called" },
};
static const struct spec deserted_spec = { SPEC_INIT("DesertedWorkspace", struct deserted_workspace, deserted_fields),
    .doc = "A workspace in which no owner can act" };

struct changed_view {
    struct user user;
    struct list deserted;
};
static const struct field changed_fields[] = {
    { SPEC_INLINE(&user_spec), .offset = offsetof(struct changed_view, user) },
    { "deserted_workspaces", FIELD_LIST, FIELD_OMIT, .offset = offsetof(struct changed_view, deserted),
      .spec = &deserted_spec,
      .doc = "Where an account is switched off: the workspaces (at most 50) in which no owner can act now; an administrator "
             "may take them over. Left out where there is none" },
};
static const struct spec changed_spec = { SPEC_INIT("ChangedUser", struct changed_view, changed_fields),
    .doc = "An account as it is now" };

struct list_query {
    struct body body;
    int64_t skip_count;
    struct str text;
};
static const struct field list_fields[] = {
    { "skip", FIELD_INT, 0, 0, SKIP_MAX, .offset = offsetof(struct list_query, skip_count),
      .doc = "Rows to leave out; the cursor is quicker" },
    { "q", FIELD_STR, 0, 0, NAME_MAX_CHARS, .offset = offsetof(struct list_query, text),
      .doc = "Part of an address, username or name" },
};
static const struct spec list_spec = { SPEC_INIT("UserListQuery", struct list_query, list_fields) };

static const char *const messages_names[] = { "keep", "erase", NULL };
struct delete_query {
    struct body body;
    int messages; /* enum user_messages */
};
static const struct field delete_fields[] = {
    { "messages", FIELD_ENUM, .offset = offsetof(struct delete_query, messages), .names = messages_names,
      .type_name = "DeletedUserMessages",
      .doc = "keep: what they wrote stays under \"Deleted user\"; erase: it and its files go" },
};
static const struct spec delete_spec = { SPEC_INIT("UserDeleteQuery", struct delete_query, delete_fields) };

#define STATS_FIELD(member) #member, FIELD_INT, .offset = offsetof(struct user_stats, member)
static const struct field stats_fields[] = {
    { STATS_FIELD(total_users), .example = "12", .doc = "All accounts" },
    { STATS_FIELD(active_users), .example = "12", .doc = "Those that are not switched off" },
    { STATS_FIELD(admin_users), .example = "12", .doc = "Those of administrators" },
    { STATS_FIELD(twofa_enabled_users), .example = "12", .doc = "Those with a second factor" },
};
static const struct spec stats_spec = { SPEC_INIT("UserStats", struct user_stats, stats_fields),
    .doc = "How many accounts there are" };
/* clang-format on */

/* ---- shared with other tables ---- */

void users_reply_created(struct ctx *ctx, const struct call *call, const struct user *user, struct reply *reply)
{
    char id[UUID_TEXT_BYTES];

    uuid_format(&user->uuid, id);
    location_set(ctx, call, reply, arena_printf(ctx->arena, "/users/%s", id));
    spec_encode(&reply->json, &user_spec, user);
}

void users_reply_one(const struct user *user, struct reply *reply)
{
    reply->version = user->version;
    spec_encode(&reply->json, &user_spec, user);
}

/* If-Match that names several tags, or any, is judged on the row as it is now, and that version is then demanded. */
static enum err wanted_version(struct ctx *ctx, const struct call *call, const struct uuid *uuid, int64_t *ret_version)
{
    struct user user;

    if (http_header(call->request, "If-Match").ptr == NULL) {
        *ret_version = 0;
        return ERR_OK;
    }
    TRY(user_get_by_uuid(ctx, uuid, &user));
    TRY(precondition_check(ctx, call, user.version));
    *ret_version = user.version;
    return ERR_OK;
}

enum err users_change(struct ctx *ctx, const struct call *call, const struct uuid *uuid, struct user *ret_user)
{
    const struct user_change_body *body = call->body;
    struct user_change change = {
        .what = (unsigned)body->body.sent,
        .first_name = body->first_name,
        .last_name = body->last_name,
        .tos_accepted = body->tos_accepted,
        .is_active = body->is_active,
        .role = (enum user_role)body->role,
        .email = body->email,
    };

    TRY(wanted_version(ctx, call, uuid, &change.version));
    return user_change(ctx, uuid, &change, ret_user);
}

/* People see themselves, an ADMIN everyone; somebody else looks like nobody. */
static enum err check_visible(struct ctx *ctx, const struct call *call)
{
    if (call->principal->role == USER_ROLE_ADMIN || uuid_eq(&call->ids[0], &call->principal->user))
        return ERR_OK;
    return fail(ctx, ERR_USER_NOT_FOUND);
}

enum err users_get_visible(struct ctx *ctx, const struct call *call, struct user *ret_user)
{
    TRY(check_visible(ctx, call));
    return user_get_by_uuid(ctx, &call->ids[0], ret_user);
}

/* ---- handlers ---- */

static enum err users_find(struct ctx *ctx, const struct call *call, const struct page *page, struct list *ret_list)
{
    const struct list_query *query = call->query;
    struct user_list_opts opts = { .query = query->text, .limit = page->limit };
    struct user *users;

    if (page->after.key_count > 0)
        opts.after_id = page->after.keys[0];
    else
        opts.skip_count = query->skip_count;
    TRY(user_list(ctx, &opts, &users, &ret_list->count));
    ret_list->items = users;
    return ERR_OK;
}

static enum err users_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    static const struct page_source source = { .list = users_find,
                                               .spec = &user_spec,
                                               .row_bytes = sizeof(struct user),
                                               .key_count = 1,
                                               .key_offsets = { offsetof(struct user, id) } };

    return page_reply(ctx, call, &source, reply);
}

static enum err users_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct user_create_body *body = call->body;
    struct user_create_opts opts = {
        .email = body->email,
        .password = body->password,
        .first_name = body->first_name,
        .last_name = body->last_name,
        .role = (enum user_role)body->role,
    };
    struct user user;

    TRY(user_create(ctx, &opts, &user));
    users_reply_created(ctx, call, &user, reply);
    return ERR_OK;
}

static enum err users_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct user user;

    TRY(users_get_visible(ctx, call, &user));
    users_reply_one(&user, reply);
    return ERR_OK;
}

static enum err users_put(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct user_change_body *body = call->body;
    struct changed_view view = { .deserted = { NULL, 0 } };

    TRY(check_visible(ctx, call));
    if ((body->body.sent & FOR_ADMINS) != 0 && call->principal->role != USER_ROLE_ADMIN)
        return fail(ctx, ERR_FORBIDDEN);
    TRY(users_change(ctx, call, &call->ids[0], &view.user));
    if ((body->body.sent & USER_CHANGE_ACTIVE) != 0 && !body->is_active)
        TRY(workspace_deserted_without(ctx, view.user.id, &view.deserted));
    reply->version = view.user.version;
    spec_encode(&reply->json, &changed_spec, &view);
    return ERR_OK;
}

static enum err users_delete(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct delete_query *query = call->query;

    (void)reply;
    return user_delete(ctx, &call->ids[0], (enum user_messages)query->messages);
}

static enum err users_stats(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct user_stats stats;

    (void)call;
    TRY(user_stats(ctx, &stats));
    spec_encode(&reply->json, &stats_spec, &stats);
    return ERR_OK;
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/users", users_list,
      .access = ACCESS_ADMIN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ADMIN, .rate = RATE_READ,
      .flags = ROUTE_PAGED, .query = &list_spec, .reply = &user_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listUsers",
      .summary = "List accounts in the order in which they were made", .tag = "Users" },
    { POST, "/users", users_post,
      .access = ACCESS_ADMIN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ADMIN, .rate = RATE_WRITE,
      .body = &create_spec, .reply = &user_spec, .status = 201,
      .id = "createUser",
      .fails = { ERR_EMAIL_TAKEN, ERR_USERNAME_TAKEN, ERR_PASSWORD_RULES, ERR_KEY_BOUNDS },
      .summary = "Make an account and its personal workspace", .tag = "Users" },
    { GET, "/users/stats/summary", users_stats,
      .access = ACCESS_ADMIN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ADMIN, .rate = RATE_READ,
      .reply = &stats_spec, .status = 200,
      .id = "getUserStats",
      .summary = "Count accounts", .tag = "Users" },
    { GET, "/users/{user}", users_get,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_READ, .rate = RATE_READ,
      .flags = ROUTE_TAGGED,
      .reply = &user_spec, .status = 200,
      .id = "getUser",
      .fails = { ERR_USER_NOT_FOUND },
      .summary = "Read one's own account; an ADMIN any", .tag = "Users" },
    { PUT, "/users/{user}", users_put,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ADMIN, .rate = RATE_WRITE,
      .flags = ROUTE_TAGGED,
      .body = &change_spec, .reply = &changed_spec, .status = 200,
      .id = "updateUser",
      .fails = { ERR_USER_NOT_FOUND, ERR_FORBIDDEN, ERR_LAST_ADMIN, ERR_EMAIL_TAKEN, ERR_KEY_BOUNDS },
      .doc = "What is not sent stays as it is. The last working administrator can be neither demoted nor switched "
              "off.",
      .summary = "Change one's own account; an ADMIN any, its state, role and address too", .tag = "Users" },
    { DELETE, "/users/{user}", users_delete,
      .access = ACCESS_ADMIN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ADMIN, .rate = RATE_WRITE,
      .query = &delete_spec, .status = 204,
      .id = "deleteUser",
      .fails = { ERR_USER_NOT_FOUND, ERR_LAST_ADMIN },
      .doc = "What they wrote stays under \"Deleted user\", unless `messages` is `erase`. The last working "
              "administrator stays.",
      .summary = "Delete an account and its personal data; a workspace that it owned alone is left without an owner",
      .tag = "Users" },
};
/* clang-format on */
const struct route_table users_routes = { routes, COUNT_OF(routes) };
