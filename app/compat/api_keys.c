#include <inttypes.h>

#include "octopus.h"
#include "parley/compat/routes.h"
#include "parley/core/limits.h"
#include "parley/domain/trust/api_key.h"
#include "parley/domain/trust/api_key_change.h"
#include "parley/gate/location.h"
#include "parley/gate/page.h"

enum { EXPIRING_DAYS_STANDARD = 7, EXPIRING_DAYS_MAX = 36500 };

/* ---- what goes in and out ---- */
/* clang-format off */
struct key_view {
    struct str name, description, scopes, allowed_ips, last_used_ip, text;
    int64_t expires_us, id, created_us, last_used_us, created_by_user, replaced_by;
    bool is_active;
    struct uuid workspace;
};
#define KEY_FIELD(member) .offset = offsetof(struct key_view, member)
static const struct field key_fields[] = {
    { "name", FIELD_STR, KEY_FIELD(name), .example = "\"Reports\"", .doc = "For whoever reads the list of keys" },
    { "description", FIELD_STR, FIELD_NULLABLE, KEY_FIELD(description),
      .doc = "For whoever reads the list of keys; null: nothing" },
    { "scopes", FIELD_STR, KEY_FIELD(scopes), .example = "\"read,write\"",
      .doc = "In the order of the alphabet, with commas between" },
    { "expires_at", FIELD_NAIVE_TIME, FIELD_NULLABLE, KEY_FIELD(expires_us), .doc = "UTC, as all times here" },
    { "allowed_ips", FIELD_STR, FIELD_NULLABLE, KEY_FIELD(allowed_ips), .example = "\"203.0.113.0/24\"",
      .doc = "null: any address" },
    { "id", FIELD_INT, KEY_FIELD(id), .doc = "Never given out again" },
    { "is_active", FIELD_BOOL, KEY_FIELD(is_active), .doc = "False: the key is switched off" },
    { "created_at", FIELD_NAIVE_TIME, KEY_FIELD(created_us), .doc = "When it was made" },
    { "last_used_at", FIELD_NAIVE_TIME, FIELD_NULLABLE, KEY_FIELD(last_used_us), .doc = "To the minute" },
    { "last_used_ip", FIELD_STR, FIELD_NULLABLE, KEY_FIELD(last_used_ip), .example = "\"203.0.113.4\"",
      .doc = "From where it was used last; null: never" },
    { "created_by_user_id", FIELD_INT, FIELD_NULLABLE, KEY_FIELD(created_by_user),
      .doc = "The number of who made it; null: nobody who is still there" },
    { "workspace_id", FIELD_UUID, KEY_FIELD(workspace), .doc = "In which alone the key acts" },
    { "replaced_by_id", FIELD_INT, FIELD_NULLABLE, KEY_FIELD(replaced_by), .doc = "Its successor by a rotation" },
};
static const struct spec key_spec = { SPEC_INIT("ApiKey", struct key_view, key_fields),
    .doc = "An API key, without the key itself" };
static const struct field made_fields[] = {
    { SPEC_INLINE(&key_spec) },
    { "key", FIELD_STR, KEY_FIELD(text), .doc = "The key itself; shown this once" },
};
static const struct spec made_spec = { SPEC_INIT("ApiKeyMade", struct key_view, made_fields),
    .doc = "An API key, with the key itself" };

struct create_body {
    struct body body;
    struct str name, description, scopes, allowed_ips;
    int64_t expires_us;
    struct uuid workspace;
};
enum { CREATE_SCOPES = 2 };
#define SCOPES_DOC "read, write, metrics, admin, with commas between; an ADMIN gives metrics, and admin, which is all of them"
#define EXPIRES_DOC "With an offset, or UTC; may lie in the past"
#define ALLOWED_DOC "Addresses and networks (CIDR) with commas between; null or empty: any"
#define CREATE_FIELD(member) .offset = offsetof(struct create_body, member)
static const struct field create_fields[] = {
    { "name", FIELD_STR, FIELD_REQUIRED | FIELD_LINE, 1, NAME_MAX_CHARS, CREATE_FIELD(name), .example = "\"Reports\"",
      .doc = "What it is called" },
    { "description", FIELD_STR, FIELD_NULLABLE, 0, KEY_NOTE_MAX_CHARS, CREATE_FIELD(description),
      .doc = "For whoever reads the list of keys; null: nothing" },
    [CREATE_SCOPES] = { "scopes", FIELD_STR, CREATE_FIELD(scopes), .example = "\"read,write\"",
      .doc = SCOPES_DOC ". When not sent: read" },
    { "expires_at", FIELD_TIME, FIELD_NULLABLE, CREATE_FIELD(expires_us), .doc = EXPIRES_DOC },
    { "allowed_ips", FIELD_STR, FIELD_NULLABLE, CREATE_FIELD(allowed_ips), .example = "\"203.0.113.0/24\"",
      .doc = ALLOWED_DOC },
    { "workspace_id", FIELD_UUID, FIELD_NULLABLE, CREATE_FIELD(workspace),
      .doc = "One of the caller's; when not sent their personal one, or that of the key that asks" },
};
static const struct spec create_spec = { SPEC_INIT("ApiKeyCreate", struct create_body, create_fields),
    .doc = "A new API key" };

struct change_body {
    struct body body;
    struct str name, description, scopes, allowed_ips;
    bool is_active;
    int64_t expires_us;
};
#define CHANGE_FIELD(member) .offset = offsetof(struct change_body, member)
/* In the order of the bits of enum api_key_change_what. */
static const struct field change_fields[] = {
    { "name", FIELD_STR, FIELD_LINE, 1, NAME_MAX_CHARS, CHANGE_FIELD(name), .example = "\"Reports\"",
      .doc = "What it is called" },
    { "description", FIELD_STR, FIELD_NULLABLE, 0, KEY_NOTE_MAX_CHARS, CHANGE_FIELD(description),
      .doc = "For whoever reads the list of keys; null: nothing" },
    { "scopes", FIELD_STR, CHANGE_FIELD(scopes), .example = "\"read,write\"", .doc = SCOPES_DOC },
    { "is_active", FIELD_BOOL, CHANGE_FIELD(is_active), .doc = "False: switched off, signed out everywhere" },
    { "expires_at", FIELD_TIME, FIELD_NULLABLE, CHANGE_FIELD(expires_us), .doc = EXPIRES_DOC },
    { "allowed_ips", FIELD_STR, FIELD_NULLABLE, CHANGE_FIELD(allowed_ips), .example = "\"203.0.113.0/24\"",
      .doc = ALLOWED_DOC },
};
static const struct spec change_spec = { SPEC_INIT("ApiKeyChange", struct change_body, change_fields),
    .doc = "What is to be changed of an API key" };

struct rotate_body {
    struct body body;
    int64_t grace_s;
};
static const struct field rotate_fields[] = {
    { "grace_seconds", FIELD_INT, 0, 0, API_KEY_GRACE_MAX_S, .offset = offsetof(struct rotate_body, grace_s),
      .doc = "How long the old key goes on working; when not sent it ends at once" },
};
static const struct spec rotate_spec = { SPEC_INIT("ApiKeyRotate", struct rotate_body, rotate_fields),
    .doc = "How the old key ends" };

struct list_query {
    struct body body;
    bool include_inactive;
};
static const struct field list_fields[] = {
    { "include_inactive", FIELD_BOOL, .offset = offsetof(struct list_query, include_inactive),
      .doc = "Those that are switched off, too" },
};
static const struct spec list_spec = { SPEC_INIT("ApiKeyListQuery", struct list_query, list_fields) };

struct expiring_query {
    struct body body;
    int64_t days;
};
static const struct field expiring_fields[] = {
    { "days", FIELD_INT, 0, 0, EXPIRING_DAYS_MAX, .offset = offsetof(struct expiring_query, days),
      .doc = "7 when not sent" },
};
static const struct spec expiring_spec = { SPEC_INIT("ApiKeyExpiringQuery", struct expiring_query, expiring_fields) };

struct cleanup_answer {
    int64_t count;
    struct str message;
};
static const struct field cleanup_fields[] = {
    { "deactivated_count", FIELD_INT, .offset = offsetof(struct cleanup_answer, count),
      .doc = "How many were switched off" },
    { "message", FIELD_STR, .offset = offsetof(struct cleanup_answer, message), .doc = "A sentence for a person" },
};
static const struct spec cleanup_spec = { SPEC_INIT("ApiKeyCleanup", struct cleanup_answer, cleanup_fields),
    .doc = "What was switched off" };
/* clang-format on */

/* ---- translation ---- */

static const struct uuid none;

static int64_t id_or_null(int64_t id)
{
    return id != 0 ? id : INT_NULL;
}

static struct key_view key_show(const struct api_key *key)
{
    return (struct key_view){
        .name = key->name,
        .description = key->description,
        .scopes = key_scopes_text(key->scopes),
        .expires_us = key->expires_us,
        .allowed_ips = key->allowed_ips,
        .id = key->id,
        .is_active = key->is_active,
        .created_us = key->created_us,
        .last_used_us = key->last_used_us,
        .last_used_ip = key->last_used_ip,
        .created_by_user = id_or_null(key->created_by_user),
        .workspace = key->workspace,
        .replaced_by = id_or_null(key->replaced_by),
    };
}

static void key_write(const struct api_key *key, struct reply *reply)
{
    struct key_view view = key_show(key);

    spec_encode(&reply->json, &key_spec, &view);
}

static void made_write(const struct api_key_made *made, struct reply *reply)
{
    struct key_view view = key_show(&made->key);

    view.text = made->text;
    spec_encode(&reply->json, &made_spec, &view);
}

static enum err keys_write(struct ctx *ctx, const struct list *list, struct reply *reply)
{
    const struct api_key *keys = list->items;
    struct key_view *views = arena_calloc(ctx->arena, list->count, sizeof(*views));

    if (views == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    for (size_t i = 0; i < list->count; i++)
        views[i] = key_show(&keys[i]);
    spec_encode_list(&reply->json, &key_spec, views, list->count);
    return ERR_OK;
}

static enum err scopes_read(struct ctx *ctx, struct str text, unsigned *ret_scopes)
{
    if (key_scopes_parse(text, ret_scopes) == ERR_OK)
        return ERR_OK;
    return problem_add(
        ctx->problem,
        (struct fault){ .where = "body",
                        .field = "scopes",
                        .type = "value_error.scopes",
                        .message = "must be some of read, write, metrics and admin, with commas between" });
}

/* ---- handlers ---- */

static enum err keys_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct create_body *body = call->body;
    struct api_key_new opts = {
        .prefix = API_KEY_PREFIX_OCTOPUS,
        .name = body->name,
        .description = body->description,
        .scopes = KEY_SCOPE_READ,
        .allowed_ips = body->allowed_ips,
        .expires_us = body->expires_us,
        .workspace = uuid_eq(&body->workspace, &none) ? NULL : &body->workspace,
    };
    struct api_key_made made;

    if (body_sent(body, CREATE_SCOPES))
        TRY(scopes_read(ctx, body->scopes, &opts.scopes));
    TRY(api_key_create(ctx, &opts, &made));
    location_set(ctx, call, reply, arena_printf(ctx->arena, "/api/v1/api-keys/%" PRId64, made.key.id));
    made_write(&made, reply);
    return ERR_OK;
}

static enum err keys_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct list_query *query = call->query;
    struct api_key_list_opts opts = { .which = query->include_inactive ? API_KEYS_ALL : API_KEYS_ACTIVE };
    struct page_window window;
    struct list list;

    TRY(page_window_read(ctx, call, &window));
    opts.skip_count = window.skip_count;
    opts.limit = window.limit;
    TRY(api_key_list(ctx, &opts, &list));
    return keys_write(ctx, &list, reply);
}

static enum err keys_expiring(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct expiring_query *query = call->query;
    int64_t days = body_sent(query, 0) ? query->days : EXPIRING_DAYS_STANDARD;
    struct list list;

    TRY(api_key_list_expiring(ctx, days, PAGE_MAX, &list));
    return keys_write(ctx, &list, reply);
}

static enum err key_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct api_key key;

    TRY(api_key_get(ctx, call->numbers[0], &key));
    key_write(&key, reply);
    return ERR_OK;
}

/* The key with which the request came; a person who is signed in has none. */
static enum err me_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct api_key key;

    TRY(api_key_get(ctx, call->principal->key_id, &key));
    key_write(&key, reply);
    return ERR_OK;
}

static enum err key_patch(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct change_body *body = call->body;
    struct api_key_change change = {
        .what = (unsigned)body->body.sent,
        .name = body->name,
        .description = body->description,
        .is_active = body->is_active,
        .expires_us = body->expires_us,
        .allowed_ips = body->allowed_ips,
    };
    struct api_key key;

    if (change.what & API_KEY_CHANGE_SCOPES)
        TRY(scopes_read(ctx, body->scopes, &change.scopes));
    TRY(api_key_change(ctx, call->numbers[0], &change, &key));
    key_write(&key, reply);
    return ERR_OK;
}

static enum err key_deactivate(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct api_key key;

    TRY(api_key_deactivate(ctx, call->numbers[0], &key));
    key_write(&key, reply);
    return ERR_OK;
}

static enum err key_delete(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)reply;
    return api_key_delete(ctx, call->numbers[0]);
}

static enum err key_rotate(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct rotate_body *body = call->body;
    struct api_key_made made;

    TRY(api_key_rotate(ctx, call->numbers[0], API_KEY_PREFIX_OCTOPUS, body->grace_s, &made));
    made_write(&made, reply);
    return ERR_OK;
}

static enum err keys_cleanup(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct cleanup_answer answer;

    (void)call;
    TRY(api_key_cleanup(ctx, &answer.count));
    answer.message = str_from(arena_printf(ctx->arena, "Deactivated %" PRId64 " expired key(s)", answer.count));
    if (answer.message.ptr == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    spec_encode(&reply->json, &cleanup_spec, &answer);
    return ERR_OK;
}

/* ---- routes ---- */
/* clang-format off */
#define IN_USE(verb) { ERR_KEY_IN_USE, 400, "Cannot " verb " the API key you're currently using" }
static const struct dialect_error create_errors[] = { OCTOPUS_ADMIN_TO("create API keys"), OCTOPUS_ERRORS_END };
static const struct dialect_error list_errors[] = { OCTOPUS_ADMIN_TO("list API keys"), OCTOPUS_ERRORS_END };
static const struct dialect_error expiring_errors[] = { OCTOPUS_ADMIN_TO("view expiring keys"), OCTOPUS_ERRORS_END };
static const struct dialect_error cleanup_errors[] = { OCTOPUS_ADMIN_TO("cleanup expired keys"), OCTOPUS_ERRORS_END };
static const struct dialect_error view_errors[] = { OCTOPUS_ADMIN_TO("view API keys"), OCTOPUS_ERRORS_END };
static const struct dialect_error rotate_errors[] = { OCTOPUS_ADMIN_TO("rotate API keys"), OCTOPUS_ERRORS_END };
static const struct dialect_error update_errors[] = {
    OCTOPUS_ADMIN_TO("update API keys"), IN_USE("deactivate"), OCTOPUS_ERRORS_END
};
static const struct dialect_error deactivate_errors[] = {
    OCTOPUS_ADMIN_TO("deactivate API keys"), IN_USE("deactivate"), OCTOPUS_ERRORS_END
};
static const struct dialect_error delete_errors[] = {
    OCTOPUS_ADMIN_TO("delete API keys"), IN_USE("delete"), OCTOPUS_ERRORS_END
};

/* A person who is signed in, or a key with the scope admin; whose keys that concerns is said in domain/trust/api_key.h. */
#define BY_OWNER                                                                                                       \
    .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ADMIN, .tag = "API keys", .dialect = &octopus
static const struct route routes[] = {
    { POST, "/api/v1/api-keys", keys_post,
      BY_OWNER, .errors = create_errors, .rate = RATE_KEYS,
      .body = &create_spec, .reply = &made_spec, .status = 201,
      .id = "createApiKey",
      .fails = { ERR_KEY_BOUNDS, ERR_KEY_NOT_FOUND, ERR_LIMIT, ERR_WORKSPACE_NOT_FOUND, ERR_FORBIDDEN, ERR_SCOPE },
      .summary = "Make an API key of one's own; the scope admin is an ADMIN's to give" },
    { GET, "/api/v1/api-keys", keys_list,
      BY_OWNER, .errors = list_errors, .flags = ROUTE_PAGED,
      .query = &list_spec, .reply = &key_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listApiKeys",
      .summary = "List one's own API keys, an ADMIN all, in the order in which they were made" },
    { GET, "/api/v1/api-keys/me", me_get,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ANY, .dialect = &octopus,
      .reply = &key_spec, .status = 200,
      .id = "getOwnApiKey",
      .fails = { ERR_KEY_NOT_FOUND },
      .summary = "Read the API key with which one asks", .tag = "API keys" },
    { GET, "/api/v1/api-keys/expiring", keys_expiring,
      BY_OWNER, .errors = expiring_errors,
      .query = &expiring_spec, .reply = &key_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listExpiringApiKeys",
      .summary = "List one's own active API keys, an ADMIN all, that expire within some days, the soonest first" },
    { POST, "/api/v1/api-keys/cleanup-expired", keys_cleanup,
      .access = ACCESS_ADMIN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ADMIN, .tag = "API keys", .dialect = &octopus,
      .errors = cleanup_errors,
      .reply = &cleanup_spec, .status = 200,
      .id = "cleanUpApiKeys",
      .summary = "Switch expired API keys off; the server does so by itself as well" },
    { GET, "/api/v1/api-keys/{api_key_id}", key_get,
      BY_OWNER, .errors = view_errors,
      .reply = &key_spec, .status = 200,
      .id = "getApiKey",
      .fails = { ERR_KEY_NOT_FOUND },
      .summary = "Read an API key of one's own, an ADMIN any" },
    { PATCH, "/api/v1/api-keys/{api_key_id}", key_patch,
      BY_OWNER, .errors = update_errors,
      .body = &change_spec, .reply = &key_spec, .status = 200,
      .id = "updateApiKey",
      .fails = { ERR_KEY_NOT_FOUND, ERR_KEY_BOUNDS, ERR_KEY_IN_USE, ERR_FORBIDDEN },
      .doc = "What is not sent stays as it is.",
      .summary = "Change what is sent of an API key" },
    { DELETE, "/api/v1/api-keys/{api_key_id}", key_delete,
      BY_OWNER, .errors = delete_errors, .status = 204,
      .id = "deleteApiKey",
      .fails = { ERR_KEY_NOT_FOUND, ERR_KEY_IN_USE, ERR_KEY_BOUNDS },
      .summary = "Delete an API key; what the audit log says of it stays" },
    { POST, "/api/v1/api-keys/{api_key_id}/deactivate", key_deactivate,
      BY_OWNER, .errors = deactivate_errors,
      .reply = &key_spec, .status = 200,
      .id = "deactivateApiKey",
      .fails = { ERR_KEY_NOT_FOUND, ERR_KEY_IN_USE, ERR_KEY_BOUNDS },
      .summary = "Switch an API key off" },
    { POST, "/api/v1/api-keys/{api_key_id}/rotate", key_rotate,
      BY_OWNER, .errors = rotate_errors, .rate = RATE_KEYS,
      .body = &rotate_spec, .reply = &made_spec, .status = 200,
      .id = "rotateApiKey",
      .fails = { ERR_KEY_NOT_FOUND, ERR_KEY_OVER, ERR_KEY_BOUNDS, ERR_LIMIT, ERR_FORBIDDEN },
      .summary = "Make a new API key in the place of one, with the same rights" },
};
/* clang-format on */
const struct route_table api_keys_routes = { routes, COUNT_OF(routes) };
