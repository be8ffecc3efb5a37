#include "octopus.h"
#include "parley/compat/routes.h"
#include "parley/core/limits.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/record/audit_list.h"
#include "parley/gate/page.h"

/* What octopus calls the actions. */
static const struct {
    enum audit_action ours;
    struct str theirs;
} actions[] = {
    { AUDIT_KEY_CREATED, STR_INIT("create") }, { AUDIT_KEY_CHANGED, STR_INIT("update") },
    { AUDIT_KEY_ROTATED, STR_INIT("rotate") }, { AUDIT_KEY_DEACTIVATED, STR_INIT("deactivate") },
    { AUDIT_KEY_DELETED, STR_INIT("delete") }, { AUDIT_KEY_REFUSED, STR_INIT("auth_failed") },
};

/* ---- what goes in and out ---- */
/* clang-format off */
struct logs_query {
    struct body body;
    int64_t key_id;
    struct str action;
};
#define LOGS_FIELD(member) .offset = offsetof(struct logs_query, member)
static const struct field logs_fields[] = {
    { "api_key_id", FIELD_INT, 0, 1, 0, LOGS_FIELD(key_id), .doc = "Of this API key" },
    { "action", FIELD_STR, LOGS_FIELD(action), .example = "\"create\"",
      .doc = "create, update, rotate, deactivate, delete, auth_failed; anything else is found nowhere" },
};
static const struct spec logs_spec = { SPEC_INIT("ApiKeyAuditQuery", struct logs_query, logs_fields) };

struct log_view {
    int64_t id, key_id, by_key_id, at_us;
    struct str action, by_ip, details;
};
#define LOG_FIELD(member) .offset = offsetof(struct log_view, member)
static const struct field log_fields[] = {
    { "id", FIELD_INT, LOG_FIELD(id), .doc = "Of the row" },
    { "api_key_id", FIELD_INT, LOG_FIELD(key_id), .doc = "May be that of a key that is deleted" },
    { "action", FIELD_STR, LOG_FIELD(action), .example = "\"create\"",
      .doc = "create, update, rotate, deactivate, delete, auth_failed" },
    { "performed_by_key_id", FIELD_INT, FIELD_NULLABLE, LOG_FIELD(by_key_id),
      .doc = "null where a person who is signed in did it" },
    { "performed_by_ip", FIELD_STR, FIELD_NULLABLE, LOG_FIELD(by_ip), .example = "\"203.0.113.4\"",
      .doc = "From which address; null where it is not known" },
    { "details", FIELD_STR, FIELD_NULLABLE, LOG_FIELD(details), .doc = "A JSON object, as a string" },
    { "timestamp", FIELD_NAIVE_TIME, LOG_FIELD(at_us), .doc = "UTC" },
};
static const struct spec log_spec = { SPEC_INIT("ApiKeyAuditRow", struct log_view, log_fields),
    .doc = "One thing that was done with an API key" };
/* clang-format on */

/* ---- handlers ---- */

/* Absent: it has no such action. */
static struct str our_action(struct str theirs)
{
    for (size_t i = 0; i < COUNT_OF(actions); i++)
        if (str_eq(actions[i].theirs, theirs))
            return str_from(audit_action_info(actions[i].ours)->name);
    return (struct str){ NULL, 0 };
}

static struct str their_action(struct str ours)
{
    for (size_t i = 0; i < COUNT_OF(actions); i++)
        if (str_eq_c(ours, audit_action_info(actions[i].ours)->name))
            return actions[i].theirs;
    return ours;
}

static struct log_view row_show(const struct audit_link *row)
{
    return (struct log_view){
        .id = row->id,
        .key_id = row->target_key_id,
        .action = their_action(row->action),
        .by_key_id = row->actor_key_id != 0 ? row->actor_key_id : INT_NULL,
        .by_ip = row->personal.ip,
        .details = str_eq_c(row->details, "{}") ? (struct str){ NULL, 0 } : row->details,
        .at_us = row->at_us,
    };
}

static enum err rows_write(struct ctx *ctx, const struct list *list, struct reply *reply)
{
    const struct audit_link *rows = list->items;
    struct log_view *views = arena_calloc(ctx->arena, list->count, sizeof(*views));

    if (views == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    for (size_t i = 0; i < list->count; i++)
        views[i] = row_show(&rows[i]);
    spec_encode_list(&reply->json, &log_spec, views, list->count);
    return ERR_OK;
}

static enum err logs_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct logs_query *query = call->query;
    struct audit_key_list_opts opts = { .key_id = query->key_id, .action = our_action(query->action) };
    struct page_window window;
    struct list list = { NULL, 0 };

    TRY(page_window_read(ctx, call, &window));
    opts.skip_count = window.skip_count;
    opts.limit = window.limit;
    /* An action that nobody knows is found nowhere. */
    if (query->action.ptr == NULL || opts.action.ptr != NULL)
        TRY(audit_list_of_keys(ctx, &opts, &list));
    return rows_write(ctx, &list, reply);
}

/* clang-format off */
static const struct dialect_error logs_errors[] = { OCTOPUS_ADMIN_TO("view audit logs"), OCTOPUS_ERRORS_END };
static const struct route routes[] = {
    { GET, "/api/v1/api-keys/audit-logs", logs_get,
      .access = ACCESS_ADMIN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ADMIN,
      .dialect = &octopus, .errors = logs_errors, .flags = ROUTE_PAGED,
      .query = &logs_spec, .reply = &log_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listApiKeyAuditLog",
      .summary = "List what was done with API keys, newest first; /audit has all of it", .tag = "API keys" },
};
/* clang-format on */
const struct route_table api_key_audit_routes = { routes, COUNT_OF(routes) };
