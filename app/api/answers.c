#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/domain/assist/answer_change.h"
#include "parley/shapes/message.h"

/* ---- what goes in and out ---- */

#define ALTERNATIVE_FIELD(member) .offset = offsetof(struct message_alternative, member)
/* clang-format off */
static const struct field alternative_fields[] = {
    { "index", FIELD_INT, ALTERNATIVE_FIELD(index), .example = "1", .doc = "Its number, from 1" },
    { "status", FIELD_ENUM, ALTERNATIVE_FIELD(status), .names = message_status_names, .type_name = "MessageStatus",
      .doc = "Whether its text is all there" },
    { "content", FIELD_STR, ALTERNATIVE_FIELD(content), .example = "\"The moon.\"", .doc = "Its text" },
    { "reasoning", FIELD_STR, FIELD_NULLABLE, ALTERNATIVE_FIELD(answer.reasoning), .example = "\"They ask for the nearest.\"",
      .doc = "What the model thought before; null: nothing that it told" },
    { "provider", FIELD_STR, FIELD_NULLABLE, ALTERNATIVE_FIELD(answer.provider), .example = "\"local\"", .doc = "Whose model wrote it" },
    { "model", FIELD_STR, FIELD_NULLABLE, ALTERNATIVE_FIELD(model), .example = "\"llama-3.1-8b\"", .doc = "Which model" },
    { "finish", FIELD_STR, FIELD_NULLABLE, ALTERNATIVE_FIELD(answer.finish), .example = "\"stop\"", .doc = "Why the model ended" },
    { "fault", FIELD_REF, FIELD_NULLABLE, ALTERNATIVE_FIELD(answer.fault), .spec = &message_fault_spec,
      .doc = "Why it failed; null: it did not" },
    { "usage", FIELD_REF, FIELD_NULLABLE, ALTERNATIVE_FIELD(answer.usage), .spec = &message_usage_spec, .doc = "What it took" },
    { "created_at", FIELD_TIME, ALTERNATIVE_FIELD(created_us), .doc = "When it ended" },
};
static const struct spec alternative_spec = { SPEC_INIT("AnswerAlternative", struct message_alternative, alternative_fields),
    .doc = "One of several answers to a question" };

struct again_body {
    struct body body;
    struct str model;
};
static const struct field again_fields[] = {
    { "model", FIELD_STR, FIELD_NULLABLE, 1, NAME_MAX_CHARS, .offset = offsetof(struct again_body, model),
      .example = "\"llama-3.1-8b\"", .doc = "Another model; null, or not sent: the chat's" },
};
static const struct spec again_spec = { SPEC_INIT("AnswerAgain", struct again_body, again_fields), .doc = "Who is asked again" };

struct show_body {
    struct body body;
    int64_t index;
};
static const struct field show_fields[] = {
    { "index", FIELD_INT, FIELD_REQUIRED, 1, ALTERNATIVES_MAX, .offset = offsetof(struct show_body, index), .example = "1",
      .doc = "The number of the answer that is to be shown" },
};
static const struct spec show_spec = { SPEC_INIT("AnswerChoice", struct show_body, show_fields), .doc = "Which answer is shown" };
/* clang-format on */

/* ---- handlers ---- */

static struct message_location location_of(const struct call *call)
{
    return (
        struct message_location){ .workspace = &call->workspace, .principal = call->principal, .chat = call->ids[0] };
}

static void message_reply(const struct message *message, struct reply *reply)
{
    reply->version = message->version;
    spec_encode(&reply->json, &message_spec, message);
}

static enum err answers_stop(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct message_location location = location_of(call);
    struct message message;

    TRY(answer_stop(ctx, &location, &call->ids[1], &message));
    message_reply(&message, reply);
    return ERR_OK;
}

static enum err answers_regenerate(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct message_location location = location_of(call);
    const struct again_body *body = call->body;
    struct message message;

    TRY(answer_regenerate(ctx, &location, &call->ids[1], body->model, &message));
    message_reply(&message, reply);
    return ERR_OK;
}

static enum err answers_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct message_location location = location_of(call);
    struct list list;

    TRY(answer_alternatives(ctx, &location, &call->ids[1], &list));
    spec_encode_list(&reply->json, &alternative_spec, list.items, list.count);
    return ERR_OK;
}

static enum err answers_show(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct message_location location = location_of(call);
    const struct show_body *body = call->body;
    struct message message;

    TRY(answer_show(ctx, &location, &call->ids[1], body->index, &message));
    message_reply(&message, reply);
    return ERR_OK;
}

/* clang-format off */
#define ANSWER_FAILS ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED, ERR_MESSAGE_NOT_FOUND, ERR_NO_ANSWER
static const struct route routes[] = {
    { POST, "/workspaces/{workspace}/chat/{chat}/message/{message}/stop", answers_stop,
      .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER, .scope = SCOPE_WRITE, .rate = RATE_WRITE, .flags = ROUTE_TAGGED,
      .reply = &message_spec, .status = 200,
      .id = "stopAnswer",
      .fails = { ANSWER_FAILS, ERR_CHAT_ARCHIVED },
      .doc = "What it has said by then stays; `message.updated` tells its end. One that has ended stays as it is.",
      .summary = "Stop an assistant's answer", .tag = "Assistants" },
    { POST, "/workspaces/{workspace}/chat/{chat}/message/{message}/regenerate", answers_regenerate,
      .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER, .scope = SCOPE_WRITE, .rate = RATE_AI, .flags = ROUTE_TAGGED,
      .body = &again_spec, .reply = &message_spec, .status = 200,
      .id = "regenerateAnswer",
      .fails = { ANSWER_FAILS, ERR_CHAT_ARCHIVED, ERR_CHAT_WENT_ON, ERR_ANSWERING, ERR_LIMIT, ERR_NO_MODEL, ERR_BUDGET_EXHAUSTED },
      .doc = "While nobody has written behind it. The answer that was shown stays as an alternative; there are 20 at most.",
      .summary = "Have a question answered once more", .tag = "Assistants" },
    { GET, "/workspaces/{workspace}/chat/{chat}/message/{message}/alternatives", answers_list,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_READ,
      .reply = &alternative_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listAlternatives",
      .fails = { ANSWER_FAILS },
      .summary = "All answers to a question, by their numbers", .tag = "Assistants" },
    { PUT, "/workspaces/{workspace}/chat/{chat}/message/{message}/alternative", answers_show,
      .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER, .scope = SCOPE_WRITE, .rate = RATE_WRITE, .flags = ROUTE_TAGGED,
      .body = &show_spec, .reply = &message_spec, .status = 200,
      .id = "showAlternative",
      .fails = { ANSWER_FAILS, ERR_CHAT_ARCHIVED, ERR_CHAT_WENT_ON, ERR_ANSWERING, ERR_ALTERNATIVE_NOT_FOUND },
      .doc = "For everyone in the chat, while nobody has written behind it.",
      .summary = "Show another answer to a question", .tag = "Assistants" },
};
/* clang-format on */
const struct route_table answers_routes = { routes, COUNT_OF(routes) };
