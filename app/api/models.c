/* Models: of a provider, for whoever runs it; those that one may use; those that a workspace may use. */
#include "parley/domain/assist/model.h"

#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/domain/assist/model_access.h"
#include "parley/gate/precondition.h"
#include "parley/shapes/model.h"
#include "provider_owner.h"

/* ---- what goes in and out ---- */
/* clang-format off */
struct price_body {
    struct body body;
    int64_t in_micros, cached_micros, out_micros;
};
#define PRICE_ROW(member, text) \
    { #member, FIELD_INT, FIELD_NULLABLE, 0, MONEY_MAX_MICROS, .offset = offsetof(struct price_body, member), \
      .example = "2500000", .doc = text }
static const struct field price_fields[] = {
    PRICE_ROW(in_micros, "Of what is asked; null: nothing"),
    PRICE_ROW(cached_micros, "Of that what the provider had kept; null: as the rest"),
    PRICE_ROW(out_micros, "Of what is answered; null: nothing"),
};
static const struct spec price_spec = { SPEC_INIT("ModelPriceDraft", struct price_body, price_fields),
    .doc = "What a million tokens cost, in millionths of the currency; what is not sent is null" };

/* In the order of enum model_field's bits. */
struct tuning_body {
    struct body body;
    struct str name;
    int64_t context_tokens, max_output_tokens;
    struct list flags;
    struct price_body price;
    struct uuid fallback;
    bool enabled;
};
#define BODY_FIELD(member) .offset = offsetof(struct tuning_body, member)
static const struct field tuning_fields[] = {
    { "name", FIELD_STR, FIELD_LINE, 1, NAME_MAX_CHARS, BODY_FIELD(name), .example = "\"Llama 3.1\"", .doc = "As people see it" },
    { "context_tokens", FIELD_INT, FIELD_NULLABLE, 1, MODEL_TOKENS_MAX, BODY_FIELD(context_tokens), .example = "131072",
      .doc = "How long question and answer may be together; null: not known" },
    { "max_output_tokens", FIELD_INT, FIELD_NULLABLE, 1, ANSWER_TOKENS_MAX, BODY_FIELD(max_output_tokens), .example = "4096",
      .doc = "How long an answer may be; null: not known" },
    { "flags", FIELD_LIST, 0, 0, 16, BODY_FIELD(flags), .element = FIELD_STR, .example = "[\"system\", \"images\"]",
      .doc = "What it can do: system, images, tools, usage_in_stream, max_completion_tokens (it is told of its limit by that name)" },
    { "price", FIELD_OBJECT, BODY_FIELD(price), .spec = &price_spec, .doc = "What it costs" },
    { "fallback_id", FIELD_UUID, FIELD_NULLABLE, BODY_FIELD(fallback),
      .doc = "The model that is asked where this one cannot answer: of the same workspace, or the server's; null: none" },
    { "enabled", FIELD_BOOL, BODY_FIELD(enabled), .doc = "It is asked at all" },
};
static const struct spec change_spec = { SPEC_INIT("ModelChange", struct tuning_body, tuning_fields),
    .doc = "What is to be changed of a model" };

struct create_body {
    struct body body;
    struct str model;
    struct tuning_body tuning;
};
static const struct field create_fields[] = {
    { "model", FIELD_STR, FIELD_REQUIRED | FIELD_LINE, 1, NAME_MAX_CHARS, .offset = offsetof(struct create_body, model),
      .example = "\"llama-3.1-8b\"", .doc = "As the provider calls it" },
    { SPEC_INLINE(&change_spec), .offset = offsetof(struct create_body, tuning) },
};
static const struct spec create_spec = { SPEC_INIT("ModelCreate", struct create_body, create_fields),
    .doc = "A model that the provider's list has not" };

#define USABLE_FIELD(member) .offset = offsetof(struct usable_model, member)
static const struct field usable_fields[] = {
    { "id", FIELD_UUID, USABLE_FIELD(uuid), .doc = "Its identifier" },
    { "provider", FIELD_STR, USABLE_FIELD(provider), .example = "\"local\"", .doc = "By which a chat names its provider" },
    { "model", FIELD_STR, USABLE_FIELD(model), .example = "\"llama-3.1-8b\"", .doc = "By which a chat names it" },
    { "name", FIELD_STR, USABLE_FIELD(name), .example = "\"Llama 3.1\"", .doc = "As people see it" },
    { "context_tokens", FIELD_INT, FIELD_NULLABLE, USABLE_FIELD(context_tokens), .example = "131072",
      .doc = "How long question and answer may be together; null: not known" },
    { "max_output_tokens", FIELD_INT, FIELD_NULLABLE, USABLE_FIELD(max_output_tokens), .example = "4096",
      .doc = "How long an answer may be; null: not known" },
    { "flags", FIELD_LIST, USABLE_FIELD(flag_names), .element = FIELD_STR,
      .doc = "What it can do: system, images, tools, usage_in_stream, max_completion_tokens" },
    { "price", FIELD_OBJECT, USABLE_FIELD(price), .spec = &model_price_spec, .doc = "What it costs" },
};
static const struct spec usable_spec = { SPEC_INIT("Model", struct usable_model, usable_fields),
    .doc = "A model that one may use" };

struct usable_query {
    struct body body;
    struct uuid workspace;
};
static const struct field query_fields[] = {
    { "workspace", FIELD_UUID, .offset = offsetof(struct usable_query, workspace),
      .doc = "Those that may be used in this one; not sent: in any that one is in" },
};
static const struct spec query_spec = { SPEC_INIT("ModelQuery", struct usable_query, query_fields) };

struct allowance_body {
    struct body body;
    bool limited;
    struct list models;
};
static const struct field allowance_fields[] = {
    { "limited", FIELD_BOOL, FIELD_REQUIRED, .offset = offsetof(struct allowance_body, limited),
      .doc = "False: all of the server's models may be used, those to come too" },
    { "model_ids", FIELD_LIST, 0, 0, MODELS_PER_PROVIDER_MAX, .offset = offsetof(struct allowance_body, models),
      .element = FIELD_UUID, .doc = "Where it is limited, to these; none may be used where there are none" },
};
static const struct spec allowance_body_spec = { SPEC_INIT("ModelAllowanceDraft", struct allowance_body, allowance_fields),
    .doc = "Which of the server's models a workspace may use" };

struct allowance_view {
    bool limited;
    struct list models;
};
static const struct field view_fields[] = {
    { "limited", FIELD_BOOL, .offset = offsetof(struct allowance_view, limited),
      .doc = "False: all of the server's models may be used, those to come too" },
    { "model_ids", FIELD_LIST, .offset = offsetof(struct allowance_view, models), .element = FIELD_UUID,
      .doc = "Where it is limited, to these" },
};
static const struct spec view_spec = { SPEC_INIT("ModelAllowance", struct allowance_view, view_fields),
    .doc = "Which of the server's models a workspace may use" };
/* clang-format on */

/* ---- of a provider ---- */

static int64_t price_of(const struct price_body *body, size_t row, int64_t micros)
{
    return body_sent(body, row) ? micros : INT_NULL;
}

static enum err settings_of(struct ctx *ctx, const struct tuning_body *body, struct model_settings *ret_settings)
{
    const struct price_body *price = &body->price;

    *ret_settings = (struct model_settings){
        .fields = (unsigned)body->body.sent,
        .name = body->name,
        .context_tokens = body->context_tokens,
        .max_output_tokens = body->max_output_tokens,
        .price = { price_of(price, 0, price->in_micros), price_of(price, 1, price->cached_micros),
                   price_of(price, 2, price->out_micros) },
        .fallback = body->fallback,
        .enabled = body->enabled,
    };
    if (model_flags_read(&body->flags, &ret_settings->flags))
        return ERR_OK;
    return problem_add(ctx->problem, (struct fault){ "body", "flags", "value_error.enum", "There is no such flag" });
}

static enum err wanted_version(struct ctx *ctx, const struct call *call, const struct provider_owner *owner,
                               int64_t *ret_version)
{
    struct model model;

    *ret_version = 0;
    if (http_header(call->request, "If-Match").ptr == NULL)
        return ERR_OK;
    TRY(model_get(ctx, owner, &call->ids[0], &call->ids[1], &model));
    TRY(precondition_check(ctx, call, model.version));
    *ret_version = model.version;
    return ERR_OK;
}

static enum err models_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct provider_owner owner;
    struct list list;

    TRY(provider_owner_of(ctx, call, &owner));
    TRY(model_list(ctx, &owner, &call->ids[0], &list));
    spec_encode_list(&reply->json, &model_spec, list.items, list.count);
    return ERR_OK;
}

static enum err models_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct create_body *body = call->body;
    struct model_settings settings;
    struct provider_owner owner;
    struct model model;

    TRY(provider_owner_of(ctx, call, &owner));
    TRY(settings_of(ctx, &body->tuning, &settings));
    TRY(model_create(ctx, &owner, &call->ids[0], body->model, &settings, &model));
    spec_encode(&reply->json, &model_spec, &model);
    return ERR_OK;
}

static enum err models_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct provider_owner owner;
    struct model model;

    TRY(provider_owner_of(ctx, call, &owner));
    TRY(model_get(ctx, &owner, &call->ids[0], &call->ids[1], &model));
    reply->version = model.version;
    spec_encode(&reply->json, &model_spec, &model);
    return ERR_OK;
}

static enum err models_put(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct model_settings settings;
    struct provider_owner owner;
    struct model model;
    int64_t version;

    TRY(provider_owner_of(ctx, call, &owner));
    TRY(settings_of(ctx, call->body, &settings));
    TRY(wanted_version(ctx, call, &owner, &version));
    TRY(model_update(ctx, &owner, &call->ids[0], &call->ids[1], version, &settings, &model));
    reply->version = model.version;
    spec_encode(&reply->json, &model_spec, &model);
    return ERR_OK;
}

static enum err models_delete(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct provider_owner owner;
    int64_t version;

    (void)reply;
    TRY(provider_owner_of(ctx, call, &owner));
    TRY(wanted_version(ctx, call, &owner, &version));
    return model_delete(ctx, &owner, &call->ids[0], &call->ids[1], version);
}

/* ---- for whoever asks ---- */

/* A key acts in its one workspace. */
static enum err workspace_of(struct ctx *ctx, const struct call *call, int64_t *ret_workspace_id)
{
    const struct usable_query *query = call->query;
    const struct principal *principal = call->principal;
    struct membership m;

    *ret_workspace_id = principal->key_workspace_id;
    if (!body_sent(query, 0))
        return ERR_OK;
    if (!principal_may_enter(principal, &query->workspace))
        return fail(ctx, ERR_WORKSPACE_NOT_FOUND);
    TRY(member_find(ctx, &query->workspace, principal->user_id, &m));
    *ret_workspace_id = m.workspace_id;
    return ERR_OK;
}

static enum err usable_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    int64_t workspace_id;
    struct list list;

    TRY(workspace_of(ctx, call, &workspace_id));
    TRY(model_list_usable(ctx, call->principal->user_id, workspace_id, &list));
    spec_encode_list(&reply->json, &usable_spec, list.items, list.count);
    return ERR_OK;
}

/* ---- of a workspace ---- */

static void allowance_reply(const struct model_allowance *allowance, struct reply *reply)
{
    spec_encode(&reply->json, &view_spec, &(struct allowance_view){ allowance->is_limited, allowance->models });
}

static enum err allowance_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct model_allowance allowance;

    TRY(model_allowance_get(ctx, &call->workspace, &allowance));
    allowance_reply(&allowance, reply);
    return ERR_OK;
}

static enum err allowance_put(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct allowance_body *body = call->body;
    const struct model_allowance wanted = { .is_limited = body->limited, .models = body->models };
    struct model_allowance allowance;

    TRY(model_allowance_set(ctx, &call->workspace, call->principal->user_id, &wanted, &allowance));
    allowance_reply(&allowance, reply);
    return ERR_OK;
}

/* clang-format off */
#define OF_SERVER(method_, tail_, handler_, rate_) method_, "/providers/{provider}/models" tail_, handler_, FOR_ADMINS, .rate = rate_
#define OF_WORKSPACE(method_, tail_, handler_, rate_) \
    method_, "/workspaces/{workspace}/providers/{provider}/models" tail_, handler_, FOR_OWNERS, .rate = rate_
#define SEEN_DOC "Those of its list come with a test of the provider."
#define ONE_REPLY .reply = &model_spec, .tag = "Assistants"
static const struct route routes[] = {
    { GET, "/models", usable_list, .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_READ,
      .rate = RATE_READ, .query = &query_spec, .reply = &usable_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listModels", .fails = { ERR_WORKSPACE_NOT_FOUND },
      .doc = "Those of the server, as far as one's workspaces may use them, and those of the workspaces' own providers. A key: in "
             "its workspace.",
      .summary = "List the models that one may use", .tag = "Assistants" },

    { OF_SERVER(GET, "", models_list, RATE_READ), .reply_shape = REPLY_LIST, .status = 200, ONE_REPLY,
      .id = "listProviderModels", .fails = { ERR_PROVIDER_NOT_FOUND }, .doc = SEEN_DOC,
      .summary = "List a provider's models" },
    { OF_SERVER(POST, "", models_post, RATE_WRITE), .flags = ROUTE_NO_LOCATION, .body = &create_spec, .status = 201, ONE_REPLY,
      .id = "createProviderModel",
      .fails = { ERR_PROVIDER_NOT_FOUND, ERR_MODEL_NOT_FOUND, ERR_NAME_TAKEN, ERR_LIMIT }, .doc = SEEN_DOC,
      .summary = "Write down a model that is in no list" },
    { OF_SERVER(GET, "/{model}", models_get, RATE_READ), .flags = ROUTE_TAGGED, .status = 200, ONE_REPLY,
      .id = "getProviderModel", .fails = { ERR_PROVIDER_NOT_FOUND, ERR_MODEL_NOT_FOUND },
      .summary = "Read a model of a provider" },
    { OF_SERVER(PUT, "/{model}", models_put, RATE_WRITE), .flags = ROUTE_TAGGED, .body = &change_spec, .status = 200, ONE_REPLY,
      .id = "updateProviderModel", .fails = { ERR_PROVIDER_NOT_FOUND, ERR_MODEL_NOT_FOUND },
      .doc = "What is not sent stays as it is; a price is replaced as a whole.",
      .summary = "Change what is known of a model" },
    { OF_SERVER(DELETE, "/{model}", models_delete, RATE_WRITE), .flags = ROUTE_TAGGED, .status = 204, .tag = "Assistants",
      .id = "deleteProviderModel", .fails = { ERR_PROVIDER_NOT_FOUND, ERR_MODEL_NOT_FOUND },
      .doc = "One that the provider has comes back with the next test; to have it not used, switch it off.",
      .summary = "Delete a model" },

    { OF_WORKSPACE(GET, "", models_list, RATE_READ), .reply_shape = REPLY_LIST, .status = 200, ONE_REPLY,
      .id = "listWorkspaceProviderModels", .fails = { ERR_PROVIDERS_OFF, ERR_PROVIDER_NOT_FOUND }, .doc = SEEN_DOC,
      .summary = "List the models of a workspace's provider" },
    { OF_WORKSPACE(POST, "", models_post, RATE_WRITE), .flags = ROUTE_NO_LOCATION, .body = &create_spec, .status = 201, ONE_REPLY,
      .id = "createWorkspaceProviderModel",
      .fails = { ERR_PROVIDERS_OFF, ERR_PROVIDER_NOT_FOUND, ERR_MODEL_NOT_FOUND, ERR_NAME_TAKEN, ERR_LIMIT, ERR_FORBIDDEN },
      .doc = SEEN_DOC, .summary = "Write down a model of a workspace's provider that is in no list" },
    { OF_WORKSPACE(GET, "/{model}", models_get, RATE_READ), .flags = ROUTE_TAGGED, .status = 200, ONE_REPLY,
      .id = "getWorkspaceProviderModel", .fails = { ERR_PROVIDERS_OFF, ERR_PROVIDER_NOT_FOUND, ERR_MODEL_NOT_FOUND },
      .summary = "Read a model of a workspace's provider" },
    { OF_WORKSPACE(PUT, "/{model}", models_put, RATE_WRITE), .flags = ROUTE_TAGGED, .body = &change_spec, .status = 200, ONE_REPLY,
      .id = "updateWorkspaceProviderModel",
      .fails = { ERR_PROVIDERS_OFF, ERR_PROVIDER_NOT_FOUND, ERR_MODEL_NOT_FOUND, ERR_FORBIDDEN },
      .doc = "What is not sent stays as it is; a price is replaced as a whole.",
      .summary = "Change what is known of a model of a workspace's provider" },
    { OF_WORKSPACE(DELETE, "/{model}", models_delete, RATE_WRITE), .flags = ROUTE_TAGGED, .status = 204, .tag = "Assistants",
      .id = "deleteWorkspaceProviderModel",
      .fails = { ERR_PROVIDERS_OFF, ERR_PROVIDER_NOT_FOUND, ERR_MODEL_NOT_FOUND, ERR_FORBIDDEN },
      .summary = "Delete a model of a workspace's provider" },

    { GET, "/workspaces/{workspace}/models", allowance_get, .access = ACCESS_SIGNED_IN, .role = ROLE_OWNER,
      .scope = SCOPE_READ, .rate = RATE_READ, .reply = &view_spec, .status = 200, .id = "getWorkspaceModels",
      .summary = "Read which of the server's models a workspace may use", .tag = "Assistants" },
    { PUT, "/workspaces/{workspace}/models", allowance_put, .access = ACCESS_SIGNED_IN, .role = ROLE_OWNER,
      .scope = SCOPE_WRITE, .rate = RATE_WRITE, .body = &allowance_body_spec, .reply = &view_spec, .status = 200,
      .id = "setWorkspaceModels", .fails = { ERR_MODEL_NOT_FOUND, ERR_FORBIDDEN },
      .summary = "Say which of the server's models a workspace may use", .tag = "Assistants" },
};
/* clang-format on */
const struct route_table models_routes = { routes, COUNT_OF(routes) };
