#include "key_guard.h"

#include "parley/auth/keys.h"
#include "parley/db/db.h"

enum { NAMES_MAX_BYTES = 4096 };

/* What is known and what this host has. The kids stand as "kid:… kid:…". */
struct guard {
    struct str local;
    struct str kids;
    int known_count;
    bool local_known;
    bool kid_known;
};

/* Calls fn for each of this host's names, until one fails. */
static enum err each_name(struct ctx *ctx, const struct guard *guard, enum err (*fn)(struct ctx *ctx, struct str name))
{
    struct str rest = guard->kids;
    struct str kid;

    TRY(fn(ctx, guard->local));
    while (str_split(&rest, ' ', &kid))
        TRY(fn(ctx, kid));
    return ERR_OK;
}

static enum err add_name(struct ctx *ctx, struct str name)
{
    enum err e = db_insert(ctx, SQL_KEY_FINGERPRINT_INSERT, DB_ARGS(DB_TEXT(name), DB_INT(ctx->now_us)), NULL);

    return e == ERR_CONFLICT ? ERR_OK : e; /* it was there already */
}

static bool has_kid(struct str kids, struct str name)
{
    struct str kid;

    while (str_split(&kids, ' ', &kid)) {
        if (str_eq(kid, name))
            return true;
    }
    return false;
}

static enum err see_name(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct guard *guard = arg;
    struct str name = db_row_str(row, 0);

    (void)ctx;
    guard->known_count++;
    guard->local_known |= str_eq(name, guard->local);
    guard->kid_known |= has_kid(guard->kids, name);
    return ERR_OK;
}

static enum err read_known(struct ctx *ctx, struct guard *guard)
{
    guard->known_count = 0;
    guard->local_known = guard->kid_known = false;
    return db_each(ctx, SQL_KEY_FINGERPRINTS_LIST, DB_NO_ARGS, see_name, guard);
}

/* In a transaction. The row in `once` makes one of several first hosts wait for the other. */
static enum err check(struct ctx *ctx, void *arg)
{
    struct guard *guard = arg;
    enum err e;

    TRY(read_known(ctx, guard));
    if (guard->known_count == 0) {
        e = db_insert(ctx, SQL_ONCE_INSERT, DB_ARGS(DB_TEXT(STR("keys")), DB_INT(ctx->now_us)), NULL);
        if (e == ERR_OK) {
            guard->local_known = guard->kid_known = true;
            return each_name(ctx, guard, add_name);
        }
        if (e != ERR_CONFLICT)
            return e;
        TRY(read_known(ctx, guard));
    }
    return guard->local_known && guard->kid_known ? each_name(ctx, guard, add_name) : ERR_CONFLICT;
}

static enum err adopt(struct ctx *ctx, void *arg)
{
    enum err e = db_insert(ctx, SQL_ONCE_INSERT, DB_ARGS(DB_TEXT(STR("keys")), DB_INT(ctx->now_us)), NULL);

    if (e != ERR_OK && e != ERR_CONFLICT)
        return e;
    return each_name(ctx, arg, add_name);
}

static enum err guard_init(struct ctx *ctx, struct guard *guard)
{
    struct buf local, kids, text;
    struct str rest;
    struct str kid;

    buf_init(&local, NAMES_MAX_BYTES);
    buf_init(&kids, NAMES_MAX_BYTES);
    buf_init(&text, NAMES_MAX_BYTES);
    keys_fingerprint(ctx->app->keys, &local);
    keys_kids(ctx->app->keys, &kids);
    rest = buf_str(&kids);
    while (str_split(&rest, ' ', &kid))
        buf_addf(&text, "%skid:%.*s", text.len > 0 ? " " : "", STR_FMT(kid));
    guard->local = arena_str(ctx->arena, buf_str(&local));
    guard->kids = arena_str(ctx->arena, buf_str(&text));
    buf_release(&local);
    buf_release(&kids);
    buf_release(&text);
    return arena_check(ctx->arena);
}

enum err key_guard_check(struct ctx *ctx, struct buf *ret_fault)
{
    struct guard guard = { .known_count = 0 };
    enum err e;

    TRY(guard_init(ctx, &guard));
    e = db_run(ctx, check, &guard);
    if (e == ERR_CONFLICT)
        buf_addf(ret_fault,
                 "this database belongs to a server with %s: copy KEYS_DIR from a host of that server, or, to "
                 "go on with the keys in %s, run: parley key adopt",
                 guard.local_known ? "other signing keys" : "other keys", ctx->config->keys_dir);
    return e;
}

enum err key_guard_adopt(struct ctx *ctx)
{
    struct guard guard = { .known_count = 0 };

    TRY(guard_init(ctx, &guard));
    return db_run(ctx, adopt, &guard);
}
