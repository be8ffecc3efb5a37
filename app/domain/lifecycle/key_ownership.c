#include "parley/domain/lifecycle/key_ownership.h"

#include "parley/auth/keys.h"
#include "parley/db/db.h"
#include "parley/db/migrate.h"

enum { NAMES_MAX_BYTES = 4096 };

/* What is known and what this host has. The kids stand as "kid:… kid:…", the sealing keys as "seal:… seal:…". */
struct guard {
    struct str local;
    struct str kids;
    struct str seals;
    int known_count;
    int known_seal_count;
    bool local_known;
    bool kid_known;
    bool seal_known;
};

static enum err add_name(struct ctx *ctx, struct str name)
{
    enum err e = db_insert(ctx, SQL_KEY_FINGERPRINT_INSERT, DB_ARGS(DB_TEXT(name), DB_INT(ctx->now_us)), NULL);

    return e == ERR_CONFLICT ? ERR_OK : e; /* it was there already */
}

static enum err add_each(struct ctx *ctx, struct str names)
{
    struct str name;

    while (str_split(&names, ' ', &name))
        TRY(add_name(ctx, name));
    return ERR_OK;
}

static enum err add_all(struct ctx *ctx, const struct guard *guard)
{
    TRY(add_name(ctx, guard->local));
    TRY(add_each(ctx, guard->kids));
    return add_each(ctx, guard->seals);
}

static bool has_name(struct str names, struct str wanted)
{
    struct str name;

    while (str_split(&names, ' ', &name)) {
        if (str_eq(name, wanted))
            return true;
    }
    return false;
}

static enum err see_name(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct guard *guard = arg;
    struct str name = db_row_str(row, KEY_FINGERPRINTS_LIST_FINGERPRINT);

    (void)ctx;
    guard->known_count++;
    guard->local_known |= str_eq(name, guard->local);
    guard->kid_known |= has_name(guard->kids, name);
    guard->known_seal_count += str_starts_with(name, STR("seal:"));
    guard->seal_known |= has_name(guard->seals, name);
    return ERR_OK;
}

static enum err read_known(struct ctx *ctx, struct guard *guard)
{
    guard->known_count = guard->known_seal_count = 0;
    guard->local_known = guard->kid_known = guard->seal_known = false;
    return db_each(ctx, SQL_KEY_FINGERPRINTS_LIST, DB_NO_ARGS, see_name, guard);
}

/* The row in `singletons` makes one of several first hosts wait for the other; then what that one wrote is read. */
static enum err be_first(struct ctx *ctx, struct guard *guard, struct str what, bool *ret_first)
{
    enum err e = db_insert(ctx, SQL_SINGLETON_INSERT, DB_ARGS(DB_TEXT(what), DB_INT(ctx->now_us)), NULL);

    *ret_first = e == ERR_OK;
    return e == ERR_CONFLICT ? read_known(ctx, guard) : e;
}

/* In a transaction. Databases of older versions know no sealing key yet. */
static enum err check(struct ctx *ctx, void *arg)
{
    struct guard *guard = arg;
    bool first = false;

    TRY(read_known(ctx, guard));
    if (guard->known_count == 0) {
        TRY(be_first(ctx, guard, STR("keys"), &first));
        guard->local_known |= first;
        guard->kid_known |= first;
    }
    if (guard->known_seal_count == 0) {
        TRY(be_first(ctx, guard, STR("sealing keys"), &first));
        guard->seal_known |= first;
    }
    return guard->local_known && guard->kid_known && guard->seal_known ? add_all(ctx, guard) : ERR_CONFLICT;
}

static enum err claim(struct ctx *ctx, struct str what)
{
    enum err e = db_insert(ctx, SQL_SINGLETON_INSERT, DB_ARGS(DB_TEXT(what), DB_INT(ctx->now_us)), NULL);

    return e == ERR_CONFLICT ? ERR_OK : e;
}

static enum err adopt(struct ctx *ctx, void *arg)
{
    TRY(claim(ctx, STR("keys")));
    TRY(claim(ctx, STR("sealing keys")));
    return add_all(ctx, arg);
}

/* "a b" as "kid:a kid:b". */
static struct str with_prefix(struct ctx *ctx, const struct buf *ids, const char *prefix)
{
    struct str rest = buf_str(ids);
    struct str id, names;
    struct buf text;

    buf_init(&text, NAMES_MAX_BYTES);
    while (str_split(&rest, ' ', &id))
        buf_addf(&text, "%s%s%.*s", text.len > 0 ? " " : "", prefix, STR_FMT(id));
    names = arena_str(ctx->arena, buf_str(&text));
    buf_release(&text);
    return names;
}

static enum err guard_init(struct ctx *ctx, struct guard *guard)
{
    struct buf ids;

    buf_init(&ids, NAMES_MAX_BYTES);
    keys_fingerprint(ctx->app->keys, &ids);
    guard->local = arena_str(ctx->arena, buf_str(&ids));
    buf_clear(&ids);
    keys_kids(ctx->app->keys, &ids);
    guard->kids = with_prefix(ctx, &ids, "kid:");
    buf_clear(&ids);
    keys_seal_ids(ctx->app->keys, &ids);
    guard->seals = with_prefix(ctx, &ids, "seal:");
    buf_release(&ids);
    return arena_check(ctx->arena);
}

static const char *what_differs(const struct guard *guard)
{
    if (!guard->local_known)
        return "other keys";
    return guard->kid_known ? "another sealing key" : "other signing keys";
}

/* Any value but ERR_OK rolls back what the check would write. */
static enum err check_only(struct ctx *ctx, void *arg)
{
    TRY(check(ctx, arg));
    return ERR_NOT_FOUND;
}

static enum err guard_run(struct ctx *ctx, db_fn fn, struct buf *ret_error_text)
{
    struct guard guard = { .known_count = 0 };
    enum err e;

    TRY(guard_init(ctx, &guard));
    e = db_run(ctx, fn, &guard);
    if (e == ERR_CONFLICT)
        buf_addf(
            ret_error_text,
            "this database belongs to a server with %s than those in %s: set KEYS_DIR to that server's, or copy them "
            "from a host of it; only where they are lost for good, run: parley key adopt",
            what_differs(&guard), ctx->config->keys_dir);
    return e;
}

enum err key_ownership_check(struct ctx *ctx, struct buf *ret_error_text)
{
    return guard_run(ctx, check, ret_error_text);
}

enum err key_ownership_look(struct ctx *ctx, struct buf *ret_error_text)
{
    enum err e = guard_run(ctx, check_only, ret_error_text);

    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err key_ownership_look_before(struct ctx *ctx, struct buf *ret_error_text)
{
    int version = 0;

    TRY(migrate_version(ctx->app->db, ret_error_text, &version));
    return version > 0 ? key_ownership_look(ctx, ret_error_text) : ERR_OK;
}

enum err key_ownership_adopt(struct ctx *ctx)
{
    struct guard guard = { .known_count = 0 };

    TRY(guard_init(ctx, &guard));
    return db_run(ctx, adopt, &guard);
}
