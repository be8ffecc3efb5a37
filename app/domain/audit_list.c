#include "parley/domain/audit_list.h"

#include "parley/auth/digest.h"
#include "parley/db/db.h"

static const struct uuid any;

static struct str hex_of(struct ctx *ctx, struct str hash)
{
    char hex[SHA256_HEX_BYTES];

    if (hash.len != SHA256_BYTES)
        return (struct str){ NULL, 0 };
    digest_hex((const uint8_t *)hash.ptr, hex);
    return arena_str(ctx->arena, str_from(hex));
}

/* A row of the columns that every list selects, in their order. */
static enum err read_row(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct audit_row *added = list_add(ctx->arena, arg, sizeof(*added));

    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *added = (struct audit_row){
        .id = db_row_int(row, 0),
        .uuid = db_row_uuid(row, 1),
        .at_us = db_row_int(row, 2),
        .action = arena_str(ctx->arena, db_row_str(row, 3)),
        .actor = db_row_uuid(row, 4),
        .actor_key_id = db_row_int(row, 5),
        .actor_name = arena_str(ctx->arena, db_row_str(row, 6)),
        .ip = arena_str(ctx->arena, db_row_str(row, 7)),
        .target_kind = arena_str(ctx->arena, db_row_str(row, 8)),
        .target = db_row_uuid(row, 9),
        .target_key_id = db_row_int(row, 10),
        .request_id = arena_str(ctx->arena, db_row_str(row, 11)),
        .details = arena_str(ctx->arena, db_row_str(row, 12)),
        .hash = hex_of(ctx, db_row_str(row, 13)),
    };
    return arena_check(ctx->arena);
}

/* The filter that has few rows and an index comes first; the others look at what it finds. */
static enum err list_filtered(struct ctx *ctx, const struct audit_list_opts *opts, struct list *list)
{
    struct db_value from = DB_INT(opts->after_us == 0 ? INT64_MIN : opts->after_us);
    struct db_value to = DB_INT(opts->before_us == 0 ? INT64_MAX : opts->before_us - 1);
    struct db_value next_us = DB_INT(opts->next_us == 0 ? INT64_MAX : opts->next_us);
    struct db_value next_id = DB_INT(opts->next_us == 0 ? INT64_MAX : opts->next_id);
    struct db_value limit = DB_INT(opts->limit), action = DB_TEXT(opts->action);
    struct db_value actor = uuid_eq(&opts->actor, &any) ? DB_NULL : DB_UUID(&opts->actor);

    if (opts->next_us != 0 && opts->next_us < to.number)
        to = next_us;
    if (!uuid_eq(&opts->target, &any))
        return db_each(ctx, SQL_AUDIT_LIST_BY_TARGET,
                       DB_ARGS(DB_UUID(&opts->target), from, to, next_us, next_id, action, action, actor, actor, limit),
                       read_row, list);
    if (actor.kind != DB_NULL_VALUE)
        return db_each(ctx, SQL_AUDIT_LIST_BY_ACTOR, DB_ARGS(actor, from, to, next_us, next_id, action, action, limit),
                       read_row, list);
    if (opts->action.ptr != NULL)
        return db_each(ctx, SQL_AUDIT_LIST_BY_ACTION, DB_ARGS(action, from, to, next_us, next_id, limit), read_row,
                       list);
    return db_each(ctx, SQL_AUDIT_LIST, DB_ARGS(from, to, next_us, next_id, limit), read_row, list);
}

enum err audit_list(struct ctx *ctx, const struct audit_list_opts *opts, struct list *ret_list)
{
    struct list list = { NULL, 0 };

    TRY(list_filtered(ctx, opts, &list));
    *ret_list = list;
    return ERR_OK;
}

enum err audit_list_of_keys(struct ctx *ctx, const struct audit_key_list_opts *opts, struct list *ret_list)
{
    struct db_value action = DB_TEXT(opts->action);
    struct list list = { NULL, 0 };

    TRY(db_each(ctx, SQL_AUDIT_LIST_OF_KEYS,
                DB_ARGS(DB_INT(opts->key_id != 0 ? opts->key_id : 1),
                        DB_INT(opts->key_id != 0 ? opts->key_id : INT64_MAX), action, action, DB_INT(opts->limit),
                        DB_INT(opts->skip_count)),
                read_row, &list));
    *ret_list = list;
    return ERR_OK;
}
