#include "parley/domain/lifecycle/setup.h"

#include "parley/auth/digest.h"
#include "parley/auth/keys.h"
#include "parley/auth/password.h"
#include "parley/core/buf.h"
#include "parley/core/secret.h"
#include "parley/db/db.h"
#include "parley/domain/lifecycle/user_create.h"
#include "parley/domain/record/audit.h"

/* The row of the table once that only one setup can insert. */
#define SETUP_ROW STR("setup")

/* 192 bits, 32 characters. */
enum { SETUP_TOKEN_BYTES = 24, SETUP_TOKEN_MAX_BYTES = 200 };

enum err setup_required(struct ctx *ctx, bool *ret_required)
{
    int64_t first = 0;
    enum err e = db_number(ctx, SQL_USER_FIRST, DB_NO_ARGS, &first);

    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    *ret_required = first == 0;
    return ERR_OK;
}

/* The token of SETUP_TOKEN=auto. */
static enum err auto_token(struct ctx *ctx, struct str *ret_token)
{
    uint8_t mac[SHA256_BYTES];
    struct buf text;

    keys_local_mac(ctx->app->keys, STR("setup-token"), mac);
    buf_init(&text, SETUP_TOKEN_MAX_BYTES);
    digest_base64url(&text, mac, SETUP_TOKEN_BYTES);
    *ret_token = arena_str(ctx->arena, buf_str(&text));
    buf_release(&text);
    return ret_token->len == 0 ? fail(ctx, ERR_NO_MEMORY) : ERR_OK;
}

static bool is_auto(const struct ctx *ctx)
{
    return str_eq_c(str_from(ctx->config->setup_token), "auto");
}

/* What /auth/setup asks for; empty: nothing. */
static enum err expected_token(struct ctx *ctx, struct str *ret_token)
{
    if (is_auto(ctx))
        return auto_token(ctx, ret_token);
    *ret_token = str_from(ctx->config->setup_token);
    return ERR_OK;
}

enum err setup_token_ensure(struct ctx *ctx, struct str *ret_token)
{
    bool required;

    TRY(setup_required(ctx, &required));
    if (required && is_auto(ctx))
        return auto_token(ctx, ret_token);
    *ret_token = (struct str){ NULL, 0 };
    return ERR_OK;
}

enum err setup_token_judge(struct ctx *ctx, struct str token, enum setup_token *ret_state)
{
    struct str expected;

    TRY(expected_token(ctx, &expected));
    if (expected.len == 0)
        *ret_state = SETUP_TOKEN_UNSET;
    else
        *ret_state = secret_eq(expected, token) ? SETUP_TOKEN_RIGHT : SETUP_TOKEN_WRONG;
    return ERR_OK;
}

static enum err check_token(struct ctx *ctx, struct str token)
{
    enum setup_token state;

    TRY(setup_token_judge(ctx, token, &state));
    return state == SETUP_TOKEN_WRONG ? fail(ctx, ERR_SETUP_TOKEN) : ERR_OK;
}

enum err setup_claim(struct ctx *ctx)
{
    return db_exec(ctx, SQL_SINGLETON_INSERT, DB_ARGS(DB_TEXT(SETUP_ROW), DB_INT(ctx->now_us)), NULL);
}

static enum err check_required(struct ctx *ctx)
{
    bool required;

    TRY(setup_required(ctx, &required));
    return required ? ERR_OK : fail(ctx, ERR_SETUP_DONE);
}

struct setup {
    struct user_create_opts opts;
    const struct session_origin *origin; /* NULL: nobody is signed in */
    struct user user;
    struct session_grant grant;
};

static enum err complete_in_transaction(struct ctx *ctx, void *arg)
{
    struct setup *setup = arg;
    struct user *user = &setup->user;
    struct str hash = setup->opts.password_hash;
    enum err e = setup_claim(ctx);

    if (e == ERR_CONFLICT)
        return fail(ctx, ERR_SETUP_DONE);
    TRY(e);
    TRY(check_required(ctx));
    TRY(user_insert(ctx, &setup->opts, user));
    TRY(audit_add(ctx, &(struct audit_entry){ .action = AUDIT_SETUP_COMPLETED,
                                              .actor = { .user = user->uuid, .name = user->email },
                                              .target_kind = AUDIT_ON_USER,
                                              .target = user->uuid }));
    if (setup->origin == NULL)
        return ERR_OK;
    return sign_in_begin(ctx, &(struct sign_in_proof){ user->id, hash, hash }, setup->origin, user, &setup->grant);
}

enum err setup_complete(struct ctx *ctx, const struct user_create_opts *opts, struct str token,
                        const struct session_origin *origin, struct sign_in_result *ret_result)
{
    struct setup setup = { .opts = *opts, .origin = origin };
    char hash[PASSWORD_HASH_BYTES];

    setup.opts.role = USER_ROLE_ADMIN;
    TRY(check_required(ctx));
    TRY(check_token(ctx, token));
    TRY(password_hash_new(ctx, setup.opts.password, setup.opts.email, hash));
    setup.opts.password_hash = str_from(hash);
    TRY(db_run(ctx, complete_in_transaction, &setup));
    *ret_result = (struct sign_in_result){ .user = setup.user };
    return origin != NULL ? session_sign(ctx, &setup.grant, &ret_result->tokens) : ERR_OK;
}
