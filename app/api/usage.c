#include "parley/domain/assist/usage.h"

#include "parley/api/routes.h"
#include "parley/core/clock.h"

/* ---- what goes in and out ---- */
/* clang-format off */
#define SUM_FIELD(member) .offset = offsetof(struct usage_sum, member)
static const struct field sum_fields[] = {
    { "user_id", FIELD_UUID, FIELD_NULLABLE, SUM_FIELD(user), .doc = "Whose, where it is added up by user" },
    { "workspace_id", FIELD_UUID, FIELD_NULLABLE, SUM_FIELD(workspace),
      .doc = "Where, if it is added up by workspace; null too where that is gone" },
    { "key_id", FIELD_INT, FIELD_NULLABLE, SUM_FIELD(key_id), .example = "7",
      .doc = "By which API key, where it is added up by key; null too for what came without one" },
    { "provider", FIELD_STR, FIELD_NULLABLE, SUM_FIELD(provider), .example = "\"local\"", .doc = "Where it is added up by model" },
    { "model", FIELD_STR, FIELD_NULLABLE, SUM_FIELD(model), .example = "\"llama-3.1-8b\"", .doc = "Where it is added up by model" },
    { "day", FIELD_TIME, FIELD_NULLABLE, SUM_FIELD(day_us), .doc = "The day's beginning (UTC), where it is added up by day" },
    { "request_count", FIELD_INT, SUM_FIELD(request_count), .example = "42", .doc = "Answers" },
    { "failed_count", FIELD_INT, SUM_FIELD(failed_count), .doc = "Those that failed" },
    { "estimated_count", FIELD_INT, SUM_FIELD(estimated_count), .doc = "Those whose provider told no counts: they are estimated" },
    { "prompt_tokens", FIELD_INT, SUM_FIELD(prompt_tokens), .example = "12000", .doc = "Tokens that were asked" },
    { "cached_tokens", FIELD_INT, SUM_FIELD(cached_tokens), .doc = "Those of them that the provider had kept" },
    { "completion_tokens", FIELD_INT, SUM_FIELD(completion_tokens), .example = "3400", .doc = "Tokens that were answered" },
    { "reasoning_tokens", FIELD_INT, SUM_FIELD(reasoning_tokens), .doc = "Those of them that went into reasoning" },
    { "cost_micros", FIELD_INT, SUM_FIELD(cost_micros), .example = "72000", .doc = "In millionths of the currency" },
};
static const struct spec sum_spec = { SPEC_INIT("UsageSum", struct usage_sum, sum_fields),
    .doc = "What answers used and cost" };

struct usage_query {
    struct body body;
    int by;
    int64_t from_us, to_us;
};
enum { QUERY_BY, QUERY_FROM, QUERY_TO };
static const struct field query_fields[] = {
    [QUERY_BY] = { "by", FIELD_ENUM, .offset = offsetof(struct usage_query, by), .names = usage_by_names, .type_name = "UsageBy",
      .doc = "What it is added up by; day when not sent" },
    [QUERY_FROM] = { "from", FIELD_TIME, .offset = offsetof(struct usage_query, from_us),
      .doc = "The first day is that of this time; not sent: 30 days before the last" },
    [QUERY_TO] = { "to", FIELD_TIME, .offset = offsetof(struct usage_query, to_us),
      .doc = "The last day is that of this time; not sent: today" },
};
static const struct spec query_spec = { SPEC_INIT("UsageQuery", struct usage_query, query_fields) };
/* clang-format on */

enum { DAYS_DEFAULT = 30 };

static enum err usage_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct usage_query *query = call->query;
    struct usage_opts opts = {
        .by = body_sent(query, QUERY_BY) ? (enum usage_by)query->by : USAGE_BY_DAY,
        .user_id = call->principal->role == USER_ROLE_ADMIN ? 0 : call->principal->user_id,
        .end_us = body_sent(query, QUERY_TO) ? query->to_us : ctx->now_us,
    };
    struct list list;

    opts.from_us = body_sent(query, QUERY_FROM) ? query->from_us : opts.end_us - DAYS_DEFAULT * US_PER_DAY;
    TRY(usage_report(ctx, &opts, &list));
    spec_encode_list(&reply->json, &sum_spec, list.items, list.count);
    return ERR_OK;
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/usage", usage_get, .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ADMIN, .rate = RATE_READ,
      .query = &query_spec, .reply = &sum_spec, .reply_shape = REPLY_LIST, .status = 200, .id = "getUsage",
      .doc = "An administrator is told of everybody, others of themselves. Days are UTC's, at most 366; at most 1,000 rows, those that "
             "cost most first.",
      .summary = "Read what assistants used and cost", .tag = "Assistants" },
};
/* clang-format on */
const struct route_table usage_routes = { routes, COUNT_OF(routes) };
