#include "provider_row.h"

#include <assert.h>

#include "parley/core/limits.h"
#include "provider_address.h"

const char *const provider_kind_names[] = { "openai", "vllm", "gemini", "anthropic", NULL };
static_assert(COUNT_OF(provider_kind_names) == PROVIDER_KIND_COUNT_ + 1, "each kind has a name");

/* What hosted services need; engines on a CPU want more. */
enum { PARALLEL_DEFAULT = 32, CONNECT_DEFAULT_S = 5, SILENT_DEFAULT_S = 60, TOTAL_DEFAULT_S = 600 };

const struct provider_ops *provider_ops_of(enum provider_kind kind)
{
    const struct provider_ops *ops = kinds_find(str_from(provider_kind_names[kind]));

    assert(ops != NULL);
    return ops;
}

struct str provider_kind_address(enum provider_kind kind)
{
    return str_from(provider_ops_of(kind)->base_url);
}

enum err provider_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct provider *provider = list_add(ctx->arena, arg, sizeof(*provider));

    if (provider == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *provider = (struct provider){
        .id = db_row_int(row, PROVIDER_ROW_ID),
        .uuid = db_row_uuid(row, PROVIDER_ROW_UUID),
        .workspace_id = db_row_int(row, PROVIDER_ROW_WORKSPACE_ID),
        .name = arena_str(ctx->arena, db_row_str(row, PROVIDER_ROW_NAME)),
        .kind = (enum provider_kind)db_row_int(row, PROVIDER_ROW_KIND),
        .base_url = arena_str(ctx->arena, db_row_str(row, PROVIDER_ROW_BASE_URL)),
        .key_sealed = arena_str(ctx->arena, db_row_str(row, PROVIDER_ROW_KEY_SEALED)),
        .key_last4 = arena_str(ctx->arena, db_row_str(row, PROVIDER_ROW_KEY_LAST4)),
        .http1 = db_row_int(row, PROVIDER_ROW_HTTP1) != 0,
        .is_inner = db_row_int(row, PROVIDER_ROW_IS_INNER) != 0,
        .remote_images = db_row_int(row, PROVIDER_ROW_REMOTE_IMAGES) != 0,
        .enabled = db_row_int(row, PROVIDER_ROW_ENABLED) != 0,
        .max_parallel = db_row_int(row, PROVIDER_ROW_MAX_PARALLEL),
        .connect_s = db_row_int(row, PROVIDER_ROW_CONNECT_S),
        .first_token_s = db_row_int(row, PROVIDER_ROW_FIRST_TOKEN_S),
        .idle_s = db_row_int(row, PROVIDER_ROW_IDLE_S),
        .total_s = db_row_int(row, PROVIDER_ROW_TOTAL_S),
        .version = db_row_int(row, PROVIDER_ROW_VERSION),
        .created_us = db_row_int(row, PROVIDER_ROW_CREATED_US),
        .updated_us = db_row_int(row, PROVIDER_ROW_UPDATED_US),
    };
    provider->has_key = provider->key_sealed.ptr != NULL;
    return arena_check(ctx->arena);
}

int64_t provider_owner_id(const struct provider_owner *owner)
{
    return owner->m != NULL ? owner->m->workspace_id : PROVIDER_OF_SERVER;
}

struct seal_label provider_seal_label(const struct uuid *provider)
{
    return (struct seal_label){ "provider", *provider };
}

struct str provider_key_end(struct str key)
{
    return key.len >= (size_t)4 * PROVIDER_KEY_SHOWN ? str_tail(key, key.len - PROVIDER_KEY_SHOWN)
                                                     : (struct str){ NULL, 0 };
}

void provider_defaults(struct provider *provider, int64_t owner_id, const struct provider_settings *settings)
{
    *provider = (struct provider){
        .uuid = uuid_new(),
        .workspace_id = owner_id,
        .enabled = true,
        .max_parallel = PARALLEL_DEFAULT,
        .connect_s = CONNECT_DEFAULT_S,
        .first_token_s = SILENT_DEFAULT_S,
        .idle_s = SILENT_DEFAULT_S,
        .total_s = TOTAL_DEFAULT_S,
        .version = 1,
    };
    provider_apply(provider, settings);
    if (provider->base_url.len == 0)
        provider->base_url = provider_kind_address(provider->kind);
}

static void times_apply(struct provider *provider, const struct provider_settings *s)
{
    if (s->fields & PROVIDER_MAX_PARALLEL)
        provider->max_parallel = s->max_parallel;
    if (s->fields & PROVIDER_CONNECT_S)
        provider->connect_s = s->connect_s;
    if (s->fields & PROVIDER_FIRST_TOKEN_S)
        provider->first_token_s = s->first_token_s;
    if (s->fields & PROVIDER_IDLE_S)
        provider->idle_s = s->idle_s;
    if (s->fields & PROVIDER_TOTAL_S)
        provider->total_s = s->total_s;
}

void provider_apply(struct provider *provider, const struct provider_settings *s)
{
    if (s->fields & PROVIDER_NAME)
        provider->name = s->name;
    if (s->fields & PROVIDER_KIND)
        provider->kind = s->kind;
    if (s->fields & PROVIDER_BASE_URL)
        provider->base_url = s->base_url.len > 0 ? provider_address_trim(s->base_url)
                                                 : provider_kind_address(provider->kind);
    if (s->fields & PROVIDER_HTTP1)
        provider->http1 = s->http1;
    if (s->fields & PROVIDER_INNER)
        provider->is_inner = s->inner;
    if (s->fields & PROVIDER_REMOTE_IMAGES)
        provider->remote_images = s->remote_images;
    if (s->fields & PROVIDER_ENABLED)
        provider->enabled = s->enabled;
    times_apply(provider, s);
}

static struct str text_or_empty(struct str text)
{
    return text.ptr != NULL ? text : STR("");
}

static enum err taken(struct ctx *ctx, enum err e)
{
    return e == ERR_CONFLICT ? fail(ctx, ERR_NAME_TAKEN) : e;
}

enum err provider_row_insert(struct ctx *ctx, struct provider *provider)
{
    const struct provider *p = provider;

    provider->created_us = provider->updated_us = ctx->now_us;
    return taken(
        ctx, db_insert(ctx, SQL_PROVIDER_INSERT,
                       DB_ARGS(DB_UUID(&p->uuid), DB_INT(p->workspace_id), DB_TEXT(p->name), DB_INT(p->kind),
                               DB_TEXT(text_or_empty(p->base_url)), DB_BLOB(p->key_sealed), DB_TEXT(p->key_last4),
                               DB_INT(p->http1), DB_INT(p->is_inner), DB_INT(p->remote_images), DB_INT(p->max_parallel),
                               DB_INT(p->connect_s), DB_INT(p->first_token_s), DB_INT(p->idle_s), DB_INT(p->total_s),
                               DB_INT(p->enabled), DB_INT(p->created_us), DB_INT(p->updated_us)),
                       &provider->id));
}

enum err provider_row_update(struct ctx *ctx, struct provider *provider)
{
    const struct provider *p = provider;

    provider->updated_us = ctx->now_us;
    provider->version++;
    return taken(ctx,
                 db_exec(ctx, SQL_PROVIDER_UPDATE,
                         DB_ARGS(DB_TEXT(p->name), DB_INT(p->kind), DB_TEXT(text_or_empty(p->base_url)),
                                 DB_BLOB(p->key_sealed), DB_TEXT(p->key_last4), DB_INT(p->http1), DB_INT(p->is_inner),
                                 DB_INT(p->remote_images), DB_INT(p->max_parallel), DB_INT(p->connect_s),
                                 DB_INT(p->first_token_s), DB_INT(p->idle_s), DB_INT(p->total_s), DB_INT(p->enabled),
                                 DB_INT(p->updated_us), DB_INT(p->id), DB_INT(p->workspace_id)),
                         NULL));
}

enum err provider_audit(struct ctx *ctx, enum audit_action action, const struct provider_owner *owner,
                        const struct uuid *provider, struct str fields)
{
    static const struct uuid none;
    const struct uuid *workspace = owner->m != NULL ? &owner->m->workspace : &none;
    struct audit_detail details[2];
    size_t count = 0;

    if (owner->m != NULL)
        details[count++] = AUDIT_UUID("workspace", workspace);
    if (fields.ptr != NULL)
        details[count++] = AUDIT_TEXT("fields", fields);
    return audit_add(ctx, &(struct audit_entry){ .action = action,
                                                 .target_kind = AUDIT_ON_PROVIDER,
                                                 .target = *provider,
                                                 .details = { details, count } });
}
