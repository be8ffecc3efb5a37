#include "parley/domain/assist/prompt.h"

#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/gate/precondition.h"

/* ---- what goes in and out ---- */
/* clang-format off */
#define PROMPT_FIELD(member) .offset = offsetof(struct prompt, member)
static const struct field prompt_fields[] = {
    { "id", FIELD_UUID, PROMPT_FIELD(uuid), .doc = "Its identifier" },
    { "name", FIELD_STR, PROMPT_FIELD(name), .example = "\"summary\"", .doc = "By which it is called up" },
    { "title", FIELD_STR, PROMPT_FIELD(title), .example = "\"Sum up\"", .doc = "What it is for" },
    { "content", FIELD_STR, PROMPT_FIELD(content), .example = "\"Sum up in three sentences:\"", .doc = "The text" },
    { "created_by", FIELD_UUID, FIELD_NULLABLE, PROMPT_FIELD(created_by), .doc = "Who made it; null once they are gone" },
    { "created_at", FIELD_TIME, PROMPT_FIELD(created_us), .doc = "When it was made" },
    { "updated_at", FIELD_TIME, PROMPT_FIELD(updated_us), .doc = "When it was changed last" },
};
static const struct spec prompt_spec = { SPEC_INIT("Prompt", struct prompt, prompt_fields),
    .doc = "A text that a workspace keeps, to be called up by its name" };

/* In the order of enum prompt_field's bits. */
struct draft_body {
    struct body body;
    struct str name, title, content;
};
#define DRAFT_ROWS(required) \
    { "name", FIELD_STR, (required) | FIELD_LINE, 1, PROMPT_NAME_MAX_CHARS, .offset = offsetof(struct draft_body, name), \
      .example = "\"summary\"", .doc = "Small letters a to z, digits, - and _; no two of a workspace have the same" }, \
    { "title", FIELD_STR, (required) | FIELD_LINE, 1, NAME_MAX_CHARS, .offset = offsetof(struct draft_body, title), \
      .example = "\"Sum up\"", .doc = "What it is for" }, \
    { "content", FIELD_STR, (required), 1, PROMPT_MAX_CHARS, .offset = offsetof(struct draft_body, content), \
      .example = "\"Sum up in three sentences:\"", .doc = "The text" }
static const struct field create_fields[] = { DRAFT_ROWS(FIELD_REQUIRED) };
static const struct spec create_spec = { SPEC_INIT("PromptCreate", struct draft_body, create_fields),
    .doc = "A prompt that is to be made" };
static const struct field change_fields[] = { DRAFT_ROWS(0) };
static const struct spec change_spec = { SPEC_INIT("PromptChange", struct draft_body, change_fields),
    .doc = "What is to be changed of a prompt" };
/* clang-format on */

/* ---- handlers ---- */

static struct prompt_place place_of(const struct call *call)
{
    return (struct prompt_place){ &call->workspace, call->principal };
}

static struct prompt_draft draft_of(const struct draft_body *body)
{
    return (struct prompt_draft){ (unsigned)body->body.sent, body->name, body->title, body->content };
}

static enum err wanted_version(struct ctx *ctx, const struct call *call, int64_t *ret_version)
{
    const struct prompt_place place = place_of(call);
    struct prompt prompt;

    *ret_version = 0;
    if (http_header(call->request, "If-Match").ptr == NULL)
        return ERR_OK;
    TRY(prompt_get(ctx, &place, &call->ids[0], &prompt));
    TRY(precondition_check(ctx, call, prompt.version));
    *ret_version = prompt.version;
    return ERR_OK;
}

static enum err prompts_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct prompt_place place = place_of(call);
    struct list list;

    TRY(prompt_list(ctx, &place, &list));
    spec_encode_list(&reply->json, &prompt_spec, list.items, list.count);
    return ERR_OK;
}

static enum err prompts_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct prompt_place place = place_of(call);
    const struct prompt_draft draft = draft_of(call->body);
    struct prompt prompt;

    TRY(prompt_create(ctx, &place, &draft, &prompt));
    spec_encode(&reply->json, &prompt_spec, &prompt);
    return ERR_OK;
}

static enum err prompts_put(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct prompt_place place = place_of(call);
    const struct prompt_draft draft = draft_of(call->body);
    struct prompt prompt;
    int64_t version;

    TRY(wanted_version(ctx, call, &version));
    TRY(prompt_update(ctx, &place, &call->ids[0], version, &draft, &prompt));
    reply->version = prompt.version;
    spec_encode(&reply->json, &prompt_spec, &prompt);
    return ERR_OK;
}

static enum err prompts_delete(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct prompt_place place = place_of(call);
    int64_t version;

    (void)reply;
    TRY(wanted_version(ctx, call, &version));
    return prompt_delete(ctx, &place, &call->ids[0], version);
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/workspaces/{workspace}/prompts", prompts_list, .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST,
      .scope = SCOPE_READ, .rate = RATE_READ, .reply = &prompt_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listPrompts", .doc = "At most 500.",
      .summary = "List the prompts that a workspace keeps, by their names", .tag = "Assistants" },
    { POST, "/workspaces/{workspace}/prompts", prompts_post, .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER,
      .scope = SCOPE_WRITE, .rate = RATE_WRITE, .flags = ROUTE_NO_LOCATION, .body = &create_spec, .reply = &prompt_spec,
      .status = 201, .id = "createPrompt", .fails = { ERR_NAME_TAKEN, ERR_LIMIT, ERR_FORBIDDEN },
      .summary = "Keep a prompt for all of a workspace", .tag = "Assistants" },
    { PUT, "/workspaces/{workspace}/prompts/{prompt}", prompts_put, .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER,
      .scope = SCOPE_WRITE, .rate = RATE_WRITE, .flags = ROUTE_TAGGED, .body = &change_spec, .reply = &prompt_spec,
      .status = 200, .id = "updatePrompt", .fails = { ERR_PROMPT_NOT_FOUND, ERR_FORBIDDEN, ERR_NAME_TAKEN },
      .doc = "What is not sent stays as it is.",
      .summary = "Change a prompt (who made it, or an OWNER)", .tag = "Assistants" },
    { DELETE, "/workspaces/{workspace}/prompts/{prompt}", prompts_delete, .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER,
      .scope = SCOPE_WRITE, .rate = RATE_WRITE, .flags = ROUTE_TAGGED, .status = 204, .id = "deletePrompt",
      .fails = { ERR_PROMPT_NOT_FOUND, ERR_FORBIDDEN },
      .summary = "Delete a prompt (who made it, or an OWNER)", .tag = "Assistants" },
};
/* clang-format on */
const struct route_table prompts_routes = { routes, COUNT_OF(routes) };
