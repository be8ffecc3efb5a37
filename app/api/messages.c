#include "message_body.h"
#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/domain/assist/post.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/message_change.h"
#include "parley/domain/talk/message_edit.h"
#include "parley/domain/talk/scheduled.h"
#include "parley/gate/location.h"
#include "parley/gate/precondition.h"
#include "parley/shapes/message.h"
#include "parley/shapes/scheduled.h"

/* ---- what goes in and out ---- */

struct page_view {
    struct list messages;
    int64_t total, page, page_size;
    bool has_next, has_prev;
};
#define PAGE_FIELD(member) .offset = offsetof(struct page_view, member)
static const struct field page_fields[] = {
    { "messages", FIELD_LIST, PAGE_FIELD(messages), .spec = &message_spec, .doc = "Oldest first" },
    { "total", FIELD_INT, PAGE_FIELD(total), .doc = "Messages of the chat, deleted ones included" },
    { "page", FIELD_INT, FIELD_NULLABLE, PAGE_FIELD(page), .doc = "null where a seq was asked for" },
    { "page_size", FIELD_INT, PAGE_FIELD(page_size), .doc = "How many messages a page has" },
    { "has_next", FIELD_BOOL, PAGE_FIELD(has_next), .doc = "There are older ones" },
    { "has_prev", FIELD_BOOL, PAGE_FIELD(has_prev), .doc = "There are newer ones" },
};
static const struct spec page_spec = { SPEC_INIT("MessagePage", struct page_view, page_fields),
                                       .doc = "A page of a chat's messages" };

enum { PAGE_NUMBER_MAX = 1000000000 };
struct page_query {
    struct body body;
    int64_t page, page_size, before_seq, after_seq, around_seq, limit;
};
enum { SENT_PAGE, SENT_PAGE_SIZE, SENT_BEFORE, SENT_AFTER, SENT_AROUND, SENT_LIMIT };
#define QUERY_FIELD(member) .offset = offsetof(struct page_query, member)
static const struct field query_fields[] = {
    [SENT_PAGE] = { "page", FIELD_INT, 0, 1, PAGE_NUMBER_MAX, QUERY_FIELD(page), .doc = "From 1, the newest" },
    [SENT_PAGE_SIZE] = { "page_size", FIELD_INT, 0, 1, PAGE_MAX, QUERY_FIELD(page_size),
                         .doc = "50 unless said otherwise" },
    [SENT_BEFORE] = { "before_seq", FIELD_INT, 0, 0, INT64_MAX, QUERY_FIELD(before_seq), .doc = "The newest below it" },
    [SENT_AFTER] = { "after_seq", FIELD_INT, 0, 0, INT64_MAX, QUERY_FIELD(after_seq), .doc = "The oldest above it" },
    [SENT_AROUND] = { "around_seq", FIELD_INT, 0, 0, INT64_MAX, QUERY_FIELD(around_seq),
                      .doc = "It and its neighbours" },
    [SENT_LIMIT] = { "limit", FIELD_INT, 0, 1, PAGE_MAX, QUERY_FIELD(limit),
                     .doc = "With a seq; 50 unless said otherwise" },
};
static const struct spec query_spec = { SPEC_INIT("MessageQuery", struct page_query, query_fields) };

struct edit_body {
    struct body body;
    struct str content;
};
static const struct field edit_fields[] = {
    { "content", FIELD_STR, FIELD_REQUIRED, 0, CONTENT_MAX_CHARS, .offset = offsetof(struct edit_body, content),
      .example = "\"The migration is through. The figures are in the file.\"",
      .doc = "The new text; empty only where the message has a file" },
};
static const struct spec edit_spec = { SPEC_INIT("MessageEdit", struct edit_body, edit_fields), .doc = "Another text" };

/* A message that was just posted. */
static const struct field post_fields[] = {
    { SPEC_INLINE(&message_spec) },
    { "assistant", FIELD_REF, FIELD_OMIT, .offset = offsetof(struct post, answer), .spec = &message_spec,
      .doc = "The answer that comes to it, pending; not there where nobody was asked" },
};
static const struct spec post_spec = { SPEC_INIT("PostedMessage", struct post, post_fields),
                                       .doc = "A message, and the answer that an assistant is writing to it" };

static struct message_location location_of(const struct call *call)
{
    return (
        struct message_location){ .workspace = &call->workspace, .principal = call->principal, .chat = call->ids[0] };
}

/* ---- reading ---- */

static enum err message_show(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct message_location location = location_of(call);
    struct message message;

    TRY(message_find(ctx, &location, &call->ids[1], &message));
    reply->version = message.version;
    spec_encode(&reply->json, &message_spec, &message);
    return ERR_OK;
}

static enum err page_by_number(struct ctx *ctx, const struct call *call, struct page_view *view,
                               struct message_page *ret_page)
{
    const struct message_location location = location_of(call);
    const struct page_query *query = call->query;

    view->page = body_sent(query, SENT_PAGE) ? query->page : 1;
    view->page_size = body_sent(query, SENT_PAGE_SIZE) ? query->page_size : PAGE_DEFAULT;
    return message_page_find(ctx, &location, view->page, view->page_size, ret_page);
}

static enum err page_by_seq(struct ctx *ctx, const struct call *call, struct page_view *view,
                            struct message_page *ret_page)
{
    const struct message_location location = location_of(call);
    const struct page_query *query = call->query;
    struct message_range range = { MESSAGES_NEWEST, 0, body_sent(query, SENT_LIMIT) ? query->limit : PAGE_DEFAULT };

    if (body_sent(query, SENT_BEFORE)) {
        range.anchor = MESSAGES_BEFORE;
        range.seq = query->before_seq;
    } else if (body_sent(query, SENT_AFTER)) {
        range.anchor = MESSAGES_AFTER;
        range.seq = query->after_seq;
    } else if (body_sent(query, SENT_AROUND)) {
        range.anchor = MESSAGES_AROUND;
        range.seq = query->around_seq;
    }
    view->page = INT_NULL;
    view->page_size = range.limit;
    return message_range_find(ctx, &location, &range, ret_page);
}

/* One way of saying where, not two. */
static enum err query_check(struct ctx *ctx, const struct page_query *query)
{
    int seqs = (body_sent(query, SENT_BEFORE) != 0) + (body_sent(query, SENT_AFTER) != 0) +
               (body_sent(query, SENT_AROUND) != 0);
    bool paged = body_sent(query, SENT_PAGE) || body_sent(query, SENT_PAGE_SIZE);

    if (seqs > 1 || (paged && (seqs > 0 || body_sent(query, SENT_LIMIT))))
        return problem_add(
            ctx->problem,
            (struct fault){ .where = "query",
                            .field = paged ? "page" : "before_seq",
                            .type = "value_error",
                            .message = "say where in one way: page and page_size, or one seq and limit" });
    return ERR_OK;
}

static enum err messages_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct page_query *query = call->query;
    const uint64_t by_seq = 1U << SENT_BEFORE | 1U << SENT_AFTER | 1U << SENT_AROUND | 1U << SENT_LIMIT;
    struct message_page page;
    struct page_view view;

    TRY(query_check(ctx, query));
    if (query->body.sent & by_seq)
        TRY(page_by_seq(ctx, call, &view, &page));
    else
        TRY(page_by_number(ctx, call, &view, &page));
    view.messages = page.messages;
    view.total = page.total;
    view.has_next = page.has_older;
    view.has_prev = page.has_newer;
    spec_encode(&reply->json, &page_spec, &view);
    return ERR_OK;
}

/* ---- writing ---- */

static void created_reply(struct ctx *ctx, const struct call *call, const struct post *post, struct reply *reply)
{
    const struct message *message = &post->message;
    char workspace[UUID_TEXT_BYTES], chat[UUID_TEXT_BYTES], id[UUID_TEXT_BYTES];

    uuid_format(&call->workspace.workspace, workspace);
    uuid_format(&message->chat, chat);
    uuid_format(&message->uuid, id);
    location_set(ctx, call, reply, arena_printf(ctx->arena, "/workspaces/%s/chat/%s/message/%s", workspace, chat, id));
    reply->version = message->version;
    spec_encode(&reply->json, &post_spec, post);
}

static enum err message_schedule(struct ctx *ctx, const struct call *call, const struct message_draft *draft,
                                 struct reply *reply)
{
    const struct scheduled_draft later = { .location = draft->location,
                                           .content = draft->content,
                                           .reply_to = draft->reply_to,
                                           .send_us = message_body_send_us(call->body),
                                           .claim = draft->claim };
    struct scheduled scheduled;

    TRY(scheduled_add(ctx, &later, &scheduled));
    reply->status = 202;
    spec_encode(&reply->json, &scheduled_spec, &scheduled);
    return ERR_OK;
}

static enum err message_post_json(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct message_draft draft = { .location = location_of(call), .claim = call->claim };
    struct post post;

    TRY(message_body_json(ctx, call->body, &draft));
    if (message_body_send_us(call->body) != 0)
        return message_schedule(ctx, call, &draft, reply);
    TRY(post_message(ctx, &draft, &post));
    created_reply(ctx, call, &post, reply);
    return ERR_OK;
}

static enum err message_post_form(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct incoming_files *files = arena_calloc(ctx->arena, 1, sizeof(*files));
    struct message_draft draft = { .location = location_of(call), .files = files, .claim = call->claim };
    struct post post;
    struct chat_ref chat;
    enum err e;

    if (files == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    TRY(chat_require(ctx, &call->workspace, call->principal->user_id, &call->ids[0], CHAT_WRITE, &chat));
    e = message_body_form(ctx, call->request, &draft);
    if (e == ERR_OK)
        e = post_message(ctx, &draft, &post);
    if (e != ERR_OK) {
        /* Where nobody knows whether the message is there, its files stay; if it is not, the job deletes them. */
        if (e != ERR_COMMIT_UNKNOWN)
            incoming_files_drop(ctx, files);
        return e;
    }
    created_reply(ctx, call, &post, reply);
    return ERR_OK;
}

static enum err message_create(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    return call->body != NULL ? message_post_json(ctx, call, reply) : message_post_form(ctx, call, reply);
}

/* If-Match is judged on the row as it is now, and that version is then demanded of the writer. */
static enum err wanted_version(struct ctx *ctx, const struct call *call, int64_t *ret_version)
{
    const struct message_location location = location_of(call);
    struct message message;

    *ret_version = 0;
    if (http_header(call->request, "If-Match").ptr == NULL)
        return ERR_OK;
    TRY(message_find(ctx, &location, &call->ids[1], &message));
    TRY(precondition_check(ctx, call, message.version));
    *ret_version = message.version;
    return ERR_OK;
}

static enum err message_put(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct edit_body *body = call->body;
    struct message_edit edit = { .location = location_of(call), .message = call->ids[1], .content = body->content };
    struct message message;

    TRY(wanted_version(ctx, call, &edit.version));
    TRY(message_edit(ctx, &edit, &message));
    reply->version = message.version;
    spec_encode(&reply->json, &message_spec, &message);
    return ERR_OK;
}

static enum err message_remove(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct message_removal removal = { .location = location_of(call), .message = call->ids[1] };

    (void)reply;
    TRY(wanted_version(ctx, call, &removal.version));
    return message_delete(ctx, &removal);
}

/* ---- routes ---- */

static const struct route routes[] = {
    { GET, "/workspaces/{workspace}/chat/{chat}/messages", messages_list, .access = ACCESS_SIGNED_IN,
      .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_READ, .flags = ROUTE_PROVES_ACCESS, .query = &query_spec,
      .reply = &page_spec, .status = 200, .id = "listMessages", .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED },
      .doc = "Say where in one way: `page` and `page_size`, page 1 being the newest; or `before_seq`, `after_seq` "
             "or `around_seq` with `limit`, which costs the same however long the chat is. Inside a page "
             "the oldest stands first.",
      .summary = "A page of a chat's messages, by number or by seq", .tag = "Messages" },
    { POST,
      "/workspaces/{workspace}/chat/{chat}/message",
      message_create,
      .access = ACCESS_SIGNED_IN,
      .role = ROLE_MEMBER,
      .scope = SCOPE_WRITE,
      .rate = RATE_WRITE,
      .flags = ROUTE_IDEMPOTENT | ROUTE_MULTIPART | ROUTE_PROVES_ACCESS | ROUTE_TAGGED,
      .body = &message_draft_spec,
      .reply = &post_spec,
      .status = 201,
      .other_status = 202,
      .other_reply = &scheduled_spec,
      .id = "sendMessage",
      .form = message_form_schema,
      .form_name = "MessageForm",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED, ERR_MESSAGE_NOT_FOUND, ERR_ATTACHMENT_NOT_FOUND, ERR_FILE_NAME,
                 ERR_FILE_TYPE, ERR_FILE_CONTENT, ERR_UPLOAD_MISMATCH, ERR_CONFLICT, ERR_LIMIT, ERR_QUOTA,
                 ERR_CHAT_ARCHIVED, ERR_SCHEDULED_NOT_FOUND, ERR_BUDGET_EXHAUSTED },
      .doc =
          "As a form, with the files themselves; or as JSON, with files that were uploaded before. A message "
          "has a text, or a file, or both. `forward` passes another message of the workspace on, with its files; it is not "
          "edited afterwards. With `send_at` the message waits (202) until then; if its author may not write there by "
          "then, it is not sent, and they are told.",
      .summary = "Send a message, with or without files",
      .tag = "Messages" },
    { GET, "/workspaces/{workspace}/chat/{chat}/message/{message}", message_show, .access = ACCESS_SIGNED_IN,
      .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_READ, .flags = ROUTE_TAGGED, .reply = &message_spec,
      .status = 200, .id = "getMessage", .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED, ERR_MESSAGE_NOT_FOUND },
      .summary = "One message", .tag = "Messages" },
    { PUT, "/workspaces/{workspace}/chat/{chat}/message/{message}", message_put, .access = ACCESS_SIGNED_IN,
      .role = ROLE_GUEST, .scope = SCOPE_WRITE, .rate = RATE_WRITE, .flags = ROUTE_TAGGED, .body = &edit_spec,
      .reply = &message_spec, .status = 200, .id = "editMessage",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED, ERR_MESSAGE_NOT_FOUND, ERR_FORBIDDEN, ERR_CONFLICT,
                 ERR_CHAT_ARCHIVED, ERR_FORWARDED },
      .doc = "A message that is deleted is edited no more, nor is one that passes another on.",
      .summary = "Edit your own message", .tag = "Messages" },
    { DELETE, "/workspaces/{workspace}/chat/{chat}/message/{message}", message_remove, .access = ACCESS_SIGNED_IN,
      .role = ROLE_GUEST, .scope = SCOPE_WRITE, .rate = RATE_WRITE, .flags = ROUTE_TAGGED, .status = 204,
      .id = "deleteMessage",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED, ERR_MESSAGE_NOT_FOUND, ERR_FORBIDDEN, ERR_CONFLICT },
      .doc = "Its text and its files go; its place in the chat stays.",
      .summary = "Delete one's message, or as an owner anyone's", .tag = "Messages" },
};
const struct route_table messages_routes = { routes, COUNT_OF(routes) };
