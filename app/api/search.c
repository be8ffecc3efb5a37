#include "parley/domain/talk/search.h"

#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/gate/page.h"
#include "parley/shapes/message.h"

/* ---- what is asked ---- */

enum has { HAS_FILE };
static const char *const has_names[] = { [HAS_FILE] = "file", NULL };

struct search_query {
    struct body body;
    struct str q;
    struct uuid chat, sender;
    int64_t after_us, before_us;
    int has;
};
enum { QUERY_Q, QUERY_CHAT, QUERY_SENDER, QUERY_AFTER, QUERY_BEFORE, QUERY_HAS };
/* clang-format off */
#define QUERY_FIELD(member) .offset = offsetof(struct search_query, member)
static const struct field query_fields[] = {
    [QUERY_Q] = { "q", FIELD_STR, FIELD_REQUIRED, 1, SEARCH_QUERY_MAX_CHARS, QUERY_FIELD(q),
                  .example = "\"\\\"release plan\\\" caf\"",
                  .doc = "Words that must all be there, and \"phrases\" in quotation marks; the last word may be the "
                         "beginning of a longer one" },
    [QUERY_CHAT] = { "chat", FIELD_UUID, QUERY_FIELD(chat), .doc = "Only in this chat" },
    [QUERY_SENDER] = { "sender", FIELD_UUID, QUERY_FIELD(sender), .doc = "Only what this user wrote" },
    [QUERY_AFTER] = { "after", FIELD_TIME, QUERY_FIELD(after_us), .doc = "Only what was sent then or later" },
    [QUERY_BEFORE] = { "before", FIELD_TIME, QUERY_FIELD(before_us), .doc = "Only what was sent before" },
    [QUERY_HAS] = { "has", FIELD_ENUM, QUERY_FIELD(has), .names = has_names, .type_name = "SearchHas",
                    .doc = "file: only messages with a file" },
};
static const struct spec query_spec = { SPEC_INIT("SearchQuery", struct search_query, query_fields) };

/* ---- what is answered ---- */

#define CHAT_FIELD(member) .offset = offsetof(struct search_hit, member)
static const struct field chat_fields[] = {
    { "id", FIELD_UUID, CHAT_FIELD(message.chat), .doc = "Its identifier" },
    { "title", FIELD_STR, CHAT_FIELD(chat_title), .example = "\"Release 2.0\"", .doc = "What the chat is about" },
    { "workspace_id", FIELD_UUID, CHAT_FIELD(workspace), .doc = "The workspace that it is in" },
};
static const struct spec chat_spec = { SPEC_INIT("SearchChat", struct search_hit, chat_fields),
    .doc = "The chat of a message that was found" };

#define HIT_FIELD(member) .offset = offsetof(struct search_hit, member)
static const struct field hit_fields[] = {
    { "message", FIELD_OBJECT, HIT_FIELD(message), .spec = &message_spec, .doc = "The message, as it is now" },
    { "chat", FIELD_OBJECT, .offset = 0, .spec = &chat_spec, .doc = "Where it stands" },
    { "highlights", FIELD_RAW, HIT_FIELD(highlights), .example = "[[0,4],[10,17]]",
      .schema = "\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":0},"
                "\"minItems\":2,\"maxItems\":2}",
      .doc = "What matches: from and to, half-open, in Unicode code points of the text; the first 100" },
};
static const struct spec hit_spec = { SPEC_INIT("SearchHit", struct search_hit, hit_fields),
    .doc = "A message that was found" };

#define PAGE_FIELD(member) .offset = offsetof(struct search_page, member)
static const struct field page_fields[] = {
    { "hits", FIELD_LIST, PAGE_FIELD(hits), .spec = &hit_spec, .doc = "Newest first" },
    { "partial", FIELD_BOOL, PAGE_FIELD(partial),
      .doc = "Not everything was looked at; where there is a Link header, it goes on from here" },
};
static const struct spec search_page_spec = { SPEC_INIT("SearchPage", struct search_page, page_fields),
    .doc = "Messages that were found" };
/* clang-format on */

/* ---- GET …/search ---- */

static enum err query_parse(struct ctx *ctx, struct str typed, struct word_query *ret_query)
{
    enum err e = word_query_parse(ctx->arena, typed, ret_query);

    if (e == ERR_INVALID || e == ERR_LIMIT)
        return problem_add(ctx->problem,
                           (struct fault){ .where = "query",
                                           .field = "q",
                                           .type = "value_error",
                                           .message = e == ERR_INVALID ? "must have a letter or a digit"
                                                                       : "must not have more than 32 words" });
    return e == ERR_NO_MEMORY ? fail(ctx, e) : e;
}

static enum err search_reply(struct ctx *ctx, const struct call *call, const struct membership *workspace,
                             struct reply *reply)
{
    const struct search_query *query = call->query;
    struct word_query words;
    struct search_page found;
    struct page page;
    struct search_opts opts = {
        .principal = call->principal,
        .workspace = workspace,
        .query = &words,
        .chat = query->chat,
        .sender = query->sender,
        .from_us = query->after_us,
        .to_us = query->before_us,
        .has_file = body_sent(query, QUERY_HAS) && query->has == HAS_FILE,
        .below_id = INT64_MAX,
    };

    TRY(page_read(ctx, call, 1, &page));
    TRY(query_parse(ctx, query->q, &words));
    opts.limit = page.limit;
    if (page.after.key_count > 0)
        opts.below_id = page.after.keys[0];
    TRY(search(ctx, &opts, &found));
    if (found.next_id != 0)
        TRY(page_next(ctx, call, &(struct page_position){ .key_count = 1, .keys = { found.next_id } }, reply));
    spec_encode(&reply->json, &search_page_spec, &found);
    return ERR_OK;
}

static enum err search_workspace(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    return search_reply(ctx, call, &call->workspace, reply);
}

static enum err search_everywhere(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    return search_reply(ctx, call, NULL, reply);
}

/* clang-format off */
#define HOW \
    "Case and accents do not matter: `cafe` finds `Café`. Words in quotation marks must stand one behind the other. The " \
    "last word finds longer ones, too, where it has two characters or more. Only messages that the caller may read at this " \
    "moment are found, with the text that they have now; a new one is found within a second. A search that would take too " \
    "long is answered in part (`partial`), and its Link goes on; so is a beginning that more than 50,000 entries of the " \
    "index have, which is looked for as a whole word."

static const struct route routes[] = {
    { GET, "/workspaces/{workspace}/search", search_workspace,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_READ,
      .flags = ROUTE_PAGED, .query = &query_spec, .reply = &search_page_spec, .status = 200,
      .id = "searchWorkspace", .doc = HOW,
      .summary = "Find messages of a workspace by their words", .tag = "Messages" },
    { GET, "/search", search_everywhere,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_READ, .rate = RATE_READ,
      .flags = ROUTE_PAGED, .query = &query_spec, .reply = &search_page_spec, .status = 200,
      .id = "search", .doc = HOW,
      .summary = "Find messages by their words in all workspaces of one's own", .tag = "Messages" },
};
/* clang-format on */
const struct route_table search_routes = { routes, COUNT_OF(routes) };
