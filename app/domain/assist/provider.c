#include "parley/domain/assist/provider.h"

#include "parley/core/limits.h"
#include "provider_address.h"
#include "provider_environment.h"
#include "provider_row.h"

/* ---- reading ---- */

/* Drops what is no longer in the environment, and fills in what is. */
static void environment_fill(const struct config *config, struct list *list)
{
    struct provider *providers = list->items;
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (provider_environment_fill(config, &providers[i]))
            providers[count++] = providers[i];
    }
    list->count = count;
}

static enum err list_both(struct ctx *ctx, void *arg)
{
    struct list *list = arg;

    TRY(db_each(ctx, SQL_PROVIDER_LIST, DB_ARGS(DB_INT(PROVIDER_OF_ENVIRONMENT)), provider_read, list));
    environment_fill(ctx->config, list);
    return db_each(ctx, SQL_PROVIDER_LIST, DB_ARGS(DB_INT(PROVIDER_OF_SERVER)), provider_read, list);
}

enum err provider_list(struct ctx *ctx, const struct provider_owner *owner, struct list *ret_list)
{
    struct list list = { NULL, 0 };

    if (owner->m != NULL) {
        TRY(db_each(ctx, SQL_PROVIDER_LIST, DB_ARGS(DB_INT(owner->m->workspace_id)), provider_read, &list));
    } else {
        TRY(provider_environment_sync(ctx));
        TRY(list_both(ctx, &list));
    }
    *ret_list = list;
    return ERR_OK;
}

enum err provider_get(struct ctx *ctx, const struct provider_owner *owner, const struct uuid *provider,
                      struct provider *ret_provider)
{
    int64_t id = provider_owner_id(owner);
    int64_t other = owner->m != NULL ? id : PROVIDER_OF_ENVIRONMENT;
    struct list list = { NULL, 0 };
    struct provider found;

    TRY(db_each(ctx, SQL_PROVIDER_GET, DB_ARGS(DB_UUID(provider), DB_INT(id), DB_INT(other)), provider_read, &list));
    if (list.count == 0)
        return fail(ctx, ERR_PROVIDER_NOT_FOUND);
    found = *(struct provider *)list.items;
    if (found.workspace_id == PROVIDER_OF_ENVIRONMENT && !provider_environment_fill(ctx->config, &found))
        return fail(ctx, ERR_PROVIDER_NOT_FOUND);
    *ret_provider = found;
    return ERR_OK;
}

enum err provider_key_open(struct ctx *ctx, const struct provider *provider, struct str *ret_key)
{
    const struct seal_label label = provider_seal_label(&provider->uuid);
    struct str key = STR("");
    enum err e;

    if (provider->workspace_id == PROVIDER_OF_ENVIRONMENT) {
        /* A copy: whoever asks wipes it. */
        key = arena_str(ctx->arena, provider_environment_key(ctx->config, provider->kind));
        TRY(arena_check(ctx->arena));
        *ret_key = key;
        return ERR_OK;
    }
    if (provider->key_sealed.ptr != NULL) {
        e = seal_open(ctx->app->keys, ctx->arena, &label, provider->key_sealed, &key);
        if (e == ERR_INVALID || e == ERR_NOT_FOUND)
            return failf(ctx, ERR_UNAVAILABLE,
                         "The provider's key cannot be opened with the keys of this server: set it again");
        TRY(e);
    }
    *ret_key = key;
    return ERR_OK;
}

/* ---- changing ---- */

enum err providers_lock(struct ctx *ctx, const struct provider_owner *owner)
{
    if (owner->m != NULL)
        TRY(member_require(ctx, owner->m, owner->user_id, MEMBER_ROLE_OWNER));
    return db_exec(ctx, SQL_PROVIDERS_VERSION_MOVE, DB_NO_ARGS, NULL);
}

static enum err key_set(struct ctx *ctx, struct provider *provider, struct str key)
{
    const struct seal_label label = provider_seal_label(&provider->uuid);

    provider->has_key = key.len > 0;
    provider->key_sealed = (struct str){ NULL, 0 };
    provider->key_last4 = provider_key_end(key);
    return key.len > 0 ? seal_close(ctx->app->keys, ctx->arena, &label, key, &provider->key_sealed) : ERR_OK;
}

static enum err settings_check(struct ctx *ctx, const struct provider *provider)
{
    if (provider->is_inner && provider->workspace_id != PROVIDER_OF_SERVER)
        return failf(ctx, ERR_FORBIDDEN, "Only an administrator can let a provider be of the inner network");
    return provider_address_check(ctx, provider);
}

struct change {
    const struct provider_owner *owner;
    const struct provider_settings *settings;
    const struct uuid *uuid; /* NULL: a new one */
    int64_t if_version;
    struct provider provider;
};

static enum err create(struct ctx *ctx, void *arg)
{
    struct change *change = arg;
    int64_t owner_id = provider_owner_id(change->owner), count = 0;

    TRY(providers_lock(ctx, change->owner));
    TRY(db_number(ctx, SQL_PROVIDER_COUNT, DB_ARGS(DB_INT(owner_id)), &count));
    if (count >= PROVIDERS_MAX)
        return failf(ctx, ERR_LIMIT, "There can be at most %d providers", PROVIDERS_MAX);
    provider_defaults(&change->provider, owner_id, change->settings);
    TRY(settings_check(ctx, &change->provider));
    TRY(key_set(ctx, &change->provider, change->settings->key));
    TRY(provider_row_insert(ctx, &change->provider));
    return provider_audit(ctx, AUDIT_PROVIDER_CREATED, change->owner, &change->provider.uuid, (struct str){ NULL, 0 });
}

enum err provider_create(struct ctx *ctx, const struct provider_owner *owner, const struct provider_settings *settings,
                         struct provider *ret_provider)
{
    struct change change = { .owner = owner, .settings = settings };

    TRY(db_run(ctx, create, &change));
    *ret_provider = change.provider;
    return ERR_OK;
}

/* The row of one that may be changed, under the lock. */
static enum err target_get(struct ctx *ctx, struct change *change)
{
    TRY(providers_lock(ctx, change->owner));
    TRY(provider_get(ctx, change->owner, change->uuid, &change->provider));
    if (change->provider.read_only)
        return fail(ctx, ERR_PROVIDER_READ_ONLY);
    return change->if_version != 0 && change->if_version != change->provider.version ? fail(ctx, ERR_PRECONDITION)
                                                                                     : ERR_OK;
}

/* Which fields were sent, for the audit log: never what they hold. */
static struct str fields_text(struct ctx *ctx, unsigned fields)
{
    static const char *const names[] = { "name",   "kind",          "base_url",     "key",       "http1",
                                         "inner",  "remote_images", "max_parallel", "connect_s", "first_token_s",
                                         "idle_s", "total_s",       "enabled" };
    char *text = arena_printf(ctx->arena, "%s", "");

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (fields & (1U << i))
            text = arena_printf(ctx->arena, "%s%s%s", text == NULL ? "" : text,
                                text == NULL || text[0] == '\0' ? "" : ",", names[i]);
    }
    return str_from(text);
}

static enum err update(struct ctx *ctx, void *arg)
{
    struct change *change = arg;
    struct provider *provider = &change->provider;
    struct str old_address;

    TRY(target_get(ctx, change));
    old_address = provider->base_url;
    provider_apply(provider, change->settings);
    TRY(settings_check(ctx, provider));
    if (change->settings->fields & PROVIDER_KEY)
        TRY(key_set(ctx, provider, change->settings->key));
    else if (provider->has_key && !provider_address_same_host(old_address, provider->base_url))
        return problem_add(ctx->problem,
                           (struct fault){ "body", "key", "value_error.missing",
                                           "The address names another host: send the key for it, or null" });
    TRY(provider_row_update(ctx, provider));
    return provider_audit(ctx, AUDIT_PROVIDER_CHANGED, change->owner, &provider->uuid,
                          fields_text(ctx, change->settings->fields));
}

enum err provider_update(struct ctx *ctx, const struct provider_owner *owner, const struct uuid *provider,
                         int64_t if_version, const struct provider_settings *settings, struct provider *ret_provider)
{
    struct change change = { .owner = owner, .settings = settings, .uuid = provider, .if_version = if_version };

    TRY(db_run(ctx, update, &change));
    *ret_provider = change.provider;
    return ERR_OK;
}

static enum err delete_one(struct ctx *ctx, void *arg)
{
    struct change *change = arg;

    TRY(target_get(ctx, change));
    TRY(db_exec(ctx, SQL_PROVIDER_DELETE, DB_ARGS(DB_INT(change->provider.id), DB_INT(change->provider.workspace_id)),
                NULL));
    return provider_audit(ctx, AUDIT_PROVIDER_DELETED, change->owner, &change->provider.uuid, (struct str){ NULL, 0 });
}

enum err provider_delete(struct ctx *ctx, const struct provider_owner *owner, const struct uuid *provider,
                         int64_t if_version)
{
    return db_run(ctx, delete_one, &(struct change){ .owner = owner, .uuid = provider, .if_version = if_version });
}

enum err providers_forget_workspace(struct ctx *ctx, int64_t workspace_id)
{
    int64_t count = 0;

    TRY(db_exec(ctx, SQL_PROVIDERS_ERASE_OF_WORKSPACE, DB_ARGS(DB_INT(workspace_id)), &count));
    return count > 0 ? db_exec(ctx, SQL_PROVIDERS_VERSION_MOVE, DB_NO_ARGS, NULL) : ERR_OK;
}
