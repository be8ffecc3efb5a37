#include "parley/auth/password.h"

#include <crypt.h>

#include "common_password.h"
#include "parley/core/limits.h"
#include "parley/core/rand.h"
#include "parley/core/secret.h"
#include "parley/core/text.h"

enum { SALT_BYTES = 16, BUSY_RETRY_AFTER_S = 2 };

static bool is_short(struct str password, struct str email)
{
    (void)email;
    return password.len < PASSWORD_MIN_BYTES;
}

/* bcrypt ignores everything beyond 72 bytes. */
static bool is_long(struct str password, struct str email)
{
    (void)email;
    return password.len > PASSWORD_MAX_BYTES;
}

/* crypt_r stops at the first NUL. */
static bool has_nul(struct str password, struct str email)
{
    (void)email;
    return str_index(password, '\0') != SIZE_MAX;
}

static bool is_address(struct str password, struct str email)
{
    size_t at = str_index(email, '@');

    return str_eq_nocase(password, email) || (at != SIZE_MAX && str_eq_nocase(password, str_head(email, at)));
}

static bool is_common(struct str password, struct str email)
{
    (void)email;
    return common_password_is(password);
}

static bool is_not_text(struct str password, struct str email)
{
    (void)email;
    return !str_is_utf8(password);
}

/* The rules, in the order in which they are reported. */
static const struct rule {
    bool (*is_broken)(struct str password, struct str email);
    const char *detail;
} rules[] = {
    { is_not_text, "The password must be text in UTF-8" },
    { is_short, "The password must have at least 8 bytes" },
    { is_long, "The password must have at most 72 bytes" },
    { has_nul, "The password must not hold a NUL character" },
    { is_address, "The password must not be the e-mail address or its first part" },
    { is_common, "The password is one of those that are tried first; choose one that is less common" },
};

/* One keyboard composes ä, another sends a and U+0308: the same password. Blanks are kept. */
static enum err composed(struct ctx *ctx, struct str password, struct str *ret_password)
{
    enum err e = text_compose(ctx->arena, password, ret_password);

    if (e == ERR_INVALID)
        *ret_password = password;
    return e == ERR_NO_MEMORY ? fail(ctx, e) : ERR_OK;
}

enum err password_check_rules(struct ctx *ctx, struct str typed, struct str email)
{
    struct str password;

    TRY(composed(ctx, typed, &password));
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        if (rules[i].is_broken(password, email))
            return failf(ctx, ERR_PASSWORD_RULES, "%s", rules[i].detail);
    }
    return ERR_OK;
}

static enum err run(struct ctx *ctx, struct str password, struct str setting, char ret_hash[PASSWORD_HASH_BYTES])
{
    enum err e = hasher_run(ctx->app->hasher, password, setting, ctx->ip, ret_hash);

    if (e == ERR_CLIENT_GONE)
        return fail(ctx, e);
    if (e != ERR_BUSY)
        return e;
    e = failf(ctx, ERR_BUSY, "Too many passwords are being checked at the moment");
    if (ctx->problem->err == ERR_BUSY)
        ctx->problem->retry_after_s = BUSY_RETRY_AFTER_S;
    return e;
}

enum err password_hash(struct ctx *ctx, struct str typed, char ret_hash[PASSWORD_HASH_BYTES])
{
    char salt[SALT_BYTES];
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    struct str password;
    enum err e;

    TRY(composed(ctx, typed, &password));
    if (password.len > PASSWORD_MAX_BYTES || str_index(password, '\0') != SIZE_MAX)
        return fail(ctx, ERR_PASSWORD_RULES);
    rand_bytes(salt, sizeof(salt));
    if (crypt_gensalt_rn("$2b$", (unsigned long)ctx->config->bcrypt_rounds, salt, sizeof(salt), setting,
                         sizeof(setting)) == NULL)
        return fail(ctx, ERR_INTERNAL);
    e = run(ctx, password, str_from(setting), ret_hash);
    return e == ERR_INVALID ? fail(ctx, ERR_INTERNAL) : e;
}

enum err password_hash_new(struct ctx *ctx, struct str password, struct str email, char ret_hash[PASSWORD_HASH_BYTES])
{
    TRY(password_check_rules(ctx, password, email));
    return password_hash(ctx, password, ret_hash);
}

/* The cost in "$2b$12$…"; 0 for a hash of another kind. */
static int64_t cost_of(struct str hash)
{
    int64_t cost = 0;

    if (!str_starts_with(hash, STR("$2b$")) || hash.len < 7 ||
        str_to_int64(str_head(str_tail(hash, 4), 2), &cost) != ERR_OK)
        return 0;
    return cost;
}

/* The same work as for a real hash, whose result is thrown away. */
static enum err verify_nothing(struct ctx *ctx)
{
    char hash[PASSWORD_HASH_BYTES];
    char setting[32];
    enum err e;

    (void)snprintf(setting, sizeof(setting), "$2b$%02d$......................", (int)ctx->config->bcrypt_rounds);
    e = run(ctx, STR("unknown"), str_from(setting), hash);
    return e == ERR_OK || e == ERR_INVALID ? ERR_LOGIN : e;
}

static enum err compare(struct ctx *ctx, struct str password, struct str hash)
{
    char computed[PASSWORD_HASH_BYTES];
    enum err e;

    if (hash.len == 0 || password.len > PASSWORD_MAX_BYTES || str_index(password, '\0') != SIZE_MAX)
        return verify_nothing(ctx);
    e = run(ctx, password, hash, computed);
    if (e != ERR_OK)
        return e == ERR_INVALID ? ERR_LOGIN : e;
    return secret_eq(str_from(computed), hash) ? ERR_OK : ERR_LOGIN;
}

enum err password_verify(struct ctx *ctx, struct str typed, struct str hash, bool *ret_rehash)
{
    struct str password;
    bool rehash = cost_of(hash) < ctx->config->bcrypt_rounds;
    enum err e;

    TRY(composed(ctx, typed, &password));
    e = compare(ctx, password, hash);
    /* Hashes from before passwords were composed are of what was typed then. How long it takes tells only what was typed. */
    if (e == ERR_LOGIN && !str_eq(typed, password)) {
        rehash = true;
        e = compare(ctx, typed, hash);
    }
    if (e == ERR_OK)
        *ret_rehash = rehash;
    return e;
}
