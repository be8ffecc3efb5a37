#include "parley/domain/people/push_subscription.h"

#include <string.h>

#include "parley/auth/digest.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/people/user.h"
#include "parley/domain/record/principal.h"
#include "parley/push/push.h"

struct str push_subscription_key(const struct ctx *ctx)
{
    return push_public_key(ctx->app->push);
}

/* ---- taking one ---- */

static enum err fault_add(struct ctx *ctx, const char *field, const char *message)
{
    return problem_add(ctx->problem,
                       (struct fault){ .where = "body", .field = field, .type = "value_error", .message = message });
}

static bool bytes_read(struct ctx *ctx, struct str text, void *ret_bytes, size_t len)
{
    struct str bytes;

    if (digest_base64url_decode(ctx->arena, text, &bytes) != ERR_OK || bytes.len != len)
        return false;
    memcpy(ret_bytes, bytes.ptr, len);
    return true;
}

static enum err draft_read(struct ctx *ctx, const struct push_subscription_draft *draft,
                           struct web_push_browser *browser)
{
    enum err e = ERR_OK;

    if (!push_endpoint_is_good(ctx->config, draft->endpoint))
        e = fault_add(ctx, "endpoint", "is no address of a push service");
    if (!bytes_read(ctx, draft->p256dh, browser->point, sizeof(browser->point)) ||
        !web_push_point_is_good(browser->point))
        e = fault_add(ctx, "p256dh", "is no key of a browser");
    if (!bytes_read(ctx, draft->auth, browser->secret, sizeof(browser->secret)))
        e = fault_add(ctx, "auth", "must be 16 bytes, as base64url");
    return e;
}

struct addition {
    const struct principal *principal;
    struct str endpoint;
    uint8_t hash[SHA256_BYTES];
    struct web_push_browser browser;
};

static struct db_value blob(const void *bytes, size_t len)
{
    return DB_BLOB(((struct str){ bytes, len }));
}

static enum err make_room(struct ctx *ctx, int64_t user_id)
{
    struct list list = { NULL, 0 };
    const int64_t *ids;

    TRY(db_ids(ctx, SQL_PUSH_SUBSCRIPTION_IDS, DB_ARGS(DB_INT(user_id)), &list));
    ids = list.items;
    for (size_t i = 0; i + PUSH_SUBSCRIPTIONS_PER_USER_MAX <= list.count; i++)
        TRY(push_subscription_forget(ctx, ids[i]));
    return ERR_OK;
}

static enum err add(struct ctx *ctx, void *arg)
{
    const struct addition *addition = arg;
    const struct db_value hash = blob(addition->hash, sizeof(addition->hash));

    TRY(user_row_lock(ctx, addition->principal->user_id));
    TRY(db_exec(ctx, SQL_PUSH_SUBSCRIPTION_FORGET, DB_ARGS(hash), NULL));
    TRY(make_room(ctx, addition->principal->user_id));
    return db_insert(ctx, SQL_PUSH_SUBSCRIPTION_INSERT,
                     DB_ARGS(DB_INT(addition->principal->user_id), DB_INT(addition->principal->session_id), hash,
                             DB_TEXT(addition->endpoint),
                             blob(addition->browser.point, sizeof(addition->browser.point)),
                             blob(addition->browser.secret, sizeof(addition->browser.secret)), DB_INT(ctx->now_us)),
                     NULL);
}

enum err push_subscription_put(struct ctx *ctx, const struct principal *principal,
                               const struct push_subscription_draft *draft)
{
    struct addition addition = { .principal = principal, .endpoint = draft->endpoint };

    TRY(draft_read(ctx, draft, &addition.browser));
    digest_sha256(draft->endpoint, addition.hash);
    return db_run(ctx, add, &addition);
}

enum err push_subscription_remove(struct ctx *ctx, int64_t user_id, struct str endpoint)
{
    uint8_t hash[SHA256_BYTES];

    digest_sha256(endpoint, hash);
    return db_exec(ctx, SQL_PUSH_SUBSCRIPTION_DELETE_OWN, DB_ARGS(blob(hash, sizeof(hash)), DB_INT(user_id)), NULL);
}

enum err push_subscriptions_forget(struct ctx *ctx, int64_t user_id)
{
    return db_exec(ctx, SQL_PUSH_SUBSCRIPTIONS_DELETE_OF_USER, DB_ARGS(DB_INT(user_id)), NULL);
}

/* ---- for the job ---- */

static enum err row_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct push_subscription *added = list_add(ctx->arena, arg, sizeof(*added));
    struct str point = db_row_str(row, PUSH_SUBSCRIPTION_LIST_POINT),
               secret = db_row_str(row, PUSH_SUBSCRIPTION_LIST_SECRET);

    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *added = (struct push_subscription){
        .id = db_row_int(row, PUSH_SUBSCRIPTION_LIST_ID),
        .failed_count = db_row_int(row, PUSH_SUBSCRIPTION_LIST_FAILED_COUNT),
        .endpoint = arena_str(ctx->arena, db_row_str(row, PUSH_SUBSCRIPTION_LIST_ENDPOINT)),
    };
    if (point.len != sizeof(added->browser.point) || secret.len != sizeof(added->browser.secret))
        return fail(ctx, ERR_INTERNAL);
    memcpy(added->browser.point, point.ptr, point.len);
    memcpy(added->browser.secret, secret.ptr, secret.len);
    return arena_check(ctx->arena);
}

enum err push_subscription_list(struct ctx *ctx, int64_t user_id, struct list *ret_list)
{
    struct list list = { NULL, 0 };

    TRY(db_each(ctx, SQL_PUSH_SUBSCRIPTION_LIST, DB_ARGS(DB_INT(ctx->now_us), DB_INT(user_id), DB_INT(ctx->now_us)),
                row_add, &list));
    *ret_list = list;
    return ERR_OK;
}

enum err push_subscription_note(struct ctx *ctx, const struct push_subscription *subscription, bool is_taken)
{
    int64_t failed_count = is_taken ? 0 : subscription->failed_count + 1;
    int64_t doubled = failed_count > PUSH_BACKOFF_DOUBLED_MAX ? PUSH_BACKOFF_DOUBLED_MAX : failed_count;
    int64_t until_us = is_taken ? 0 : clock_now_us() + ((int64_t)PUSH_BACKOFF_S << (doubled - 1)) * US_PER_S;

    if (is_taken && subscription->failed_count == 0)
        return ERR_OK;
    return db_exec(ctx, SQL_PUSH_SUBSCRIPTION_SET_PUT_OFF,
                   DB_ARGS(DB_INT(until_us), DB_INT(failed_count), DB_INT(subscription->id)), NULL);
}

enum err push_subscription_forget(struct ctx *ctx, int64_t id)
{
    return db_exec(ctx, SQL_PUSH_SUBSCRIPTION_DELETE, DB_ARGS(DB_INT(id)), NULL);
}
