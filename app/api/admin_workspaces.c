/* Workspaces for whoever runs the server. */
#include "parley/api/routes.h"
#include "parley/domain/workspaces/workspace.h"
#include "parley/domain/workspaces/workspace_overview.h"
#include "parley/gate/page_reply.h"
#include "parley/shapes/workspace.h"

/* ---- what goes in and out ---- */
/* clang-format off */
#define OWNER_FIELD(member) .offset = offsetof(struct workspace_owner, member)
static const struct field owner_fields[] = {
    { "id", FIELD_UUID, OWNER_FIELD(user), .doc = "The owner's identifier" },
    { "name", FIELD_STR, OWNER_FIELD(name), .example = "\"Ada Lovelace\"",
      .doc = "First and last name, else the username" },
    { "email", FIELD_STR, FIELD_NULLABLE, OWNER_FIELD(email), .example = "\"ada@example.org\"",
      .doc = "null where they have none" },
    { "is_active", FIELD_BOOL, OWNER_FIELD(is_active), .doc = "False: switched off, so they cannot act" },
};
static const struct spec owner_spec = { SPEC_INIT("WorkspaceOwner", struct workspace_owner, owner_fields),
    .doc = "An owner of a workspace" };

#define OVERVIEW_FIELD(member) .offset = offsetof(struct workspace_overview, member)
static const struct field overview_fields[] = {
    { "id", FIELD_UUID, OVERVIEW_FIELD(uuid), .doc = "Its identifier" },
    { "name", FIELD_STR, OVERVIEW_FIELD(name), .example = "\"Team\"", .doc = "What it is called" },
    { "personal", FIELD_BOOL, OVERVIEW_FIELD(personal), .doc = "It is the personal one of a user" },
    { "member_count", FIELD_INT, OVERVIEW_FIELD(member_count), .example = "12", .doc = "How many people are in it" },
    { "chat_count", FIELD_INT, OVERVIEW_FIELD(chat_count), .doc = "How many chats it has" },
    { "file_bytes", FIELD_INT, OVERVIEW_FIELD(file_bytes), .doc = "All its files together" },
    { "owners", FIELD_LIST, OVERVIEW_FIELD(owners), .spec = &owner_spec, .doc = "The first 20" },
    { "owner_count", FIELD_INT, OVERVIEW_FIELD(owner_count), .doc = "How many owners it has" },
    { "deserted", FIELD_BOOL, OVERVIEW_FIELD(deserted), .doc = "No owner can act, so it can be taken over" },
    { "created_at", FIELD_TIME, OVERVIEW_FIELD(created_us), .doc = "When it was made" },
    { "updated_at", FIELD_TIME, OVERVIEW_FIELD(updated_us), .doc = "When it was changed last" },
};
static const struct spec overview_spec = {
    SPEC_INIT("WorkspaceOverview", struct workspace_overview, overview_fields),
    .doc = "A workspace, as an administrator sees it" };

static const char *const kind_names[] = { "shared", "personal", "all", NULL }; /* enum workspace_kind */
struct overview_query {
    struct body body;
    int kind;
};
enum { OVERVIEW_KIND };
static const struct field query_fields[] = {
    [OVERVIEW_KIND] = { "kind", FIELD_ENUM, .offset = offsetof(struct overview_query, kind), .names = kind_names,
      .type_name = "WorkspaceKind", .doc = "all when not sent" },
};
static const struct spec query_spec = { SPEC_INIT("WorkspaceOverviewQuery", struct overview_query, query_fields) };
/* clang-format on */

/* ---- handlers ---- */

static enum err overview_find(struct ctx *ctx, const struct call *call, const struct page *page, struct list *ret_list)
{
    const struct overview_query *query = call->query;
    const struct workspace_overview_opts opts = {
        .kind = body_sent(query, OVERVIEW_KIND) ? (enum workspace_kind)query->kind : WORKSPACES_ALL,
        .after_id = page->after.key_count > 0 ? page->after.keys[0] : 0,
        .limit = page->limit,
    };

    return workspace_overview_list(ctx, &opts, ret_list);
}

static enum err workspaces_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    static const struct page_source source = { .list = overview_find,
                                               .spec = &overview_spec,
                                               .row_bytes = sizeof(struct workspace_overview),
                                               .key_count = 1,
                                               .key_offsets = { offsetof(struct workspace_overview, id) } };

    return page_reply(ctx, call, &source, reply);
}

static enum err take_over_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct workspace workspace;

    TRY(workspace_take_over(ctx, &call->ids[0]));
    TRY(workspace_get(ctx, &call->ids[0], call->principal->user_id, &workspace));
    spec_encode(&reply->json, &workspace_spec, &workspace);
    return ERR_OK;
}

/* The path names no {workspace}: that would ask whether the caller is a member. */
/* clang-format off */
static const struct route routes[] = {
    { GET, "/admin/workspaces", workspaces_list,
      .access = ACCESS_ADMIN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ADMIN, .rate = RATE_READ,
      .flags = ROUTE_PAGED, .query = &query_spec, .reply = &overview_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listAllWorkspaces",
      .summary = "List the server's workspaces, their sizes and their owners, oldest first", .tag = "Administration" },
    { POST, "/admin/workspaces/{deserted}/take-over", take_over_post,
      .access = ACCESS_ADMIN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ADMIN, .rate = RATE_WRITE,
      .reply = &workspace_spec, .status = 200,
      .id = "takeOverWorkspace",
      .fails = { ERR_WORKSPACE_NOT_FOUND, ERR_PERSONAL_WORKSPACE, ERR_OWNER_PRESENT, ERR_USER_NOT_FOUND, ERR_LIMIT },
      .doc = "An entry in the audit log names who did it.",
      .summary = "Become the OWNER of a workspace in which no OWNER can act", .tag = "Administration" },
};
/* clang-format on */
const struct route_table admin_workspaces_routes = { routes, COUNT_OF(routes) };
