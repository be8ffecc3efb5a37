#include "limiter.h"

#include <stdlib.h>

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/siphash.h"
#include "parley/domain/record/rate_sync.h"
#include "rate_table.h"

struct limiter {
    struct siphash_key hash_key;
    struct rate_table *table;
};

struct limiter *limiter_new(void)
{
    struct limiter *limiter = calloc(1, sizeof(*limiter));

    if (limiter == NULL)
        return NULL;
    limiter->hash_key = siphash_key_new();
    limiter->table = rate_table_new();
    if (limiter->table != NULL)
        return limiter;
    limiter_free(limiter);
    return NULL;
}

void limiter_free(struct limiter *limiter)
{
    if (limiter == NULL)
        return;
    rate_table_free(limiter->table);
    free(limiter);
}

/* ---- the kinds of bucket ---- */

enum kind {
    KIND_NOBODY,
    KIND_READ,
    KIND_WRITE,
    KIND_MARK,
    KIND_UPLOAD,
    KIND_EXPORT,
    KIND_AI,
    KIND_KEYS,
    KIND_DIALECT,
    KIND_HOOK,
    KIND_BAD_TOKEN,
    KIND_BAD_GUESS,
    KIND_BAD_ACCOUNT,
    KIND_KNOWN, /* of an account and an address; empty: the account has signed in from there */
};

/* name: as Redis sees it. count: the setting. */
static const struct kind_info {
    const char *name;
    size_t count_offset;
} kinds[] = {
    [KIND_NOBODY] = { "nobody", offsetof(struct config, rate_limit_requests) },
    [KIND_READ] = { "read", offsetof(struct config, rate_read) },
    [KIND_WRITE] = { "write", offsetof(struct config, rate_write) },
    [KIND_MARK] = { "mark", offsetof(struct config, rate_mark) },
    [KIND_UPLOAD] = { "upload", offsetof(struct config, rate_upload) },
    [KIND_EXPORT] = { "export", offsetof(struct config, rate_export) },
    [KIND_AI] = { "ai", offsetof(struct config, rate_ai) },
    [KIND_KEYS] = { "keys", offsetof(struct config, rate_keys) },
    [KIND_DIALECT] = { "dialect", offsetof(struct config, rate_dialect) },
    [KIND_HOOK] = { "hook", offsetof(struct config, rate_hook) },
    [KIND_BAD_TOKEN] = { "bad_token", offsetof(struct config, rate_credential) },
    [KIND_BAD_GUESS] = { "bad_guess", offsetof(struct config, rate_credential) },
    [KIND_BAD_ACCOUNT] = { "bad_account", offsetof(struct config, rate_credential_account) },
    [KIND_KNOWN] = { "known", 0 },
};

static struct rate_limit limit_of(const struct config *config, enum kind kind)
{
    int64_t count, window_us = US_PER_MINUTE;

    if (kind == KIND_KNOWN)
        return (struct rate_limit){ 1, RATE_KNOWN_DAYS * US_PER_DAY };
    memcpy(&count, (const char *)config + kinds[kind].count_offset, sizeof(count));
    if (kind == KIND_NOBODY)
        window_us = config->rate_limit_window_s * US_PER_S;
    return (struct rate_limit){ count, window_us / count > 0 ? window_us / count : 1 };
}

/* Where somebody is signed in. */
static enum kind kind_of(enum rate class)
{
    static const enum kind of_class[] = {
        [RATE_NOBODY] = KIND_READ,   [RATE_READ] = KIND_READ,       [RATE_WRITE] = KIND_WRITE,
        [RATE_UPLOAD] = KIND_UPLOAD, [RATE_EXPORT] = KIND_EXPORT,   [RATE_AI] = KIND_AI,
        [RATE_KEYS] = KIND_KEYS,     [RATE_DIALECT] = KIND_DIALECT, [RATE_CREDENTIAL] = KIND_WRITE,
        [RATE_MAIL] = KIND_WRITE,    [RATE_MARK] = KIND_MARK,
    };

    return of_class[class];
}

/* ---- one bucket ---- */

struct bucket {
    enum kind kind;
    struct rate_limit limit;
    struct rate_key key;
};

static struct rate_spot spot_of(const struct limiter *limiter, const struct bucket *bucket)
{
    return (struct rate_spot){
        /* An odd factor keeps the buckets of one key apart by their kind. */
        .key = siphash(&limiter->hash_key, rate_key_str(&bucket->key)) +
               (uint64_t)bucket->kind * UINT64_C(0x9e3779b97f4a7c15),
        .limit = bucket->limit,
        .now_us = clock_monotonic_us(),
    };
}

static enum err sync(const struct ctx *ctx, const struct bucket *bucket, int64_t spent, int64_t wanted,
                     struct bus_bucket *ret_bucket)
{
    const struct bus_consumption consumption = {
        .token_us = bucket->limit.token_us,
        .burst_us = bucket->limit.token_us * bucket->limit.count,
        .spent_count = spent,
        .wanted_count = wanted,
    };

    return rate_sync_run(ctx, kinds[bucket->kind].name, rate_key_str(&bucket->key), &consumption, ret_bucket);
}

/* From the process's own table; where a synchronisation is due, corrected by what Redis knows of all processes. */
static struct rate_state take(struct limiter *limiter, const struct ctx *ctx, const struct bucket *bucket, int wanted)
{
    struct rate_spot spot = spot_of(limiter, bucket);
    struct rate_state state = rate_table_take(limiter->table, &spot, wanted);
    struct bus_bucket shared;

    if (state.to_report_count < 0 || sync(ctx, bucket, state.to_report_count, wanted, &shared) != ERR_OK)
        return state;
    if (wanted > 0 && !shared.has_room)
        rate_table_give_back(limiter->table, &spot);
    rate_table_learn(limiter->table, &spot, shared.until_full_us);
    state.has_room = shared.has_room;
    if (state.until_full_us < shared.until_full_us)
        state.until_full_us = shared.until_full_us;
    return state;
}

static void give_back(struct limiter *limiter, const struct ctx *ctx, const struct bucket *bucket)
{
    struct rate_spot spot = spot_of(limiter, bucket);
    struct bus_bucket ignored;

    rate_table_give_back(limiter->table, &spot);
    (void)!sync(ctx, bucket, -1, 0, &ignored);
}

/* ---- what the client sees ---- */

static struct limiter_quota quota_of(const struct bucket *bucket, const struct rate_state *state)
{
    int64_t token_us = bucket->limit.token_us;
    int64_t spent = (state->until_full_us + token_us - 1) / token_us;

    return (struct limiter_quota){
        .limit = bucket->limit.count,
        .remaining = state->has_room && spent < bucket->limit.count ? bucket->limit.count - spent : 0,
        .until_full_us = state->until_full_us,
    };
}

static int64_t seconds_up(int64_t us)
{
    return (us + US_PER_S - 1) / US_PER_S;
}

/* Replaces an earlier problem (a bad token): the client must learn that it is to wait. */
static enum err refuse(struct ctx *ctx, const struct bucket *bucket, const struct rate_state *state)
{
    int64_t wait_us = state->until_full_us - (bucket->limit.count - 1) * bucket->limit.token_us;

    *ctx->problem = (struct problem){ .retry_after_s = wait_us > US_PER_S ? (int)seconds_up(wait_us) : 1 };
    return fail(ctx, ERR_RATE_LIMITED);
}

/* A number of at least 0, by hand: every answer has three, and snprintf would take half of what a limit costs. */
static const char *number_text(struct arena *a, int64_t number)
{
    enum { DIGITS_MAX = 20 };
    char *at = arena_alloc(a, DIGITS_MAX + 1);

    if (at == NULL)
        return NULL;
    at += DIGITS_MAX;
    *at = '\0';
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return at;
}

void limiter_headers(const struct ctx *ctx, const struct limiter_quota *quota, struct reply *reply)
{
    if (quota->limit == 0)
        return;
    reply_header(reply, "RateLimit-Limit", number_text(ctx->arena, quota->limit));
    reply_header(reply, "RateLimit-Remaining", number_text(ctx->arena, quota->remaining));
    reply_header(reply, "RateLimit-Reset", number_text(ctx->arena, seconds_up(quota->until_full_us)));
}

/* ---- requests and credentials ---- */

static struct bucket bucket_at_address(const struct ctx *ctx, enum kind kind)
{
    struct bucket bucket = { .kind = kind, .limit = limit_of(ctx->config, kind) };

    rate_key_address(ctx->ip, &bucket.key);
    return bucket;
}

static struct bucket bucket_of_account(const struct ctx *ctx, struct str account)
{
    struct bucket bucket = { .kind = KIND_BAD_ACCOUNT, .limit = limit_of(ctx->config, KIND_BAD_ACCOUNT) };

    rate_key_account(account, &bucket.key);
    return bucket;
}

static struct bucket bucket_known(const struct ctx *ctx, struct str account)
{
    struct bucket bucket = { .kind = KIND_KNOWN, .limit = limit_of(ctx->config, KIND_KNOWN) };

    rate_key_account_at(account, ctx->ip, &bucket.key);
    return bucket;
}

/* Takes a token of the bucket, or refuses the request. */
static enum err take_or_refuse(struct limiter *limiter, struct ctx *ctx, const struct bucket *bucket,
                               struct limiter_quota *ret_quota)
{
    struct rate_state state = take(limiter, ctx, bucket, 1);

    *ret_quota = quota_of(bucket, &state);
    return state.has_room ? ERR_OK : refuse(ctx, bucket, &state);
}

/* Of whoever asks. */
static struct bucket bucket_of_request(const struct ctx *ctx, const struct limiter_asked *asked)
{
    struct bucket bucket;

    if (asked->class == RATE_HOOK) {
        bucket = (struct bucket){ .kind = KIND_HOOK, .limit = limit_of(ctx->config, KIND_HOOK) };
        rate_key_token(asked->token, &bucket.key);
        return bucket;
    }
    if (ctx->actor == NULL)
        return bucket_at_address(ctx, KIND_NOBODY);
    bucket = (struct bucket){ .kind = kind_of(asked->class), .limit = limit_of(ctx->config, kind_of(asked->class)) };
    rate_key_principal(ctx->actor, &bucket.key);
    return bucket;
}

static bool is_limited(const struct ctx *ctx, enum rate class)
{
    return ctx->config->rate_limit && class != RATE_FREE;
}

enum err limiter_request(struct limiter *limiter, struct ctx *ctx, const struct limiter_asked *asked,
                         struct limiter_quota *ret_quota)
{
    struct bucket bucket;

    if (!is_limited(ctx, asked->class))
        return ERR_OK;
    bucket = bucket_of_request(ctx, asked);
    return take_or_refuse(limiter, ctx, &bucket, ret_quota);
}

void limiter_request_undo(struct limiter *limiter, const struct ctx *ctx, const struct limiter_asked *asked)
{
    struct bucket bucket;

    if (!is_limited(ctx, asked->class))
        return;
    bucket = bucket_of_request(ctx, asked);
    give_back(limiter, ctx, &bucket);
}

enum err limiter_bad_token(struct limiter *limiter, struct ctx *ctx, struct limiter_quota *ret_quota)
{
    struct bucket bucket;

    if (!ctx->config->rate_limit)
        return ERR_OK;
    bucket = bucket_at_address(ctx, KIND_BAD_TOKEN);
    return take_or_refuse(limiter, ctx, &bucket, ret_quota);
}

/* ---- guesses ---- */

bool limiter_is_guess(enum rate class)
{
    return class == RATE_CREDENTIAL || class == RATE_MAIL;
}

/* From an address from which the account has signed in before, its bucket refuses nothing: its owner must not be locked out. */
static enum err account_begin(struct limiter *limiter, struct ctx *ctx, struct limiter_guess *guess,
                              struct limiter_quota *ret_quota)
{
    struct bucket bucket = bucket_of_account(ctx, guess->account);
    struct bucket known = bucket_known(ctx, guess->account);
    struct rate_state state = take(limiter, ctx, &bucket, 1);

    guess->account_count = state.has_room ? 1 : 0;
    if (state.has_room || !take(limiter, ctx, &known, 0).has_room)
        return ERR_OK;
    *ret_quota = quota_of(&bucket, &state);
    return refuse(ctx, &bucket, &state);
}

enum err limiter_guess_begin(struct limiter *limiter, struct ctx *ctx, struct limiter_guess *guess,
                             struct limiter_quota *ret_quota)
{
    struct bucket bucket;
    struct limiter_quota of_guesses;
    enum err e;

    guess->account_count = 0;
    if (!ctx->config->rate_limit)
        return ERR_OK;
    bucket = bucket_at_address(ctx, KIND_BAD_GUESS);
    e = take_or_refuse(limiter, ctx, &bucket, &of_guesses);
    if (e == ERR_OK && guess->account.len > 0) {
        e = account_begin(limiter, ctx, guess, &of_guesses);
        if (e != ERR_OK)
            give_back(limiter, ctx, &bucket);
    }
    if (e != ERR_OK)
        *ret_quota = of_guesses; /* else the headers show the request's own bucket */
    return e;
}

/* Any other error (a full disk, a missing field) says nothing about the credential and gives the token back. */
static bool is_wrong_guess(enum err outcome)
{
    switch (outcome) {
    case ERR_TOKEN:
    case ERR_LOGIN:
    case ERR_PASSWORD_WRONG:
    case ERR_CODE_WRONG:
    case ERR_CODE_REFUSED:
    case ERR_CHALLENGE:
    case ERR_SETUP_TOKEN:
    case ERR_RESET:
    case ERR_EMAIL_CHANGE:
    case ERR_INVITATION: return true;
    default: return false;
    }
}

void limiter_guess_end(struct limiter *limiter, struct ctx *ctx, const struct limiter_guess *guess, enum err outcome)
{
    struct bucket bucket;

    if (!ctx->config->rate_limit || is_wrong_guess(outcome))
        return;
    bucket = bucket_at_address(ctx, KIND_BAD_GUESS);
    give_back(limiter, ctx, &bucket);
    if (guess->account_count > 0) {
        bucket = bucket_of_account(ctx, guess->account);
        give_back(limiter, ctx, &bucket);
    }
    if (outcome == ERR_OK && guess->account.len > 0) {
        bucket = bucket_known(ctx, guess->account);
        (void)take(limiter, ctx, &bucket, 1);
    }
}
