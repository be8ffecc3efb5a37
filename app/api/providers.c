/* Providers of models: the server's for its administrators, a workspace's for its owners. */
#include "parley/domain/assist/provider.h"

#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/domain/assist/provider_check.h"
#include "parley/gate/location.h"
#include "parley/gate/precondition.h"
#include "parley/shapes/model.h"
#include "provider_owner.h"

/* ---- what goes in and out ---- */
/* clang-format off */
#define PROVIDER_FIELD(member) .offset = offsetof(struct provider, member)
static const struct field provider_fields[] = {
    { "id", FIELD_UUID, PROVIDER_FIELD(uuid), .doc = "Its identifier" },
    { "name", FIELD_STR, PROVIDER_FIELD(name), .example = "\"local\"", .doc = "By which chats name it" },
    { "kind", FIELD_ENUM, PROVIDER_FIELD(kind), .names = provider_kind_names, .type_name = "ProviderKind",
      .doc = "What it speaks; openai: whatever speaks as OpenAI does" },
    { "base_url", FIELD_STR, PROVIDER_FIELD(base_url), .example = "\"http://gpu.example.org:8000/v1\"",
      .doc = "Its base address; what is asked for stands behind it" },
    { "has_key", FIELD_BOOL, PROVIDER_FIELD(has_key), .doc = "A key is sent along. It is never shown" },
    { "key_last4", FIELD_STR, FIELD_NULLABLE, PROVIDER_FIELD(key_last4), .example = "\"x7Qa\"",
      .doc = "The key's last four characters; null: there is none, or it has fewer than 16" },
    { "http1", FIELD_BOOL, PROVIDER_FIELD(http1), .doc = "It is never asked by HTTP/2" },
    { "inner", FIELD_BOOL, PROVIDER_FIELD(is_inner),
      .doc = "It may be at an address of the operator's own network" },
    { "remote_images", FIELD_BOOL, PROVIDER_FIELD(remote_images), .doc = "It may be told of pictures by their address" },
    { "max_parallel", FIELD_INT, PROVIDER_FIELD(max_parallel), .example = "32", .doc = "Answers at once; others wait" },
    { "connect_s", FIELD_INT, PROVIDER_FIELD(connect_s), .example = "5", .doc = "So long it may take to connect" },
    { "first_token_s", FIELD_INT, PROVIDER_FIELD(first_token_s), .example = "60", .doc = "… to the first word" },
    { "idle_s", FIELD_INT, PROVIDER_FIELD(idle_s), .example = "60", .doc = "… between two of them" },
    { "total_s", FIELD_INT, PROVIDER_FIELD(total_s), .example = "600", .doc = "… in all" },
    { "enabled", FIELD_BOOL, PROVIDER_FIELD(enabled), .doc = "It is asked at all" },
    { "read_only", FIELD_BOOL, PROVIDER_FIELD(read_only), .doc = "It stands in the server's settings, and is changed there" },
    { "created_at", FIELD_TIME, PROVIDER_FIELD(created_us), .doc = "When it was made" },
    { "updated_at", FIELD_TIME, PROVIDER_FIELD(updated_us), .doc = "When it was changed last" },
};
static const struct spec provider_spec = { SPEC_INIT("Provider", struct provider, provider_fields),
    .doc = "Whoever serves models" };

/* In the order of enum provider_field's bits. */
struct settings_body {
    struct body body;
    struct str name;
    int kind; /* enum provider_kind */
    struct str base_url, key;
    bool http1, inner, remote_images;
    int64_t max_parallel, connect_s, first_token_s, idle_s, total_s;
    bool enabled;
};
#define BODY_FIELD(member) .offset = offsetof(struct settings_body, member)
#define TIME_FIELD(member, text) \
    { #member, FIELD_INT, 0, 1, PROVIDER_TIME_MAX_S, BODY_FIELD(member), .example = "60", .doc = text }
#define SETTINGS_ROWS(required) \
    { "name", FIELD_STR, (required) | FIELD_LINE, 1, PROVIDER_NAME_MAX_CHARS, BODY_FIELD(name), .example = "\"local\"", \
      .doc = "By which chats name it; no two of the server, or of a workspace, have the same" }, \
    { "kind", FIELD_ENUM, (required), BODY_FIELD(kind), .names = provider_kind_names, .type_name = "ProviderKind", \
      .doc = "What it speaks; openai: whatever speaks as OpenAI does" }, \
    { "base_url", FIELD_STR, FIELD_NULLABLE, 1, PROVIDER_URL_MAX_BYTES, BODY_FIELD(base_url), \
      .example = "\"http://gpu.example.org:8000/v1\"", .doc = "Its base address; null: that of the kind itself" }, \
    { "key", FIELD_STR, FIELD_NULLABLE, 1, PROVIDER_KEY_MAX_BYTES, BODY_FIELD(key), .example = "\"sk-abc\"", \
      .doc = "Its key, kept sealed and never shown again; null: none is sent" }, \
    { "http1", FIELD_BOOL, BODY_FIELD(http1), .doc = "Never ask by HTTP/2" }, \
    { "inner", FIELD_BOOL, BODY_FIELD(inner), \
      .doc = "It may be at an address of the operator's own network; an administrator's to say" }, \
    { "remote_images", FIELD_BOOL, BODY_FIELD(remote_images), .doc = "It may be told of pictures by their address" }, \
    { "max_parallel", FIELD_INT, 0, 1, PROVIDER_PARALLEL_MAX, BODY_FIELD(max_parallel), .example = "32", \
      .doc = "Answers at once; others wait" }, \
    TIME_FIELD(connect_s, "So long it may take to connect"), TIME_FIELD(first_token_s, "… to the first word"), \
    TIME_FIELD(idle_s, "… between two of them"), TIME_FIELD(total_s, "… in all"), \
    { "enabled", FIELD_BOOL, BODY_FIELD(enabled), .doc = "It is asked at all" }
static const struct field create_fields[] = { SETTINGS_ROWS(FIELD_REQUIRED) };
static const struct spec create_spec = { SPEC_INIT("ProviderCreate", struct settings_body, create_fields),
    .doc = "A provider that is to be made" };
static const struct field change_fields[] = { SETTINGS_ROWS(0) };
static const struct spec change_spec = { SPEC_INIT("ProviderChange", struct settings_body, change_fields),
    .doc = "What is to be changed of a provider" };

#define CHECK_FIELD(member) .offset = offsetof(struct provider_check, member)
static const struct field check_fields[] = {
    { "outcome", FIELD_ENUM, CHECK_FIELD(outcome), .names = ai_probe_outcome_names, .type_name = "ProviderOutcome",
      .doc = "ok: it answers, and takes the key" },
    { "status", FIELD_INT, FIELD_NULLABLE, CHECK_FIELD(status), .example = "401",
      .doc = "Of its last answer; null: none came" },
    { "advice", FIELD_STR, CHECK_FIELD(advice), .example = "\"The service refused the key.\"",
      .doc = "What is wrong, and what to change" },
    { "duration_ms", FIELD_INT, CHECK_FIELD(duration_ms), .example = "120", .doc = "How long it took" },
    { "models", FIELD_LIST, CHECK_FIELD(models), .spec = &model_spec, .doc = "All that are known of it by now" },
};
static const struct spec check_spec = { SPEC_INIT("ProviderCheck", struct provider_check, check_fields),
    .doc = "What came of asking a provider" };
/* clang-format on */

/* ---- handlers ---- */

static struct provider_settings settings_of(const struct settings_body *body)
{
    return (struct provider_settings){
        .fields = (unsigned)body->body.sent,
        .name = body->name,
        .kind = (enum provider_kind)body->kind,
        .base_url = body->base_url,
        .key = body->key,
        .http1 = body->http1,
        .inner = body->inner,
        .remote_images = body->remote_images,
        .max_parallel = body->max_parallel,
        .connect_s = body->connect_s,
        .first_token_s = body->first_token_s,
        .idle_s = body->idle_s,
        .total_s = body->total_s,
        .enabled = body->enabled,
    };
}

/* NULL: no memory. */
static const char *path_of(struct ctx *ctx, const struct provider_owner *owner)
{
    char workspace[UUID_TEXT_BYTES];

    if (owner->m == NULL)
        return "/providers";
    uuid_format(&owner->m->workspace, workspace);
    return arena_printf(ctx->arena, "/workspaces/%s/providers", workspace);
}

/* If-Match is judged on the row as it is now, and that version is then demanded; 0 without one. */
static enum err wanted_version(struct ctx *ctx, const struct call *call, const struct provider_owner *owner,
                               int64_t *ret_version)
{
    struct provider provider;

    *ret_version = 0;
    if (http_header(call->request, "If-Match").ptr == NULL)
        return ERR_OK;
    TRY(provider_get(ctx, owner, &call->ids[0], &provider));
    TRY(precondition_check(ctx, call, provider.version));
    *ret_version = provider.version;
    return ERR_OK;
}

static void provider_reply(const struct provider *provider, struct reply *reply)
{
    reply->version = provider->version;
    spec_encode(&reply->json, &provider_spec, provider);
}

static enum err providers_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct provider_owner owner;
    struct list list;

    TRY(provider_owner_of(ctx, call, &owner));
    TRY(provider_list(ctx, &owner, &list));
    spec_encode_list(&reply->json, &provider_spec, list.items, list.count);
    return ERR_OK;
}

static enum err providers_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct provider_settings settings = settings_of(call->body);
    struct provider_owner owner;
    struct provider provider;
    char id[UUID_TEXT_BYTES];
    const char *path;

    TRY(provider_owner_of(ctx, call, &owner));
    TRY(provider_create(ctx, &owner, &settings, &provider));
    uuid_format(&provider.uuid, id);
    path = path_of(ctx, &owner);
    location_set(ctx, call, reply, path == NULL ? NULL : arena_printf(ctx->arena, "%s/%s", path, id));
    spec_encode(&reply->json, &provider_spec, &provider);
    return ERR_OK;
}

static enum err providers_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct provider_owner owner;
    struct provider provider;

    TRY(provider_owner_of(ctx, call, &owner));
    TRY(provider_get(ctx, &owner, &call->ids[0], &provider));
    provider_reply(&provider, reply);
    return ERR_OK;
}

static enum err providers_put(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct provider_settings settings = settings_of(call->body);
    struct provider_owner owner;
    struct provider provider;
    int64_t version;

    TRY(provider_owner_of(ctx, call, &owner));
    TRY(wanted_version(ctx, call, &owner, &version));
    TRY(provider_update(ctx, &owner, &call->ids[0], version, &settings, &provider));
    provider_reply(&provider, reply);
    return ERR_OK;
}

static enum err providers_delete(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct provider_owner owner;
    int64_t version;

    (void)reply;
    TRY(provider_owner_of(ctx, call, &owner));
    TRY(wanted_version(ctx, call, &owner, &version));
    return provider_delete(ctx, &owner, &call->ids[0], version);
}

static enum err providers_test(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct provider_owner owner;
    struct provider_check check;

    TRY(provider_owner_of(ctx, call, &owner));
    TRY(provider_check(ctx, &owner, &call->ids[0], &check));
    spec_encode(&reply->json, &check_spec, &check);
    return ERR_OK;
}

/* clang-format off */
#define KEY_DOC "The key is kept sealed. It is never shown again, but for its end. An address that comes to name another host " \
    "needs the key to be sent along. "
#define OWN_DOC "Where the setting WORKSPACE_PROVIDERS is on; only public addresses at port 443, and those of EGRESS_ALLOW."
static const struct route routes[] = {
    { GET, "/providers", providers_list, FOR_ADMINS, .rate = RATE_READ, .reply = &provider_spec, .reply_shape = REPLY_LIST,
      .status = 200, .id = "listProviders",
      .doc = "Those of the environment come first, and are only read.",
      .summary = "List the server's providers of models", .tag = "Assistants" },
    { POST, "/providers", providers_post, FOR_ADMINS, .rate = RATE_WRITE, .body = &create_spec, .reply = &provider_spec,
      .status = 201, .id = "createProvider", .fails = { ERR_NAME_TAKEN, ERR_LIMIT, ERR_FORBIDDEN },
      .doc = KEY_DOC,
      .summary = "Make a provider of models for the server", .tag = "Assistants" },
    { GET, "/providers/{provider}", providers_get, FOR_ADMINS, .rate = RATE_READ, .flags = ROUTE_TAGGED,
      .reply = &provider_spec, .status = 200, .id = "getProvider", .fails = { ERR_PROVIDER_NOT_FOUND },
      .summary = "Read a provider", .tag = "Assistants" },
    { PUT, "/providers/{provider}", providers_put, FOR_ADMINS, .rate = RATE_WRITE, .flags = ROUTE_TAGGED,
      .body = &change_spec, .reply = &provider_spec, .status = 200, .id = "updateProvider",
      .fails = { ERR_PROVIDER_NOT_FOUND, ERR_PROVIDER_READ_ONLY, ERR_NAME_TAKEN, ERR_FORBIDDEN },
      .doc = KEY_DOC "What is not sent stays as it is.",
      .summary = "Change a provider", .tag = "Assistants" },
    { DELETE, "/providers/{provider}", providers_delete, FOR_ADMINS, .rate = RATE_WRITE, .flags = ROUTE_TAGGED, .status = 204,
      .id = "deleteProvider", .fails = { ERR_PROVIDER_NOT_FOUND, ERR_PROVIDER_READ_ONLY },
      .summary = "Delete a provider with its models", .tag = "Assistants" },
    { POST, "/providers/{provider}/test", providers_test, FOR_ADMINS, .rate = RATE_AI, .reply = &check_spec, .status = 200,
      .id = "testProvider", .fails = { ERR_PROVIDER_NOT_FOUND, ERR_UNAVAILABLE },
      .doc = "Asks it for its models, within 5 seconds, and says what is to be changed. Its models are taken over. Where /v1 was "
             "missing it is put behind the address.",
      .summary = "See whether a provider answers", .tag = "Assistants" },

    { GET, "/workspaces/{workspace}/providers", providers_list, FOR_OWNERS, .rate = RATE_READ, .reply = &provider_spec,
      .reply_shape = REPLY_LIST, .status = 200, .id = "listWorkspaceProviders", .fails = { ERR_PROVIDERS_OFF },
      .summary = "List a workspace's own providers of models", .tag = "Assistants" },
    { POST, "/workspaces/{workspace}/providers", providers_post, FOR_OWNERS, .rate = RATE_WRITE, .body = &create_spec,
      .reply = &provider_spec, .status = 201, .id = "createWorkspaceProvider",
      .fails = { ERR_PROVIDERS_OFF, ERR_NAME_TAKEN, ERR_LIMIT, ERR_FORBIDDEN },
      .doc = KEY_DOC OWN_DOC,
      .summary = "Make a provider of models for a workspace", .tag = "Assistants" },
    { GET, "/workspaces/{workspace}/providers/{provider}", providers_get, FOR_OWNERS, .rate = RATE_READ, .flags = ROUTE_TAGGED,
      .reply = &provider_spec, .status = 200, .id = "getWorkspaceProvider",
      .fails = { ERR_PROVIDERS_OFF, ERR_PROVIDER_NOT_FOUND },
      .summary = "Read a workspace's provider", .tag = "Assistants" },
    { PUT, "/workspaces/{workspace}/providers/{provider}", providers_put, FOR_OWNERS, .rate = RATE_WRITE, .flags = ROUTE_TAGGED,
      .body = &change_spec, .reply = &provider_spec, .status = 200, .id = "updateWorkspaceProvider",
      .fails = { ERR_PROVIDERS_OFF, ERR_PROVIDER_NOT_FOUND, ERR_NAME_TAKEN, ERR_FORBIDDEN },
      .doc = KEY_DOC OWN_DOC " What is not sent stays as it is.",
      .summary = "Change a workspace's provider", .tag = "Assistants" },
    { DELETE, "/workspaces/{workspace}/providers/{provider}", providers_delete, FOR_OWNERS, .rate = RATE_WRITE,
      .flags = ROUTE_TAGGED, .status = 204, .id = "deleteWorkspaceProvider",
      .fails = { ERR_PROVIDERS_OFF, ERR_PROVIDER_NOT_FOUND },
      .summary = "Delete a workspace's provider with its models", .tag = "Assistants" },
    { POST, "/workspaces/{workspace}/providers/{provider}/test", providers_test, FOR_OWNERS, .rate = RATE_AI,
      .reply = &check_spec, .status = 200, .id = "testWorkspaceProvider",
      .fails = { ERR_PROVIDERS_OFF, ERR_PROVIDER_NOT_FOUND, ERR_UNAVAILABLE },
      .doc = "As for a provider of the server.",
      .summary = "See whether a workspace's provider answers", .tag = "Assistants" },
};
/* clang-format on */
const struct route_table providers_routes = { routes, COUNT_OF(routes) };
