/*
 * What answers used and cost: a row for each, and sums by days (UTC), written with it. Reports read the sums alone. A deleted user's stay
 * in the books, under a number whose row is emptied.
 *
 * Any thread; errors of the database (parley/db/db.h) besides those that are named.
 */
#ifndef PARLEY_DOMAIN_USAGE_H
#define PARLEY_DOMAIN_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/core/str.h"

/* One answer that has ended. */
struct usage_entry {
    int64_t workspace_id, user_id;        /* integer keys, as all ids here */
    int64_t key_id, chat_id, message_id;  /* 0: none */
    struct str provider, model;           /* as they are called; cut to what the columns hold */
    int64_t prompt_tokens, cached_tokens; /* cached ones are among those of the prompt */
    int64_t completion_tokens, reasoning_tokens;
    int64_t cost_micros;
    bool is_estimated; /* the provider told no counts */
    bool is_failed;
    struct str outcome;     /* "complete", "stopped", or the code of a fault */
    int64_t first_token_ms; /* -1: none came */
    int64_t duration_ms, attempts;
};
/* Inside the db_run that ends the answer. Two statements. */
enum err usage_add(struct ctx *ctx, const struct usage_entry *entry) MUST_CHECK;

/* What a report adds up by. */
enum usage_by { USAGE_BY_USER, USAGE_BY_WORKSPACE, USAGE_BY_KEY, USAGE_BY_MODEL, USAGE_BY_DAY };
/* "user", "workspace" …, NULL-ended. */
extern const char *const usage_by_names[];

struct usage_sum {
    struct uuid user, workspace; /* all zero: it is not of one, or the workspace is gone */
    int64_t key_id;              /* INT64_MIN: it is not of one */
    struct str provider, model;  /* absent: it is not of one */
    int64_t day_us;              /* the day's beginning; 0: it is not of one */
    int64_t request_count, failed_count, estimated_count;
    int64_t prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost_micros;
};

struct usage_opts {
    enum usage_by by;
    int64_t user_id;         /* of this user alone; 0: of everybody */
    int64_t from_us, end_us; /* the days in which these lie, both with them */
};
/*
 * struct usage_sum, those that cost most first, at most USAGE_ROWS_MAX; in the request arena. ERR_INVALID with its fault: the end lies
 * before the beginning, or more than USAGE_DAYS_MAX days behind it. One statement.
 */
enum err usage_report(struct ctx *ctx, const struct usage_opts *opts, struct list *ret_list) MUST_CHECK;

#endif
