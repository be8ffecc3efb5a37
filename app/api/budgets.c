#include "parley/domain/assist/budget.h"

#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/gate/precondition.h"

/* ---- what goes in and out ---- */
/* clang-format off */
#define BUDGET_FIELD(member) .offset = offsetof(struct budget, member)
static const struct field budget_fields[] = {
    { "limit_micros", FIELD_INT, BUDGET_FIELD(limit_micros), .example = "20000000",
      .doc = "How much may be spent in a period, in millionths of the currency" },
    { "period", FIELD_ENUM, BUDGET_FIELD(period), .names = budget_period_names, .type_name = "BudgetPeriod",
      .doc = "A day or a month, UTC's" },
    { "spent_micros", FIELD_INT, BUDGET_FIELD(spent_micros), .example = "1250000", .doc = "What was spent in this one" },
    { "reserved_micros", FIELD_INT, BUDGET_FIELD(reserved_micros), .doc = "What answers under way may cost at most" },
    { "resets_at", FIELD_TIME, BUDGET_FIELD(resets_us), .doc = "When the period ends" },
};
static const struct spec budget_spec = { SPEC_INIT("Budget", struct budget, budget_fields),
    .doc = "How much may be spent on assistants" };

struct budget_body {
    struct body body;
    int64_t limit_micros;
    int period;
};
static const struct field body_fields[] = {
    { "limit_micros", FIELD_INT, FIELD_REQUIRED, 0, MONEY_MAX_MICROS, .offset = offsetof(struct budget_body, limit_micros),
      .example = "20000000", .doc = "How much may be spent in a period, in millionths of the currency" },
    { "period", FIELD_ENUM, FIELD_REQUIRED, .offset = offsetof(struct budget_body, period), .names = budget_period_names,
      .type_name = "BudgetPeriod", .doc = "A day or a month, UTC's" },
};
static const struct spec body_spec = { SPEC_INIT("BudgetDraft", struct budget_body, body_fields),
    .doc = "How much may be spent on assistants" };
/* clang-format on */

/* ---- handlers ---- */

/* Whom the path means: its second word says what it is. */
static enum err subject_of(struct ctx *ctx, const struct call *call, struct budget_subject *ret_subject)
{
    const char *path = call->route->path;
    enum budget_kind kind = BUDGET_OF_KEY;

    if (str_starts_with(str_from(path), STR("/budgets/user/")))
        kind = BUDGET_OF_USER;
    else if (str_starts_with(str_from(path), STR("/budgets/workspace/")))
        kind = BUDGET_OF_WORKSPACE;
    return budget_subject_find(ctx, kind, &call->ids[0], call->numbers[0], ret_subject);
}

static enum err wanted_version(struct ctx *ctx, const struct call *call, const struct budget_subject *subject,
                               int64_t *ret_version)
{
    struct budget budget;

    *ret_version = 0;
    if (http_header(call->request, "If-Match").ptr == NULL)
        return ERR_OK;
    TRY(budget_get(ctx, subject, &budget));
    TRY(precondition_check(ctx, call, budget.version));
    *ret_version = budget.version;
    return ERR_OK;
}

static void budget_reply(const struct budget *budget, struct reply *reply)
{
    reply->version = budget->version;
    spec_encode(&reply->json, &budget_spec, budget);
}

static enum err budgets_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct budget_subject subject;
    struct budget budget;

    TRY(subject_of(ctx, call, &subject));
    TRY(budget_get(ctx, &subject, &budget));
    budget_reply(&budget, reply);
    return ERR_OK;
}

static enum err budgets_put(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct budget_body *body = call->body;
    struct budget_subject subject;
    struct budget budget;
    int64_t version;

    TRY(subject_of(ctx, call, &subject));
    TRY(wanted_version(ctx, call, &subject, &version));
    TRY(budget_set(ctx, &subject, version, (enum budget_period)body->period, body->limit_micros, &budget));
    budget_reply(&budget, reply);
    return ERR_OK;
}

static enum err budgets_delete(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct budget_subject subject;
    int64_t version;

    (void)reply;
    TRY(subject_of(ctx, call, &subject));
    TRY(wanted_version(ctx, call, &subject, &version));
    return budget_remove(ctx, &subject, version);
}

/* clang-format off */
#define READS(path_, id_) \
    GET, path_, budgets_get, .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ADMIN, .rate = RATE_READ, \
    .flags = ROUTE_TAGGED, .reply = &budget_spec, .status = 200, .id = id_, .tag = "Assistants"
#define SETS(path_, id_) \
    PUT, path_, budgets_put, .access = ACCESS_ADMIN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ADMIN, .rate = RATE_WRITE, \
    .flags = ROUTE_TAGGED, .body = &body_spec, .reply = &budget_spec, .status = 200, .id = id_, .tag = "Assistants", \
    .doc = "What was spent in this period, and what is reserved, stays."
#define DELETES(path_, id_) \
    DELETE, path_, budgets_delete, .access = ACCESS_ADMIN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ADMIN, .rate = RATE_WRITE, \
    .flags = ROUTE_TAGGED, .status = 204, .id = id_, .tag = "Assistants"
/* No {workspace}: that would ask whether the caller is a member. */
#define OF_USER "/budgets/user/{user}"
#define OF_WORKSPACE "/budgets/workspace/{budgeted}"
#define OF_KEY "/budgets/key/{api_key_id:int}"
static const struct route routes[] = {
    { READS(OF_USER, "getUserBudget"), .fails = { ERR_USER_NOT_FOUND, ERR_BUDGET_NOT_FOUND, ERR_FORBIDDEN },
      .summary = "Read what a user may spend on assistants (an administrator, or oneself)" },
    { SETS(OF_USER, "setUserBudget"), .fails = { ERR_USER_NOT_FOUND },
      .summary = "Say what a user may spend on assistants" },
    { DELETES(OF_USER, "deleteUserBudget"), .fails = { ERR_USER_NOT_FOUND, ERR_BUDGET_NOT_FOUND },
      .summary = "Let a user spend any amount" },
    { READS(OF_WORKSPACE, "getWorkspaceBudget"), .fails = { ERR_WORKSPACE_NOT_FOUND, ERR_BUDGET_NOT_FOUND, ERR_FORBIDDEN },
      .summary = "Read what may be spent in a workspace (an administrator, or its OWNER)" },
    { SETS(OF_WORKSPACE, "setWorkspaceBudget"), .fails = { ERR_WORKSPACE_NOT_FOUND },
      .summary = "Say what may be spent in a workspace" },
    { DELETES(OF_WORKSPACE, "deleteWorkspaceBudget"), .fails = { ERR_WORKSPACE_NOT_FOUND, ERR_BUDGET_NOT_FOUND },
      .summary = "Let any amount be spent in a workspace" },
    { READS(OF_KEY, "getKeyBudget"), .fails = { ERR_KEY_NOT_FOUND, ERR_BUDGET_NOT_FOUND },
      .summary = "Read what may be spent with an API key (an administrator, or whose it is)" },
    { SETS(OF_KEY, "setKeyBudget"), .fails = { ERR_KEY_NOT_FOUND },
      .summary = "Say what may be spent with an API key" },
    { DELETES(OF_KEY, "deleteKeyBudget"), .fails = { ERR_KEY_NOT_FOUND, ERR_BUDGET_NOT_FOUND },
      .summary = "Let any amount be spent with an API key" },
};
/* clang-format on */
const struct route_table budgets_routes = { routes, COUNT_OF(routes) };
