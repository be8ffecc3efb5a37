#include "parley/domain/trust/api_key_change.h"

#include "parley/core/clock.h"
#include "parley/core/json_out.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/events/event.h"
#include "parley/domain/people/administrator.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/trust/session.h"

/* ---- what all changes have in common ---- */

/* Would it do for an administrator? domain/people/administrator.h says more: here it is about what is being taken away. */
static bool is_admin_key(const struct ctx *ctx, const struct api_key *key)
{
    return key->is_active && (key->scopes & KEY_SCOPE_ADMIN) != 0 && key->replaced_by == 0 &&
           (key->expires_us == 0 || key->expires_us > ctx->now_us);
}

static bool is_callers_own(const struct ctx *ctx, const struct api_key *key)
{
    return ctx->actor != NULL && ctx->actor->key_id == key->id;
}

static enum err tell(struct ctx *ctx, enum event_kind kind, const struct api_key *key)
{
    return event_add(ctx, &(struct event){ .kind = kind,
                                           .workspace_id = key->workspace_id,
                                           .user_id = key->user_id,
                                           .subject = key->uuid,
                                           .detail = event_number(ctx, key->id) });
}

static enum err key_update(struct ctx *ctx, struct api_key *key)
{
    key->updated_us = ctx->now_us;
    TRY(outcome_revoke(ctx, key->user_id));
    TRY(db_exec(ctx, SQL_API_KEY_CHANGE,
                DB_ARGS(DB_TEXT(key->name), DB_TEXT(key->description), DB_INT(key->scopes), DB_TEXT(key->allowed_ips),
                        DB_INT_OR_NULL(key->expires_us), DB_INT(key->is_active), DB_INT_OR_NULL(key->replaced_by),
                        DB_INT(key->updated_us), DB_INT(key->id)),
                NULL));
    event_skip(ctx, EVENT_KEY_CHANGED);
    event_skip(ctx, EVENT_KEY_DEACTIVATED);
    return tell(ctx, key->is_active ? EVENT_KEY_CHANGED : EVENT_KEY_DEACTIVATED, key);
}

/* The entry of an action on a key, without details. */
static struct audit_entry entry_of(enum audit_action action, const struct api_key *key)
{
    return (struct audit_entry){
        .action = action, .target_kind = AUDIT_ON_API_KEY, .target = key->uuid, .target_key_id = key->id
    };
}

static enum err audit_name(struct ctx *ctx, enum audit_action action, const struct api_key *key)
{
    struct audit_entry entry = entry_of(action, key);

    entry.details = AUDIT_DETAILS(AUDIT_TEXT("name", key->name));
    return audit_add(ctx, &entry);
}

/* ---- change ---- */

struct change_call {
    int64_t id;
    enum audit_action action; /* AUDIT_KEY_CHANGED tells old and new values, AUDIT_KEY_DEACTIVATED needs none */
    struct api_key_change change;
    struct api_key key; /* as it becomes */
};

static void apply(const struct api_key_change *change, struct api_key *key)
{
    if (change->what & API_KEY_CHANGE_NAME)
        key->name = change->name;
    if (change->what & API_KEY_CHANGE_DESCRIPTION)
        key->description = change->description;
    if (change->what & API_KEY_CHANGE_SCOPES)
        key->scopes = change->scopes;
    if (change->what & API_KEY_CHANGE_EXPIRY)
        key->expires_us = change->expires_us;
    if (change->what & API_KEY_CHANGE_IPS)
        key->allowed_ips = change->allowed_ips;
    if (!(change->what & API_KEY_CHANGE_ACTIVE))
        return;
    if (!key->is_active && change->is_active)
        key->replaced_by = 0;
    key->is_active = change->is_active;
}

/* A field as the audit log tells it; absent: null. */
enum { FIELD_NAME, FIELD_DESCRIPTION, FIELD_SCOPES, FIELD_IS_ACTIVE, FIELD_EXPIRES_AT, FIELD_ALLOWED_IPS, FIELD_COUNT };
static const char *const field_names[FIELD_COUNT] = { "name",      "description", "scopes",
                                                      "is_active", "expires_at",  "allowed_ips" };
struct fields {
    struct str texts[FIELD_COUNT];
    char expires[CLOCK_TEXT_BYTES];
};

static void fields_of(const struct api_key *key, struct fields *ret_fields)
{
    struct str *texts = ret_fields->texts;

    *ret_fields = (struct fields){ .expires = "" };
    texts[FIELD_NAME] = key->name;
    texts[FIELD_DESCRIPTION] = key->description;
    texts[FIELD_SCOPES] = key_scopes_text(key->scopes);
    texts[FIELD_IS_ACTIVE] = key->is_active ? STR("true") : STR("false");
    texts[FIELD_ALLOWED_IPS] = key->allowed_ips;
    if (key->expires_us == 0)
        return;
    clock_format(key->expires_us, ret_fields->expires);
    texts[FIELD_EXPIRES_AT] = str_from(ret_fields->expires);
}

static bool is_same(struct str a, struct str b)
{
    return (a.ptr == NULL) == (b.ptr == NULL) && str_eq(a, b);
}

/* {"name":{"old":…,"new":…}}; of what is as it was nothing is said. Gives how many fields differ. */
static int changes_write(struct json_out *out, const struct fields *before, const struct fields *after)
{
    int count = 0;

    json_out_object(out);
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (is_same(before->texts[i], after->texts[i]))
            continue;
        count++;
        json_out_key(out, field_names[i]);
        json_out_object(out);
        json_out_kv_str(out, "old", before->texts[i]);
        json_out_kv_str(out, "new", after->texts[i]);
        json_out_object_end(out);
    }
    json_out_object_end(out);
    return count;
}

/* *ret_changes: as JSON, in the arena; absent where nothing differs. */
static enum err changes_find(struct ctx *ctx, const struct api_key *before, const struct api_key *after,
                             struct str *ret_changes)
{
    struct fields old_fields, new_fields;
    struct json_out out;
    struct buf text;
    enum err e;

    fields_of(before, &old_fields);
    fields_of(after, &new_fields);
    *ret_changes = (struct str){ NULL, 0 };
    buf_init(&text, AUDIT_DETAILS_MAX_BYTES);
    json_out_init(&out, &text);
    if (changes_write(&out, &old_fields, &new_fields) > 0)
        *ret_changes = arena_str(ctx->arena, buf_str(&text));
    e = buf_check(&text);
    buf_release(&text);
    return e == ERR_OK && arena_check(ctx->arena) == ERR_OK ? ERR_OK : fail(ctx, ERR_NO_MEMORY);
}

static enum err audit_change(struct ctx *ctx, const struct change_call *call, struct str changes)
{
    struct audit_entry entry = entry_of(call->action, &call->key);

    if (call->action == AUDIT_KEY_DEACTIVATED)
        return audit_name(ctx, call->action, &call->key);
    entry.details = AUDIT_DETAILS(AUDIT_JSON("changes", changes));
    return audit_add(ctx, &entry);
}

static enum err change_in_transaction(struct ctx *ctx, void *arg)
{
    struct change_call *call = arg;
    struct api_key *key = &call->key, before;
    struct str changes;

    TRY(administrator_lock(ctx));
    TRY(api_key_get_for_change(ctx, call->id, &before));
    *key = before;
    apply(&call->change, key);
    if (is_callers_own(ctx, key) && !key->is_active)
        return fail(ctx, ERR_KEY_IN_USE);
    TRY(changes_find(ctx, &before, key, &changes));
    if (changes.ptr == NULL)
        return ERR_OK;
    if (call->action != AUDIT_KEY_DEACTIVATED)
        TRY(api_key_bounds_check(ctx, key));
    TRY(key_update(ctx, key));
    TRY(audit_change(ctx, call, changes));
    return is_admin_key(ctx, &before) && !is_admin_key(ctx, key) ? administrator_check(ctx) : ERR_OK;
}

static enum err change_run(struct ctx *ctx, struct change_call *call, struct api_key *ret_key)
{
    TRY(db_run(ctx, change_in_transaction, call));
    *ret_key = call->key;
    return ERR_OK;
}

enum err api_key_change(struct ctx *ctx, int64_t id, const struct api_key_change *change, struct api_key *ret_key)
{
    struct change_call call = { .id = id, .action = AUDIT_KEY_CHANGED, .change = *change };

    if (change->what & API_KEY_CHANGE_SCOPES)
        TRY(api_key_scopes_check(ctx, change->scopes));
    if (change->what & API_KEY_CHANGE_IPS)
        TRY(api_key_ips_normalise(ctx, change->allowed_ips, &call.change.allowed_ips));
    return change_run(ctx, &call, ret_key);
}

enum err api_key_deactivate(struct ctx *ctx, int64_t id, struct api_key *ret_key)
{
    struct change_call call = { .id = id, .action = AUDIT_KEY_DEACTIVATED, .change.what = API_KEY_CHANGE_ACTIVE };

    return change_run(ctx, &call, ret_key);
}

/* ---- deletion ---- */

struct delete_call {
    int64_t id;
    struct api_key key;
};

static enum err delete_in_transaction(struct ctx *ctx, void *arg)
{
    struct delete_call *call = arg;
    struct api_key *key = &call->key;

    TRY(administrator_lock(ctx));
    TRY(api_key_get_for_change(ctx, call->id, key));
    if (is_callers_own(ctx, key))
        return fail(ctx, ERR_KEY_IN_USE);
    TRY(db_exec(ctx, SQL_API_KEY_DELETE, DB_ARGS(DB_INT(key->id)), NULL));
    TRY(outcome_revoke(ctx, key->user_id));
    TRY(audit_name(ctx, AUDIT_KEY_DELETED, key));
    if (is_admin_key(ctx, key))
        TRY(administrator_check(ctx));
    return tell(ctx, EVENT_KEY_DEACTIVATED, key);
}

enum err api_key_delete(struct ctx *ctx, int64_t id)
{
    struct delete_call call = { .id = id };

    return db_run(ctx, delete_in_transaction, &call);
}

enum err api_key_forget_user(struct ctx *ctx, int64_t user_id)
{
    int64_t count = 0;

    TRY(db_exec(ctx, SQL_API_KEY_DELETE_OF_USER, DB_ARGS(DB_INT(user_id)), &count));
    return count > 0 ? api_key_tell_user(ctx, user_id) : ERR_OK;
}

enum err api_key_tell_user(struct ctx *ctx, int64_t user_id)
{
    return event_add(ctx, &(struct event){ .kind = EVENT_KEY_DEACTIVATED, .user_id = user_id });
}

/* ---- the clean-up ---- */

static enum err cleanup_in_transaction(struct ctx *ctx, void *arg)
{
    int64_t *count = arg;

    TRY(administrator_lock(ctx)); /* as every change, so that none that is under way brings an expired key back */
    TRY(db_exec(ctx, SQL_API_KEY_CLEANUP, DB_ARGS(DB_INT(ctx->now_us), DB_INT(ctx->now_us)), count));
    if (*count == 0)
        return ERR_OK;
    TRY(audit_add(ctx, &(struct audit_entry){ .action = AUDIT_KEY_DEACTIVATED,
                                              .details = AUDIT_DETAILS(AUDIT_TEXT("reason", STR("expired")),
                                                                       AUDIT_INT("count", *count)) }));
    /* Of none in particular: who has a stream open by a key knows when it ends. */
    return event_add(ctx, &(struct event){ .kind = EVENT_KEY_EXPIRED });
}

enum err api_key_cleanup(struct ctx *ctx, int64_t *ret_count)
{
    return db_run(ctx, cleanup_in_transaction, ret_count);
}

/* ---- rotation ---- */

struct rotate_call {
    int64_t id, grace_s;
    struct api_key old;
    struct api_key_made made;
};

static const struct str rotated_suffix = STR_INIT(" (rotated)");

/* As much of the name as leaves room for the suffix, cut between two characters. */
static enum err rotated_name(struct ctx *ctx, struct str name, struct str *ret_name)
{
    while (str_code_points(name) + rotated_suffix.len > NAME_MAX_CHARS) {
        do
            name.len--;
        while (((unsigned char)name.ptr[name.len] & 0xC0) == 0x80);
    }
    *ret_name = str_from(arena_printf(ctx->arena, "%.*s%.*s", STR_FMT(name), STR_FMT(rotated_suffix)));
    return ret_name->ptr != NULL ? ERR_OK : fail(ctx, ERR_NO_MEMORY);
}

/* Without grace it is switched off, else it expires at the grace's end if it would have lived longer. */
static enum err old_end(struct ctx *ctx, struct api_key *old, int64_t grace_s)
{
    int64_t end_us = ctx->now_us + grace_s * US_PER_S;

    if (grace_s == 0)
        old->is_active = false;
    else if (old->expires_us == 0 || old->expires_us > end_us)
        old->expires_us = end_us;
    TRY(key_update(ctx, old));
    return grace_s == 0 ? audit_name(ctx, AUDIT_KEY_DEACTIVATED, old) : ERR_OK;
}

static enum err successor_add(struct ctx *ctx, struct rotate_call *call)
{
    struct api_key *key = &call->made.key;

    *key = call->old;
    key->created_by_key = ctx->actor != NULL ? ctx->actor->key_id : 0;
    key->scopes = api_key_scopes_capped(ctx, call->old.scopes);
    key->last_used_us = 0;
    key->last_used_ip = (struct str){ NULL, 0 };
    TRY(rotated_name(ctx, call->old.name, &key->name));
    return api_key_add(ctx, key, call->made.text);
}

static enum err audit_rotation(struct ctx *ctx, const struct rotate_call *call)
{
    struct audit_entry entry = entry_of(AUDIT_KEY_ROTATED, &call->old);

    entry.details = AUDIT_DETAILS(AUDIT_INT("old_key_id", call->old.id), AUDIT_INT("new_key_id", call->made.key.id),
                                  AUDIT_TEXT("old_key_name", call->old.name),
                                  AUDIT_TEXT("new_key_name", call->made.key.name));
    return audit_add(ctx, &entry);
}

/* The old key ends before the new one is made: where a user has all the keys that they may have, one can be replaced. */
static enum err rotate_in_transaction(struct ctx *ctx, void *arg)
{
    struct rotate_call *call = arg;
    struct api_key old;

    TRY(administrator_lock(ctx));
    TRY(api_key_get_for_change(ctx, call->id, &call->old));
    old = call->old;
    if (!old.is_active || old.replaced_by != 0 || (old.expires_us != 0 && old.expires_us <= ctx->now_us))
        return fail(ctx, ERR_KEY_OVER);
    TRY(api_key_bounds_check(ctx, &old));
    TRY(old_end(ctx, &old, call->grace_s));
    TRY(successor_add(ctx, call));
    old.replaced_by = call->made.key.id;
    TRY(key_update(ctx, &old));
    return audit_rotation(ctx, call);
}

enum err api_key_rotate(struct ctx *ctx, int64_t id, enum api_key_prefix prefix, int64_t grace_s,
                        struct api_key_made *ret_made)
{
    struct rotate_call call = { .id = id, .grace_s = grace_s };

    TRY(api_key_text_new(ctx, prefix, &call.made.text));
    TRY(db_run(ctx, rotate_in_transaction, &call));
    *ret_made = call.made;
    return ERR_OK;
}
