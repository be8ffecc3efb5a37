#include "parley/domain/record/audit_verify.h"

#include "parley/api/routes.h"
#include "parley/core/limits.h"

enum { END_TEXT_MAX = 100 };

/* ---- what goes in and out ---- */
/* clang-format off */
struct verify_query {
    struct body body;
    struct str after;
};
enum { VERIFY_AFTER };
static const struct field query_fields[] = {
    [VERIFY_AFTER] = { "after", FIELD_STR, 0, 1, END_TEXT_MAX, .offset = offsetof(struct verify_query, after),
                       .doc = "An `end` that was answered before, POSITION:HASH: the chain is checked from there on, and that"
                              " the row there is still that one" },
};
static const struct spec query_spec = { SPEC_INIT("AuditVerifyQuery", struct verify_query, query_fields) };

/* In the order of enum audit_fault_kind. */
static const char *const kind_names[] = { "changed", "removed", "added", "moved", "replaced", "beheaded", "unknown", NULL };
struct fault_view {
    int kind;
    int64_t position;
    struct uuid id;
    struct str text;
};
#define FAULT_FIELD(member) .offset = offsetof(struct fault_view, member)
static const struct field fault_fields[] = {
    { "kind", FIELD_ENUM, FAULT_FIELD(kind), .names = kind_names, .type_name = "AuditFaultKind",
      .doc = "What is wrong with the row" },
    { "position", FIELD_INT, FAULT_FIELD(position), .doc = "In the chain" },
    { "id", FIELD_UUID, FIELD_NULLABLE, FAULT_FIELD(id), .doc = "Of the row, if it is there" },
    { "text", FIELD_STR, FAULT_FIELD(text), .doc = "As a sentence" },
};
static const struct spec fault_spec = { SPEC_INIT("AuditFault", struct fault_view, fault_fields),
    .doc = "What is wrong with a row" };

struct report_view {
    bool whole, complete;
    int64_t sealed_count, unsealed_count, fault_count;
    struct str end;
    struct list faults;
};
#define REPORT_FIELD(member) .offset = offsetof(struct report_view, member)
static const struct field report_fields[] = {
    { "whole", FIELD_BOOL, REPORT_FIELD(whole), .doc = "Nothing is wrong with the rows that were checked" },
    { "complete", FIELD_BOOL, REPORT_FIELD(complete),
      .doc = "The end was reached; else ask again with `after`: one request takes about a second at most" },
    { "sealed_count", FIELD_INT, REPORT_FIELD(sealed_count), .doc = "Rows that were checked" },
    { "unsealed_count", FIELD_INT, REPORT_FIELD(unsealed_count), .doc = "Rows that wait to be sealed" },
    { "end", FIELD_STR, FIELD_NULLABLE, REPORT_FIELD(end),
      .doc = "The last row that was checked, POSITION:HASH; kept elsewhere it shows later a chain that was made again" },
    { "fault_count", FIELD_INT, REPORT_FIELD(fault_count), .doc = "How many faults were found" },
    { "faults", FIELD_LIST, REPORT_FIELD(faults), .spec = &fault_spec, .doc = "The first 100" },
};
static const struct spec report_spec = { SPEC_INIT("AuditVerification", struct report_view, report_fields),
    .doc = "What a check of the chain has found" };
/* clang-format on */

/* ---- handler ---- */

static enum err faults_view(struct ctx *ctx, const struct audit_report *report, struct list *ret_list)
{
    for (int64_t i = 0; i < report->fault_count && i < AUDIT_FAULTS_LISTED_MAX; i++) {
        const struct audit_fault *fault = &report->faults[i];
        struct fault_view *view = list_add(ctx->arena, ret_list, sizeof(*view));

        if (view == NULL)
            return fail(ctx, ERR_NO_MEMORY);
        *view = (struct fault_view){ .kind = (int)fault->kind,
                                     .position = fault->position,
                                     .id = fault->uuid,
                                     .text = str_from(audit_fault_sentence(ctx->arena, fault)) };
    }
    return arena_check(ctx->arena);
}

static enum err after_read(struct ctx *ctx, const struct verify_query *query, struct audit_end *ret_after)
{
    if (audit_end_parse(query->after, ret_after))
        return ERR_OK;
    return problem_add(ctx->problem, (struct fault){ "query", "after", "value_error",
                                                     "must be a position, a colon and 64 hex digits" });
}

static enum err verify_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct verify_query *query = call->query;
    bool has_after = body_sent(query, VERIFY_AFTER);
    struct audit_end after = { .position = 0 };
    struct audit_report *report = arena_alloc(ctx->arena, sizeof(*report));
    struct report_view view = { .end = { NULL, 0 } };

    if (report == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    if (has_after)
        TRY(after_read(ctx, query, &after));
    TRY(audit_verify_part(ctx, has_after ? &after : NULL, AUDIT_VERIFY_MAX_MS, report, &view.complete));
    view.whole = report->fault_count == 0;
    view.sealed_count = report->sealed_count;
    view.unsealed_count = report->unsealed_count;
    view.fault_count = report->fault_count;
    if (report->end.position > 0)
        view.end = audit_end_text(ctx->arena, &report->end);
    TRY(faults_view(ctx, report, &view.faults));
    spec_encode(&reply->json, &report_spec, &view);
    return ERR_OK;
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/audit/verify", verify_get,
      .access = ACCESS_ADMIN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ADMIN, .rate = RATE_READ,
      .query = &query_spec, .reply = &report_spec, .status = 200,
      .id = "verifyAuditLog",
      .summary = "Check the audit log's chain, a part at a time", .tag = "Audit" },
};
/* clang-format on */
const struct route_table audit_verify_routes = { routes, COUNT_OF(routes) };
