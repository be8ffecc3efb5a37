#include "parley/domain/lifecycle/bootstrap.h"

#include "octopus.h"
#include "parley/compat/routes.h"
#include "parley/domain/trust/api_key.h"

/* ---- what goes in and out ---- */
/* clang-format off */
struct bootstrap_body {
    struct body body;
    struct str token;
};
static const struct field bootstrap_fields[] = {
    { "setup_token", FIELD_STR, FIELD_NULLABLE, 0, LINK_TOKEN_OFFERED_MAX_CHARS, .offset = offsetof(struct bootstrap_body, token),
      .doc = "Where SETUP_TOKEN is set; the header X-Setup-Token does as well" },
};
static const struct spec bootstrap_spec = {
    SPEC_INIT("Bootstrap", struct bootstrap_body, bootstrap_fields),
    .doc = "What setup asks for" };

struct instructions {
    struct str first, second, third;
};
#define STEP_FIELD(name, member) name, FIELD_STR, .offset = offsetof(struct instructions, member)
static const struct field instructions_fields[] = {
    { STEP_FIELD("1", first), .doc = "The first step" },
    { STEP_FIELD("2", second), .doc = "The second step" },
    { STEP_FIELD("3", third), .doc = "The third step" },
};
static const struct spec instructions_spec = {
    SPEC_INIT("BootstrapInstructions", struct instructions, instructions_fields),
    .doc = "What to do next, in order" };

struct bootstrap_answer {
    struct str message, key, name, scopes;
    struct instructions instructions;
};
#define ANSWER_FIELD(member) .offset = offsetof(struct bootstrap_answer, member)
static const struct field answer_fields[] = {
    { "message", FIELD_STR, ANSWER_FIELD(message), .doc = "A sentence for a person" },
    { "api_key", FIELD_STR, ANSWER_FIELD(key), .doc = "Shown this once" },
    { "name", FIELD_STR, ANSWER_FIELD(name), .doc = "The key's name" },
    { "scopes", FIELD_STR, ANSWER_FIELD(scopes), .example = "\"read,write\"", .doc = "What the key may do" },
    { "instructions", FIELD_OBJECT, ANSWER_FIELD(instructions), .spec = &instructions_spec, .doc = "What to do next" },
};
static const struct spec answer_spec = { SPEC_INIT("BootstrapAnswer", struct bootstrap_answer, answer_fields),
    .doc = "The first API key" };
/* clang-format on */

static const struct instructions instructions = {
    STR_INIT("Keep this key in a safe place; it is shown this once"),
    STR_INIT("Send it in the header Octopus-API-Key"),
    STR_INIT("Make further keys, with fewer rights, by POST /api/v1/api-keys/"),
};

static enum err bootstrap_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct bootstrap_body *body = call->body;
    struct str header = http_header(call->request, "X-Setup-Token");
    struct bootstrap_answer answer = { .message = STR("Bootstrap completed"), .instructions = instructions };
    struct api_key_made made;

    TRY(bootstrap(ctx, header.ptr != NULL ? header : body->token, &made));
    answer.key = made.text;
    answer.name = made.key.name;
    answer.scopes = key_scopes_text(made.key.scopes);
    spec_encode(&reply->json, &answer_spec, &answer);
    return ERR_OK;
}

/* clang-format off */
static const struct route routes[] = {
    { POST, "/bootstrap", bootstrap_post,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_CREDENTIAL,
      .dialect = &octopus,
      .body = &bootstrap_spec, .reply = &answer_spec, .status = 200,
      .id = "bootstrap",
      .fails = { ERR_BOOTSTRAP_DONE, ERR_SETUP_TOKEN },
      .summary = "Make the first administrator, a bot, and its API key; works once", .tag = "API keys" },
};
/* clang-format on */
const struct route_table bootstrap_routes = { routes, COUNT_OF(routes) };
