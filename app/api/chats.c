#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/domain/assist/model_choice.h"
#include "parley/domain/talk/chat_change.h"
#include "parley/domain/talk/chat_direct.h"
#include "parley/domain/talk/chat_list.h"
#include "parley/domain/talk/chat_move.h"
#include "parley/domain/talk/chat_page.h"
#include "parley/domain/talk/message.h"
#include "parley/gate/location.h"
#include "parley/gate/page_reply.h"
#include "parley/gate/precondition.h"
#include "parley/shapes/chat.h"
#include "parley/shapes/message.h"

/* ---- what goes in and out ---- */
/* clang-format off */
#define CHAT_FIELD(member) .offset = offsetof(struct chat, member)
static const struct field detail_fields[] = {
    { SPEC_INLINE(&chat_spec) },
    { "messages", FIELD_LIST, CHAT_FIELD(messages), .spec = &message_spec,
      .doc = "The newest 50, oldest first; none for who may not read them" },
};
static const struct spec detail_spec = { SPEC_INIT("ChatWithMessages", struct chat, detail_fields),
    .doc = "A chat and its newest messages" };

/* All but the title, in the order of enum chat_field's bits behind it. */
struct tuning_body {
    struct body body;
    int assistant; /* enum chat_assistant */
    struct str provider, model, system_prompt;
    double temperature;
    int64_t max_tokens;
    int join; /* enum chat_join */
};
#define TUNING_FIELD(member) .offset = offsetof(struct tuning_body, member)
static const struct field tuning_fields[] = {
    { "assistant", FIELD_ENUM, TUNING_FIELD(assistant), .names = chat_assistant_names, .type_name = "ChatAssistant",
      .doc = "When an assistant answers: never, when mentioned, or always" },
    { "provider", FIELD_STR, FIELD_NULLABLE, 1, NAME_MAX_CHARS, TUNING_FIELD(provider), .example = "\"local\"",
      .doc = "Which of the configured providers answers; null: the default one" },
    { "model", FIELD_STR, FIELD_NULLABLE, 1, NAME_MAX_CHARS, TUNING_FIELD(model), .example = "\"llama-3.1-8b\"",
      .doc = "Which model answers; null: the default one" },
    { "system_prompt", FIELD_STR, FIELD_NULLABLE, 0, PROMPT_MAX_CHARS, TUNING_FIELD(system_prompt),
      .example = "\"Answer in one sentence.\"", .doc = "What the assistant is told first; null: nothing" },
    { "temperature", FIELD_REAL, FIELD_NULLABLE, 0, TEMPERATURE_MAX, TUNING_FIELD(temperature), .example = "0.7",
      .doc = "How freely it answers; null: as the model has it" },
    { "max_tokens", FIELD_INT, FIELD_NULLABLE, 1, ANSWER_TOKENS_MAX, TUNING_FIELD(max_tokens), .example = "1024",
      .doc = "How long an answer may be; null: as the model has it" },
    { "join", FIELD_ENUM, TUNING_FIELD(join), .names = chat_join_names, .type_name = "ChatJoin",
      .doc = "Who is in it: all of the workspace, whoever joins, or whoever is invited" },
};
static const struct spec tuning_spec = { SPEC_INIT("ChatTuning", struct tuning_body, tuning_fields) };

struct settings_body {
    struct body body; /* bit 0: the title, CHAT_TITLE */
    struct str title;
    struct tuning_body tuning;
};
#define TITLE_FIELD(flags) \
    { "title", FIELD_STR, (flags) | FIELD_LINE, 1, NAME_MAX_CHARS, .offset = offsetof(struct settings_body, title), \
      .example = "\"Release 2.0\"", .doc = "What the chat is about" }
#define TUNING_INLINE \
    { SPEC_INLINE(&tuning_spec), .offset = offsetof(struct settings_body, tuning) }
static const struct field create_fields[] = { TITLE_FIELD(FIELD_REQUIRED), TUNING_INLINE };
static const struct spec create_spec = { SPEC_INIT("ChatCreate", struct settings_body, create_fields),
    .doc = "A new chat" };
static const struct field change_fields[] = { TITLE_FIELD(0), TUNING_INLINE };
static const struct spec change_spec = { SPEC_INIT("ChatChange", struct settings_body, change_fields),
    .doc = "What is to be changed of a chat" };

struct list_query {
    struct body body;
    struct str text;
    bool archived; /* of history */
};
#define SPEC_QUERY_TEXT \
    "q", FIELD_STR, 0, 0, NAME_MAX_CHARS, .offset = offsetof(struct list_query, text), .doc = "Part of the title, any case"
static const struct field list_fields[] = {
    { SPEC_QUERY_TEXT },
};
static const struct spec list_spec = { SPEC_INIT("ChatListQuery", struct list_query, list_fields) };
static const struct field history_fields[] = {
    { SPEC_QUERY_TEXT },
    { "archived", FIELD_BOOL, .offset = offsetof(struct list_query, archived),
      .doc = "true: those that are archived; else those that are not" },
};
static const struct spec history_spec = { SPEC_INIT("ChatHistoryQuery", struct list_query, history_fields) };

struct move_body {
    struct body body;
    struct uuid workspace;
};
static const struct field move_fields[] = {
    { "workspace_id", FIELD_UUID, FIELD_REQUIRED, .offset = offsetof(struct move_body, workspace),
      .doc = "Where it goes; one must be a MEMBER there" },
};
static const struct spec move_spec = { SPEC_INIT("ChatMove", struct move_body, move_fields),
    .doc = "Where a chat goes" };

struct direct_body {
    struct body body;
    struct list people;
};
static const struct field direct_fields[] = {
    { "user_ids", FIELD_LIST, FIELD_REQUIRED, 1, DIRECT_PEOPLE_MAX, .offset = offsetof(struct direct_body, people),
      .element = FIELD_UUID, .doc = "Members of the workspace; oneself is one of them, named or not" },
};
static const struct spec direct_spec = { SPEC_INIT("DirectChat", struct direct_body, direct_fields),
    .doc = "The people of a direct chat" };
/* clang-format on */

/* ---- handlers ---- */

static struct chat_settings settings_of(const struct settings_body *body)
{
    const struct tuning_body *tuning = &body->tuning;

    return (struct chat_settings){
        .fields = (unsigned)(body->body.sent | tuning->body.sent << 1),
        .title = body->title,
        .assistant = (enum chat_assistant)tuning->assistant,
        .provider = tuning->provider,
        .model = tuning->model,
        .system_prompt = tuning->system_prompt,
        .temperature = tuning->temperature,
        .max_tokens = tuning->max_tokens,
        .join = (enum chat_join)tuning->join,
    };
}

static struct chat_target target_of(const struct call *call)
{
    return (struct chat_target){ .m = &call->workspace, .user_id = call->principal->user_id, .chat = call->ids[0] };
}

/* If-Match is judged on the row as it is now, and that version is then demanded; 0 without one. */
static enum err wanted_version(struct ctx *ctx, const struct call *call, int64_t *ret_version)
{
    struct chat chat;

    if (http_header(call->request, "If-Match").ptr == NULL) {
        *ret_version = 0;
        return ERR_OK;
    }
    TRY(chat_get(ctx, &call->workspace, call->principal->user_id, &call->ids[0], &chat));
    TRY(precondition_check(ctx, call, chat.version));
    *ret_version = chat.version;
    return ERR_OK;
}

static struct chat_list_opts list_opts_of(const struct call *call, const struct page *page)
{
    const struct list_query *query = call->query;
    bool first = page->after.key_count == 0;

    return (struct chat_list_opts){
        .user_id = call->principal->user_id,
        .query = query->text,
        .archived = query->archived,
        .after_activity_us = first ? INT64_MAX : page->after.keys[0],
        .after_id = first ? INT64_MAX : page->after.keys[1],
        .limit = page->limit,
    };
}

static enum err history_find(struct ctx *ctx, const struct call *call, const struct page *page, struct list *ret_list)
{
    const struct chat_list_opts opts = list_opts_of(call, page);

    return chat_list_history(ctx, &call->workspace, &opts, ret_list);
}

static enum err open_find(struct ctx *ctx, const struct call *call, const struct page *page, struct list *ret_list)
{
    const struct chat_list_opts opts = list_opts_of(call, page);

    return chat_list_open(ctx, &call->workspace, &opts, ret_list);
}

#define CHAT_LIST \
    .spec = &chat_spec, .row_bytes = sizeof(struct chat), .key_count = 2, \
    .key_offsets = { offsetof(struct chat, activity_us), offsetof(struct chat, id) }

static enum err chats_history(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    static const struct page_source source = { .list = history_find, CHAT_LIST };

    return page_reply(ctx, call, &source, reply);
}

static enum err chats_open(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    static const struct page_source source = { .list = open_find, CHAT_LIST };

    return page_reply(ctx, call, &source, reply);
}

static bool names_model(const struct chat_settings *settings)
{
    return ((settings->fields & CHAT_PROVIDER) != 0 && settings->provider.ptr != NULL) ||
           ((settings->fields & CHAT_MODEL) != 0 && settings->model.ptr != NULL);
}

/* Whom a chat names must be there, and may be asked in its workspace. present: NULL: a new one. */
static enum err model_check(struct ctx *ctx, const struct call *call, const struct chat_settings *settings,
                            const struct chat *present)
{
    static const struct str nobody = { NULL, 0 };
    struct str provider = settings->provider, model = settings->model;
    struct model_choice choice;
    enum err e;

    if ((settings->fields & CHAT_PROVIDER) == 0)
        provider = present != NULL ? present->provider : nobody;
    if ((settings->fields & CHAT_MODEL) == 0)
        model = present != NULL ? present->model : nobody;
    e = model_choose(ctx, call->workspace.workspace_id, provider, model, &choice);
    if (e == ERR_NOT_FOUND)
        return problem_add(ctx->problem, (struct fault){ .where = "body",
                                                         .field = model.ptr != NULL ? "model" : "provider",
                                                         .type = "value_error",
                                                         .message = "may not be asked in this workspace" });
    return e;
}

static enum err chats_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct chat_settings settings = settings_of(call->body);
    const struct chat_target maker = target_of(call);
    char workspace[UUID_TEXT_BYTES], id[UUID_TEXT_BYTES];
    struct chat chat;

    if (names_model(&settings))
        TRY(model_check(ctx, call, &settings, NULL));
    TRY(chat_create(ctx, &maker, &settings, call->claim, &chat));
    uuid_format(&chat.workspace, workspace);
    uuid_format(&chat.uuid, id);
    location_set(ctx, call, reply, arena_printf(ctx->arena, "/workspaces/%s/chat/%s", workspace, id));
    spec_encode(&reply->json, &chat_spec, &chat);
    return ERR_OK;
}

static enum err chats_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct chat chat;

    TRY(chat_page_get(ctx, &call->workspace, call->principal->user_id, &call->ids[0], &chat));
    reply->version = chat.version;
    spec_encode(&reply->json, &detail_spec, &chat);
    return ERR_OK;
}

static enum err chats_put(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct chat_settings settings = settings_of(call->body);
    struct chat_target target = target_of(call);
    struct chat chat;

    TRY(wanted_version(ctx, call, &target.if_version));
    if (names_model(&settings)) {
        TRY(chat_get(ctx, &call->workspace, call->principal->user_id, &call->ids[0], &chat));
        TRY(model_check(ctx, call, &settings, &chat));
    }
    TRY(chat_update(ctx, &target, &settings, &chat));
    reply->version = chat.version;
    spec_encode(&reply->json, &chat_spec, &chat);
    return ERR_OK;
}

static enum err chats_delete(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct chat_target target = target_of(call);

    (void)reply;
    TRY(wanted_version(ctx, call, &target.if_version));
    return chat_delete(ctx, &target);
}

static enum err chats_move(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct move_body *body = call->body;
    const struct chat_move_opts opts = {
        .from = &call->workspace, .principal = call->principal, .chat = call->ids[0], .to = body->workspace
    };
    struct chat chat;

    TRY(chat_move(ctx, &opts, &chat));
    spec_encode(&reply->json, &chat_spec, &chat);
    return ERR_OK;
}

static enum err direct_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct direct_body *body = call->body;
    const struct chat_direct_opts opts = {
        .m = &call->workspace, .principal = call->principal, .people = body->people.items, .count = body->people.count
    };
    struct chat chat;

    TRY(chat_direct_open(ctx, &opts, &chat));
    spec_encode(&reply->json, &chat_spec, &chat);
    return ERR_OK;
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/workspaces/{workspace}/chats/history", chats_history,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_READ,
      .flags = ROUTE_PAGED | ROUTE_PROVES_ACCESS, .query = &history_spec, .reply = &chat_spec, .reply_shape = REPLY_LIST,
      .status = 200, .id = "listChats",
      .summary = "List the chats that one is in, newest activity first", .tag = "Chats" },
    { GET, "/workspaces/{workspace}/chats/open", chats_open,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_READ,
      .flags = ROUTE_PAGED, .query = &list_spec, .reply = &chat_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listOpenChats",
      .summary = "List the open chats that one may join, newest activity first", .tag = "Chats" },
    { POST, "/workspaces/{workspace}/chat", chats_post,
      .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER, .scope = SCOPE_WRITE, .rate = RATE_WRITE,
      .flags = ROUTE_IDEMPOTENT, .body = &create_spec, .reply = &chat_spec, .status = 201,
      .id = "createChat",
      .summary = "Make a chat and be its first member", .tag = "Chats" },
    { POST, "/workspaces/{workspace}/direct", direct_post,
      .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER, .scope = SCOPE_WRITE, .rate = RATE_WRITE,
      .body = &direct_spec, .reply = &chat_spec, .status = 200,
      .id = "openDirectChat",
      .fails = { ERR_MEMBER_NOT_FOUND },
      .summary = "Open the direct chat of exactly some people and oneself, made when it is first asked for",
      .tag = "Chats" },
    { GET, "/workspaces/{workspace}/chat/{chat}", chats_get,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_READ,
      .flags = ROUTE_PROVES_ACCESS | ROUTE_TAGGED, .reply = &detail_spec, .status = 200,
      .id = "getChat",
      .fails = { ERR_CHAT_NOT_FOUND },
      .summary = "Read a chat with its newest 50 messages", .tag = "Chats" },
    { PUT, "/workspaces/{workspace}/chat/{chat}", chats_put,
      .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER, .scope = SCOPE_WRITE, .rate = RATE_WRITE, .flags = ROUTE_TAGGED,
      .body = &change_spec, .reply = &chat_spec, .status = 200,
      .id = "updateChat",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_FORBIDDEN, ERR_NOT_JOINED, ERR_DIRECT_CHAT },
      .doc = "What is not sent stays as it is.",
      .summary = "Change a chat's settings (its creator, or an OWNER)", .tag = "Chats" },
    { DELETE, "/workspaces/{workspace}/chat/{chat}", chats_delete,
      .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER, .scope = SCOPE_WRITE, .rate = RATE_WRITE,
      .flags = ROUTE_TAGGED, .status = 204,
      .id = "deleteChat",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_FORBIDDEN, ERR_NOT_JOINED, ERR_DIRECT_CHAT },
      .summary = "Delete a chat with its messages and files (its creator, or an OWNER)", .tag = "Chats" },
    { POST, "/workspaces/{workspace}/chat/{chat}/move", chats_move,
      .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER, .scope = SCOPE_WRITE, .rate = RATE_WRITE,
      .body = &move_spec, .reply = &chat_spec, .status = 200,
      .id = "moveChat",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_FORBIDDEN, ERR_NOT_JOINED, ERR_LIMIT, ERR_MEMBER_NOT_FOUND, ERR_DIRECT_CHAT },
      .doc = "Its messages and files go along. Who may read it afterwards follows from the workspace where it goes.",
      .summary = "Move a chat to another workspace (its creator, or an OWNER)", .tag = "Chats" },
};
/* clang-format on */
const struct route_table chats_routes = { routes, COUNT_OF(routes) };
