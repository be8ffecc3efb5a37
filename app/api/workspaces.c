#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/domain/workspaces/workspace.h"
#include "parley/gate/location.h"
#include "parley/gate/page_reply.h"
#include "parley/gate/precondition.h"
#include "parley/shapes/member.h"
#include "parley/shapes/workspace.h"

/* ---- what goes in and out ---- */
/* clang-format off */
struct detail_view {
    struct workspace workspace;
    struct list users; /* written piece by piece */
};
static const struct field detail_fields[] = {
    { SPEC_INLINE(&workspace_spec) },
    { "users", FIELD_LIST, .offset = offsetof(struct detail_view, users), .spec = &member_spec,
      .doc = "All who are in it" },
};
static const struct spec detail_spec = { SPEC_INIT("WorkspaceWithUsers", struct detail_view, detail_fields),
    .doc = "A workspace and all who are in it" };

struct create_body {
    struct body body;
    struct str name;
};
static const struct field create_fields[] = {
    { "name", FIELD_STR, FIELD_REQUIRED | FIELD_LINE, 1, NAME_MAX_CHARS, .offset = offsetof(struct create_body, name),
      .example = "\"Team\"", .doc = "What it is called" },
};
static const struct spec create_spec = { SPEC_INIT("WorkspaceCreate", struct create_body, create_fields),
    .doc = "A new workspace" };

/* Rows in the order of enum workspace_field's bits. */
struct change_body {
    struct body body;
    struct str name;
    int64_t retention_days;
    bool require_2fa;
};
static const struct field change_fields[] = {
    { "name", FIELD_STR, FIELD_LINE, 1, NAME_MAX_CHARS, .offset = offsetof(struct change_body, name),
      .example = "\"Team\"", .doc = "What it is called" },
    { "retention_days", FIELD_INT, FIELD_NULLABLE, 1, RETENTION_DAYS_MAX,
      .offset = offsetof(struct change_body, retention_days), 
      .doc = "Messages that are older go, with their files, within an hour (/retention/preview counts them); null: kept for ever" },
    { "require_2fa", FIELD_BOOL, .offset = offsetof(struct change_body, require_2fa),
      .doc = "true is for an OWNER who has a second factor" },
};
static const struct spec change_spec = { SPEC_INIT("WorkspaceChange", struct change_body, change_fields),
    .doc = "What is to be changed of a workspace" };

struct people_query {
    struct body body;
    struct str text;
    int role; /* enum member_role */
};
enum { PEOPLE_TEXT, PEOPLE_ROLE };
static const struct field people_fields[] = {
    [PEOPLE_TEXT] = { "q", FIELD_STR, 0, 0, NAME_MAX_CHARS, .offset = offsetof(struct people_query, text),
                      .doc = "What a word of the name, the username or the address begins with, in any case; a GUEST finds"
                             " nobody by an address" },
    [PEOPLE_ROLE] = { "role", FIELD_ENUM, .min = MEMBER_ROLE_GUEST, .offset = offsetof(struct people_query, role),
      .names = member_role_names, .type_name = "WorkspaceRole", .doc = "Only those with this role" },
};
static const struct spec people_spec = { SPEC_INIT("PeopleQuery", struct people_query, people_fields) };

struct role_body {
    struct body body;
    int role; /* enum member_role */
};
static const struct field role_fields[] = {
    { "role", FIELD_ENUM, FIELD_REQUIRED, .min = MEMBER_ROLE_GUEST, .offset = offsetof(struct role_body, role),
      .names = member_role_names, .type_name = "WorkspaceRole", .doc = "The new one" },
};
static const struct spec role_spec = { SPEC_INIT("MemberRoleChange", struct role_body, role_fields),
    .doc = "Another role" };
/* clang-format on */

/* ---- workspaces ---- */

static enum err workspaces_find(struct ctx *ctx, const struct call *call, const struct page *page,
                                struct list *ret_list)
{
    const struct workspace_list_opts opts = {
        .user_id = call->principal->user_id,
        .only_id = call->principal->key_workspace_id,
        .after_id = page->after.key_count > 0 ? page->after.keys[0] : 0,
        .limit = page->limit,
    };

    return workspace_list(ctx, &opts, ret_list);
}

static enum err workspaces_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    static const struct page_source source = { .list = workspaces_find,
                                               .spec = &workspace_spec,
                                               .row_bytes = sizeof(struct workspace),
                                               .key_count = 1,
                                               .key_offsets = { offsetof(struct workspace, id) } };

    return page_reply_all(ctx, call, &source, NULL, reply);
}

static enum err workspaces_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct create_body *body = call->body;
    const struct workspace_create_opts opts = { .user_id = call->principal->user_id,
                                                .name = body->name,
                                                .claim = call->claim };
    struct workspace workspace;
    char id[UUID_TEXT_BYTES];

    TRY(workspace_create(ctx, &opts, &workspace));
    uuid_format(&workspace.uuid, id);
    location_set(ctx, call, reply, arena_printf(ctx->arena, "/workspaces/%s", id));
    spec_encode(&reply->json, &workspace_spec, &workspace);
    return ERR_OK;
}

static enum err members_find(struct ctx *ctx, const struct call *call, const struct page *page, struct list *ret_list)
{
    const struct member_range range = { page->after.key_count > 0 ? page->after.keys[0] : 0, page->limit };

    return member_list(ctx, &call->workspace, &range, ret_list);
}

static enum err workspaces_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    static const struct page_source source = { .list = members_find,
                                               .spec = &member_spec,
                                               .row_bytes = sizeof(struct member),
                                               .key_count = 1,
                                               .key_offsets = { offsetof(struct member, id) } };
    struct workspace workspace;

    TRY(workspace_get(ctx, &call->workspace.workspace, call->principal->user_id, &workspace));
    reply->version = workspace.version;
    return page_reply_all(ctx, call, &source, &(struct page_object){ &detail_spec, &workspace }, reply);
}

/* If-Match is judged on the row as it is now, and that version is then demanded; 0 without one. */
static enum err wanted_version(struct ctx *ctx, const struct call *call, int64_t *ret_version)
{
    struct workspace workspace;

    if (http_header(call->request, "If-Match").ptr == NULL) {
        *ret_version = 0;
        return ERR_OK;
    }
    TRY(workspace_get(ctx, &call->workspace.workspace, call->principal->user_id, &workspace));
    TRY(precondition_check(ctx, call, workspace.version));
    *ret_version = workspace.version;
    return ERR_OK;
}

static enum err workspaces_put(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct change_body *body = call->body;
    struct workspace_update_opts opts = {
        .user_id = call->principal->user_id,
        .fields = (unsigned)body->body.sent,
        .name = body->name,
        .retention_days = body->retention_days,
        .require_2fa = body->require_2fa,
        .has_2fa = call->principal->twofa_enabled,
    };
    struct workspace workspace;

    TRY(wanted_version(ctx, call, &opts.if_version));
    TRY(workspace_update(ctx, &call->workspace, &opts, &workspace));
    reply->version = workspace.version;
    spec_encode(&reply->json, &workspace_spec, &workspace);
    return ERR_OK;
}

static enum err workspaces_delete(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    int64_t version;

    (void)reply;
    TRY(wanted_version(ctx, call, &version));
    return workspace_delete(ctx, &call->workspace, call->principal->user_id, version);
}

/* ---- members ---- */

static enum err people_find(struct ctx *ctx, const struct call *call, const struct page *page, struct list *ret_list)
{
    const struct people_query *query = call->query;
    const struct member_search_opts opts = {
        .query = query->text,
        .role = body_sent(query, PEOPLE_ROLE) ? (enum member_role)query->role : MEMBER_ROLE_NONE,
        .range = { page->after.key_count > 0 ? page->after.keys[0] : 0, page->limit },
    };

    return member_search(ctx, &call->workspace, &opts, ret_list);
}

static enum err people_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    static const struct page_source source = { .list = people_find,
                                               .spec = &member_spec,
                                               .row_bytes = sizeof(struct member),
                                               .key_count = 1,
                                               .key_offsets = { offsetof(struct member, id) } };

    return page_reply(ctx, call, &source, reply);
}

static enum err members_put(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct role_body *body = call->body;
    struct member member;

    TRY(member_set_role(ctx, &call->workspace, call->principal->user_id, &call->ids[0], (enum member_role)body->role,
                        &member));
    spec_encode(&reply->json, &member_spec, &member);
    return ERR_OK;
}

static enum err members_delete(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)reply;
    return member_remove(ctx, &call->workspace, call->principal->user_id, &call->ids[0]);
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/workspaces", workspaces_list,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_READ, .rate = RATE_READ,
      .flags = ROUTE_PAGED, .reply = &workspace_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listWorkspaces", .doc = "All of them, unless `limit` or `cursor` is sent.",
      .summary = "List the workspaces that one is a member of", .tag = "Workspaces" },
    { POST, "/workspaces", workspaces_post,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_WRITE,
      .flags = ROUTE_IDEMPOTENT, .body = &create_spec, .reply = &workspace_spec, .status = 201,
      .id = "createWorkspace",
      .fails = { ERR_LIMIT },
      .summary = "Make a workspace and become its OWNER", .tag = "Workspaces" },
    { GET, "/workspaces/{workspace}", workspaces_get,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_READ, .flags = ROUTE_TAGGED,
      .reply = &detail_spec, .status = 200,
      .id = "getWorkspace",
      .summary = "Read a workspace and its members", .tag = "Workspaces" },
    { PUT, "/workspaces/{workspace}", workspaces_put,
      .access = ACCESS_SIGNED_IN, .role = ROLE_OWNER, .scope = SCOPE_WRITE, .rate = RATE_WRITE, .flags = ROUTE_TAGGED,
      .body = &change_spec, .reply = &workspace_spec, .status = 200,
      .id = "updateWorkspace",
      .fails = { ERR_SECOND_FACTOR_OWN, ERR_PERSONAL_WORKSPACE },
      .doc = "What is not sent stays as it is.",
      .summary = "Rename a workspace or change its settings", .tag = "Workspaces" },
    { DELETE, "/workspaces/{workspace}", workspaces_delete,
      .access = ACCESS_SIGNED_IN, .role = ROLE_OWNER, .scope = SCOPE_WRITE, .rate = RATE_WRITE,
      .flags = ROUTE_TAGGED, .status = 204,
      .id = "deleteWorkspace",
      .fails = { ERR_PERSONAL_WORKSPACE },
      .summary = "Delete a workspace with its chats, messages, files and members", .tag = "Workspaces" },
    { GET, "/workspaces/{workspace}/users", people_list,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_READ,
      .flags = ROUTE_PAGED, .query = &people_spec, .reply = &member_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listWorkspaceMembers",
      .summary = "Look members up by what their name, username or address begins with", .tag = "Workspaces" },
    { PUT, "/workspaces/{workspace}/users/{user}", members_put,
      .access = ACCESS_SIGNED_IN, .role = ROLE_OWNER, .scope = SCOPE_WRITE, .rate = RATE_WRITE,
      .body = &role_spec, .reply = &member_spec, .status = 200,
      .id = "updateWorkspaceMember",
      .fails = { ERR_MEMBER_NOT_FOUND, ERR_LAST_OWNER },
      .summary = "Give a member another role; the last OWNER stays one", .tag = "Workspaces" },
    { DELETE, "/workspaces/{workspace}/users/{user}", members_delete,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_WRITE, .rate = RATE_WRITE, .flags = ROUTE_LEAVES,
      .status = 204,
      .id = "removeWorkspaceMember",
      .fails = { ERR_MEMBER_NOT_FOUND, ERR_LAST_OWNER, ERR_PERSONAL_WORKSPACE, ERR_FORBIDDEN },
      .summary = "Remove a member (OWNER), or leave; the last OWNER stays", .tag = "Workspaces" },
};
/* clang-format on */
const struct route_table workspaces_routes = { routes, COUNT_OF(routes) };
