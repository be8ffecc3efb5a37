#include "parley/domain/record/audit_list.h"

#include "parley/db/db.h"

static const struct uuid any;

/* The filter that has few rows and an index comes first; the others look at what it finds. */
enum err audit_list(struct ctx *ctx, const struct audit_list_opts *opts, struct list *ret_list)
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
        return audit_links_read(
            ctx, SQL_AUDIT_LIST_BY_TARGET,
            DB_ARGS(DB_UUID(&opts->target), from, to, next_us, next_id, action, action, actor, actor, limit), ret_list);
    if (actor.kind != DB_NULL_VALUE)
        return audit_links_read(ctx, SQL_AUDIT_LIST_BY_ACTOR,
                                DB_ARGS(actor, from, to, next_us, next_id, action, action, limit), ret_list);
    if (opts->action.ptr != NULL)
        return audit_links_read(ctx, SQL_AUDIT_LIST_BY_ACTION, DB_ARGS(action, from, to, next_us, next_id, limit),
                                ret_list);
    return audit_links_read(ctx, SQL_AUDIT_LIST, DB_ARGS(from, to, next_us, next_id, limit), ret_list);
}

enum err audit_list_of_keys(struct ctx *ctx, const struct audit_key_list_opts *opts, struct list *ret_list)
{
    struct db_value action = DB_TEXT(opts->action);

    return audit_links_read(ctx, SQL_AUDIT_LIST_OF_KEYS,
                            DB_ARGS(DB_INT(opts->key_id != 0 ? opts->key_id : 1),
                                    DB_INT(opts->key_id != 0 ? opts->key_id : INT64_MAX), action, action,
                                    DB_INT(opts->limit), DB_INT(opts->skip_count)),
                            ret_list);
}
