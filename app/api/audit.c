#include "parley/domain/record/audit.h"
#include "parley/domain/record/audit_list.h"

#include "parley/api/routes.h"
#include "parley/gate/page_reply.h"

static const struct uuid none;

/* ---- what goes in and out ---- */
/* clang-format off */
static const char *const action_names[] = {
#define AUDIT(id, name, watch, sentence) name,
#include "parley/domain/record/audit_actions.def"
#undef AUDIT
    NULL,
};

struct audit_query {
    struct body body;
    struct uuid actor, target;
    int action; /* enum audit_action */
    int64_t before_us, after_us;
};
enum { QUERY_ACTOR, QUERY_ACTION, QUERY_TARGET, QUERY_BEFORE, QUERY_AFTER };
#define QUERY_FIELD(member) .offset = offsetof(struct audit_query, member)
static const struct field query_fields[] = {
    [QUERY_ACTOR] = { "actor", FIELD_UUID, QUERY_FIELD(actor), .doc = "What this user did" },
    [QUERY_ACTION] = { "action", FIELD_ENUM, QUERY_FIELD(action), .names = action_names, .type_name = "AuditAction",
      .doc = "Only this action" },
    [QUERY_TARGET] = { "target", FIELD_UUID, QUERY_FIELD(target),
      .doc = "What was done to this user, workspace, chat, message, key …" },
    [QUERY_BEFORE] = { "before", FIELD_TIME, QUERY_FIELD(before_us), .doc = "Older than this" },
    [QUERY_AFTER] = { "after", FIELD_TIME, QUERY_FIELD(after_us), .doc = "Newer than this" },
};
static const struct spec query_spec = { SPEC_INIT("AuditQuery", struct audit_query, query_fields) };

struct actor_view {
    struct uuid id;
    struct str name;
    int64_t api_key_id;
};
#define ACTOR_FIELD(member) .offset = offsetof(struct actor_view, member)
static const struct field actor_fields[] = {
    { "id", FIELD_UUID, ACTOR_FIELD(id), .doc = "Of the user" },
    { "name", FIELD_STR, FIELD_NULLABLE, ACTOR_FIELD(name), .example = "\"Ada Lovelace\"",
      .doc = "As it was then; null once it is erased" },
    { "api_key_id", FIELD_INT, FIELD_NULLABLE, ACTOR_FIELD(api_key_id), .doc = "The API key that was used" },
};
static const struct spec actor_spec = { SPEC_INIT("AuditActor", struct actor_view, actor_fields),
    .doc = "Who did it" };

struct target_view {
    struct str kind;
    struct uuid id;
    int64_t api_key_id;
};
#define TARGET_FIELD(member) .offset = offsetof(struct target_view, member)
static const struct field target_fields[] = {
    { "kind", FIELD_STR, TARGET_FIELD(kind), .example = "\"workspace\"",
      .doc = "user, workspace, chat, message, key …" },
    { "id", FIELD_UUID, FIELD_NULLABLE, TARGET_FIELD(id), .doc = "Its identifier; null where it has a number" },
    { "api_key_id", FIELD_INT, FIELD_NULLABLE, TARGET_FIELD(api_key_id), .doc = "Where it is an API key" },
};
static const struct spec target_spec = { SPEC_INIT("AuditTarget", struct target_view, target_fields),
    .doc = "To what it was done" };

struct row_view {
    struct uuid id;
    int64_t at_us;
    const struct actor_view *actor;
    struct str action;
    const struct target_view *target;
    struct str ip, request_id, details, hash;
};
#define ROW_FIELD(member) .offset = offsetof(struct row_view, member)
static const struct field row_fields[] = {
    { "id", FIELD_UUID, ROW_FIELD(id), .doc = "Of the row" },
    { "at", FIELD_TIME, ROW_FIELD(at_us), .doc = "When it was done" },
    { "actor", FIELD_REF, FIELD_NULLABLE, ROW_FIELD(actor), .spec = &actor_spec,
      .doc = "null: nobody was signed in, or the server itself" },
    { "action", FIELD_STR, ROW_FIELD(action), .example = "\"role.changed\"", .doc = "What was done" },
    { "target", FIELD_REF, FIELD_NULLABLE, ROW_FIELD(target), .spec = &target_spec,
      .doc = "To what it was done; null: to nothing that has a name" },
    { "ip", FIELD_STR, FIELD_NULLABLE, ROW_FIELD(ip), .example = "\"203.0.113.4\"",
      .doc = "null where there was none, and once it is erased" },
    { "request_id", FIELD_STR, FIELD_NULLABLE, ROW_FIELD(request_id), .example = "\"2f0c1b5ad0a94b0f8a51b5f3a7c4d9e0\"",
      .doc = "null where no request did it" },
    { "details", FIELD_RAW, ROW_FIELD(details), .schema = "\"type\":\"object\",\"additionalProperties\":true",
      .doc = "What else there is to say of this action" },
    { "hash", FIELD_STR, FIELD_NULLABLE, ROW_FIELD(hash),
      .doc = "In the chain of rows; null for some seconds, until the row is sealed" },
};
static const struct spec row_spec = { SPEC_INIT("AuditRow", struct row_view, row_fields),
    .doc = "One thing that was done" };
/* clang-format on */

/* ---- GET /audit ---- */

/* One row and the two that it refers to, as one piece of memory. */
struct part_views {
    struct actor_view actor;
    struct target_view target;
};

static void row_view_of(struct ctx *ctx, const struct audit_link *row, struct part_views *parts,
                        struct row_view *ret_view)
{
    parts->actor = (struct actor_view){ .id = row->actor,
                                        .name = row->personal.name,
                                        .api_key_id = row->actor_key_id != 0 ? row->actor_key_id : INT_NULL };
    parts->target = (struct target_view){ .kind = row->target_kind,
                                          .id = row->target,
                                          .api_key_id = row->target_key_id != 0 ? row->target_key_id : INT_NULL };
    *ret_view = (struct row_view){
        .id = row->uuid,
        .at_us = row->at_us,
        .actor = uuid_eq(&row->actor, &none) ? NULL : &parts->actor,
        .action = row->action,
        .target = row->target_kind.ptr == NULL ? NULL : &parts->target,
        .ip = row->personal.ip,
        .request_id = row->request_id,
        .details = row->details,
        .hash = audit_hash_hex(ctx, row->hash),
    };
}

static enum err rows_view(struct ctx *ctx, struct list *list)
{
    const struct audit_link *rows = list->items;
    struct row_view *views = arena_calloc(ctx->arena, list->count, sizeof(*views));
    struct part_views *part_views = arena_calloc(ctx->arena, list->count, sizeof(*part_views));

    if (views == NULL || part_views == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    for (size_t i = 0; i < list->count; i++)
        row_view_of(ctx, &rows[i], &part_views[i], &views[i]);
    list->items = views;
    return arena_check(ctx->arena);
}

static enum err rows_find(struct ctx *ctx, const struct call *call, const struct page *page, struct list *ret_list)
{
    const struct audit_query *query = call->query;
    struct audit_list_opts opts = {
        .actor = query->actor,
        .target = query->target,
        .after_us = query->after_us,
        .before_us = query->before_us,
        .limit = page->limit,
    };

    if (body_sent(query, QUERY_ACTION))
        opts.action = str_from(action_names[query->action]);
    if (page->after.key_count > 0) {
        opts.next_us = page->after.keys[0];
        opts.next_id = page->after.keys[1];
    }
    return audit_list(ctx, &opts, ret_list);
}

static enum err audit_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    static const struct page_source source = { .list = rows_find,
                                               .view = rows_view,
                                               .spec = &row_spec,
                                               .row_bytes = sizeof(struct audit_link),
                                               .key_count = 2,
                                               .key_offsets = { offsetof(struct audit_link, at_us),
                                                                offsetof(struct audit_link, id) } };

    return page_reply(ctx, call, &source, reply);
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/audit", audit_get,
      .access = ACCESS_ADMIN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ADMIN, .rate = RATE_READ,
      .flags = ROUTE_PAGED, .query = &query_spec, .reply = &row_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listAuditLog",
      .summary = "List what was done, newest first", .tag = "Audit" },
};
/* clang-format on */
const struct route_table audit_routes = { routes, COUNT_OF(routes) };
