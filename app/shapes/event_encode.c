#include "parley/shapes/event_encode.h"

#include "parley/core/json_out.h"
#include "parley/core/limits.h"
#include "parley/domain/people/user_status.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/chat_batch.h"
#include "parley/domain/talk/chat_state.h"
#include "parley/domain/talk/message.h"
#include "parley/domain/talk/message_batch.h"
#include "parley/shapes/chat.h"
#include "parley/shapes/message.h"
#include "parley/shapes/user_status.h"

/* clang-format off */
struct told_message {
    struct message message;
    struct str truncated; /* "true", or absent */
};
static const struct field reaction_fields[] = {
    { "emoji", FIELD_STR, .offset = offsetof(struct reaction, emoji) },
    { "count", FIELD_INT, .offset = offsetof(struct reaction, count) },
};
static const struct spec told_reaction_spec = { SPEC_INIT("ReactionEvent", struct reaction, reaction_fields) };
static const struct field message_fields[] = {
    { SPEC_INLINE(&message_shared_spec) },
    { "reactions", FIELD_LIST, .offset = offsetof(struct told_message, message.reactions), .spec = &told_reaction_spec },
    { "truncated", FIELD_RAW, FIELD_OMIT, .offset = offsetof(struct told_message, truncated) },
};
static const struct spec told_message_spec = { SPEC_INIT("MessageEvent", struct told_message, message_fields) };

/* A chat without what its reader has to do with it. */
#define CHAT_FIELD(member) .offset = offsetof(struct chat, member)
static const struct field chat_fields[] = {
    { "id", FIELD_UUID, CHAT_FIELD(uuid) },
    { "workspace_id", FIELD_UUID, CHAT_FIELD(workspace) },
    { "kind", FIELD_ENUM, CHAT_FIELD(kind), .names = chat_kind_names },
    { "direct", FIELD_LIST, CHAT_FIELD(direct), .element = FIELD_UUID },
    { "title", FIELD_STR, FIELD_NULLABLE, CHAT_FIELD(title) },
    { "created_by", FIELD_UUID, FIELD_NULLABLE, CHAT_FIELD(created_by) },
    { "join", FIELD_ENUM, CHAT_FIELD(join), .names = chat_join_names },
    { "assistant", FIELD_ENUM, CHAT_FIELD(assistant), .names = chat_assistant_names },
    { "provider", FIELD_STR, FIELD_NULLABLE, CHAT_FIELD(provider) },
    { "model", FIELD_STR, FIELD_NULLABLE, CHAT_FIELD(model) },
    { "system_prompt", FIELD_STR, FIELD_NULLABLE, CHAT_FIELD(system_prompt) },
    { "temperature", FIELD_REAL, FIELD_NULLABLE, CHAT_FIELD(temperature) },
    { "max_tokens", FIELD_INT, FIELD_NULLABLE, CHAT_FIELD(max_tokens) },
    { "message_count", FIELD_INT, CHAT_FIELD(message_count) },
    { "last_seq", FIELD_INT, CHAT_FIELD(last_seq) },
    { "forked_from", FIELD_REF, FIELD_NULLABLE, CHAT_FIELD(forked_from), .spec = &chat_origin_spec },
    { "archived_at", FIELD_TIME, FIELD_NULLABLE, CHAT_FIELD(archived_us) },
    { "created_at", FIELD_TIME, CHAT_FIELD(created_us) },
    { "updated_at", FIELD_TIME, CHAT_FIELD(updated_us) },
};
static const struct spec told_chat_spec = { SPEC_INIT("ChatEvent", struct chat, chat_fields) };

struct told_state {
    struct chat_own state;
    struct str truncated;  /* "true", or absent */
    struct uuid scheduled; /* a message that could not be sent; zero: none */
};
#define STATE_FIELD(member) .offset = offsetof(struct told_state, member)
static const struct field state_fields[] = {
    { "chat_id", FIELD_UUID, STATE_FIELD(state.chat) },
    { "last_read_seq", FIELD_INT, STATE_FIELD(state.read_seq) },
    { "notify", FIELD_ENUM, STATE_FIELD(state.notify), .names = chat_notify_names },
    { "starred", FIELD_BOOL, STATE_FIELD(state.starred) },
    { "draft", FIELD_STR, FIELD_NULLABLE, STATE_FIELD(state.draft) },
    { "truncated", FIELD_RAW, FIELD_OMIT, STATE_FIELD(truncated) },
    { "scheduled_failed", FIELD_UUID, FIELD_OMIT, STATE_FIELD(scheduled) },
};
static const struct spec told_state_spec = { SPEC_INIT("ChatStateEvent", struct told_state, state_fields) };

struct told_status {
    struct uuid user;
    const struct user_status *status; /* NULL: nothing */
};
static const struct field status_fields[] = {
    { "user_id", FIELD_UUID, .offset = offsetof(struct told_status, user) },
    { "status", FIELD_REF, FIELD_NULLABLE, .offset = offsetof(struct told_status, status), .spec = &user_status_spec },
};
static const struct spec told_status_spec = { SPEC_INIT("StatusEvent", struct told_status, status_fields) };
/* clang-format on */

static const struct uuid none;

/* What the rows of a batch tell of. */
struct encoding {
    const struct event_row *rows;
    struct list messages, chats;
    const struct chat_own *states[EVENT_BATCH_MAX];      /* of each row; NULL: it is about none, or none any more */
    const struct user_status *statuses[EVENT_BATCH_MAX]; /* likewise; NULL: nothing is said */
};

/* ---- what is read ---- */

static bool shows_message(const struct event_row *row)
{
    return row->kind == EVENT_MESSAGE_CREATED || row->kind == EVENT_MESSAGE_UPDATED ||
           row->kind == EVENT_REACTION_CHANGED;
}

static bool shows_chat(const struct event_row *row)
{
    return row->kind == EVENT_CHAT_CREATED || row->kind == EVENT_CHAT_UPDATED;
}

/* By one row each: no index finds pairs of users and chats together. */
static enum err states_load(struct ctx *ctx, const struct event_row *rows, size_t count, struct encoding *encoding)
{
    for (size_t i = 0; i < count; i++) {
        const struct chat_state_key key = { rows[i].workspace_id, rows[i].user_id, rows[i].chat_id };
        struct chat_own *state;
        enum err e;

        if (rows[i].kind != EVENT_STATE)
            continue;
        state = arena_alloc(ctx->arena, sizeof(*state));
        if (state == NULL)
            return fail(ctx, ERR_NO_MEMORY);
        e = chat_state_row_get(ctx, &key, state);
        if (e == ERR_NOT_FOUND)
            continue;
        TRY(e);
        state->chat = rows[i].chat;
        encoding->states[i] = state;
    }
    return ERR_OK;
}

static enum err statuses_load(struct ctx *ctx, const struct event_row *rows, size_t count, struct encoding *encoding)
{
    int64_t users[EVENT_BATCH_MAX];
    bool is_any = false;

    for (size_t i = 0; i < count; i++) {
        users[i] = rows[i].kind == EVENT_STATUS ? rows[i].user_id : 0;
        is_any = is_any || users[i] != 0;
    }
    return is_any ? user_status_batch_load(ctx, users, count, encoding->statuses) : ERR_OK;
}

static enum err load(struct ctx *ctx, const struct event_row *rows, size_t count, struct encoding *ret_encoding)
{
    struct uuid messages[EVENT_BATCH_MAX];
    int64_t chats[EVENT_BATCH_MAX];
    size_t message_count = 0, chat_count = 0;

    for (size_t i = 0; i < count; i++) {
        if (shows_message(&rows[i]))
            messages[message_count++] = rows[i].subject;
        if (shows_chat(&rows[i]))
            chats[chat_count++] = rows[i].chat_id;
    }
    if (message_count > 0)
        TRY(message_batch_load(ctx, 0, messages, message_count, &ret_encoding->messages));
    if (chat_count > 0)
        TRY(chat_batch_load(ctx, chats, chat_count, &ret_encoding->chats));
    TRY(states_load(ctx, rows, count, ret_encoding));
    return statuses_load(ctx, rows, count, ret_encoding);
}

static const struct message *message_of(const struct encoding *encoding, const struct event_row *row)
{
    const struct message *messages = encoding->messages.items;

    for (size_t i = 0; i < encoding->messages.count; i++)
        if (uuid_eq(&messages[i].uuid, &row->subject))
            return &messages[i];
    return NULL;
}

static const struct chat *chat_of(const struct encoding *encoding, const struct event_row *row)
{
    const struct chat *chats = encoding->chats.items;

    for (size_t i = 0; i < encoding->chats.count; i++)
        if (chats[i].id == row->chat_id)
            return &chats[i];
    return NULL;
}

/* ---- what is written: nothing where what the event is about has gone ---- */

/* Those who were in the workspace then may not read what the chat has become in another one. */
static bool is_elsewhere(const struct event_row *row)
{
    return row->join == EVENT_JOIN_GONE;
}

/* Once more without a text of it, where it is too long with it: the client reads it. */
static void shorten(struct json_out *out, const struct spec *spec, const void *told, struct str *text,
                    struct str *truncated)
{
    if (out->buf->len <= EVENT_DATA_MAX_BYTES)
        return;
    buf_clear(out->buf);
    json_out_init(out, out->buf);
    *text = (struct str){ NULL, 0 };
    *truncated = STR("true");
    spec_encode(out, spec, told);
}

static void message_write(struct json_out *out, const struct encoding *encoding, const struct event_row *row)
{
    const struct message *message = message_of(encoding, row);
    struct told_message told;

    if (message == NULL || is_elsewhere(row))
        return;
    told = (struct told_message){ .message = *message };
    if (told.message.content.ptr == NULL)
        told.truncated = STR("true");
    spec_encode(out, &told_message_spec, &told);
    shorten(out, &told_message_spec, &told, &told.message.answer.reasoning, &told.truncated);
    shorten(out, &told_message_spec, &told, &told.message.content, &told.truncated);
}

static void message_deleted_write(struct json_out *out, const struct encoding *encoding, const struct event_row *row)
{
    (void)encoding;
    if (is_elsewhere(row))
        return;
    json_out_object(out);
    json_out_kv_uuid(out, "id", &row->subject);
    json_out_kv_uuid(out, "chat_id", &row->chat);
    json_out_kv_int(out, "seq", event_row_number(row));
    json_out_object_end(out);
}

/* Of a message that is marked, or no longer: the object is left open. */
static void mark_begin(struct json_out *out, const char *name, const struct event_row *row)
{
    json_out_object(out);
    json_out_kv_uuid(out, "message_id", &row->subject);
    json_out_kv_uuid(out, "chat_id", &row->chat);
    json_out_kv_bool(out, name, event_row_number(row) != 0);
}

static void pinned_write(struct json_out *out, const struct encoding *encoding, const struct event_row *row)
{
    (void)encoding;
    if (uuid_eq(&row->chat, &none))
        return;
    mark_begin(out, "pinned", row);
    json_out_kv_uuid(out, "user_id", &row->actor);
    json_out_object_end(out);
}

static int64_t reaction_count(const struct message *message, struct str emoji)
{
    const struct reaction *reactions = message->reactions.items;

    for (size_t i = 0; i < message->reactions.count; i++)
        if (str_eq(reactions[i].emoji, emoji))
            return reactions[i].count;
    return 0;
}

/* The detail: domain/talk/reaction.h. */
static void reaction_write(struct json_out *out, const struct encoding *encoding, const struct event_row *row)
{
    const struct message *message = message_of(encoding, row);
    struct str emoji = row->detail.len > 1 ? str_tail(row->detail, 1) : STR("");

    if (message == NULL || emoji.len == 0 || uuid_eq(&row->actor, &none))
        return;
    json_out_object(out);
    json_out_kv_uuid(out, "message_id", &row->subject);
    json_out_kv_uuid(out, "chat_id", &message->chat);
    json_out_kv_str(out, "emoji", emoji);
    json_out_kv_int(out, "count", reaction_count(message, emoji));
    json_out_kv_uuid(out, "user_id", &row->actor);
    json_out_key(out, "on");
    json_out_bool(out, row->detail.ptr[0] == '+');
    json_out_object_end(out);
}

static void read_write(struct json_out *out, const struct encoding *encoding, const struct event_row *row)
{
    (void)encoding;
    if (uuid_eq(&row->chat, &none) || uuid_eq(&row->actor, &none))
        return;
    json_out_object(out);
    json_out_kv_uuid(out, "chat_id", &row->chat);
    json_out_kv_uuid(out, "user_id", &row->actor);
    json_out_kv_int(out, "seq", event_row_number(row));
    json_out_object_end(out);
}

static void state_write(struct json_out *out, const struct encoding *encoding, const struct event_row *row)
{
    const struct chat_own *state = encoding->states[row - encoding->rows];
    struct told_state told = { .scheduled = row->subject };

    if (state != NULL)
        told.state = *state;
    /* The chat of a message that could not be sent may be gone, and with it what its author had of it. */
    if (!uuid_eq(&row->subject, &none) && uuid_parse(row->detail, &told.state.chat) != ERR_OK)
        return;
    if (uuid_eq(&told.state.chat, &none))
        return;
    spec_encode(out, &told_state_spec, &told);
    shorten(out, &told_state_spec, &told, &told.state.draft, &told.truncated);
}

static void saved_write(struct json_out *out, const struct encoding *encoding, const struct event_row *row)
{
    (void)encoding;
    if (uuid_eq(&row->chat, &none))
        return;
    mark_begin(out, "saved", row);
    json_out_object_end(out);
}

static void status_write(struct json_out *out, const struct encoding *encoding, const struct event_row *row)
{
    const struct told_status told = { row->user, encoding->statuses[row - encoding->rows] };

    if (!uuid_eq(&row->user, &none))
        spec_encode(out, &told_status_spec, &told);
}

static void chat_write(struct json_out *out, const struct encoding *encoding, const struct event_row *row)
{
    const struct chat *chat = chat_of(encoding, row);

    if (chat != NULL && !is_elsewhere(row))
        spec_encode(out, &told_chat_spec, chat);
}

static void chat_gone_write(struct json_out *out, const struct encoding *encoding, const struct event_row *row)
{
    (void)encoding;
    if (uuid_eq(&row->workspace, &none))
        return;
    json_out_object(out);
    json_out_kv_uuid(out, "id", &row->subject);
    json_out_kv_uuid(out, "workspace_id", &row->workspace);
    json_out_object_end(out);
}

static void member_write(struct json_out *out, const struct encoding *encoding, const struct event_row *row)
{
    (void)encoding;
    if (uuid_eq(&row->workspace, &none) || uuid_eq(&row->user, &none) ||
        (row->chat_id != 0 && uuid_eq(&row->chat, &none)))
        return;
    json_out_object(out);
    json_out_kv_uuid(out, "workspace_id", &row->workspace);
    json_out_key(out, "chat_id");
    if (row->chat_id == 0)
        json_out_null(out);
    else
        json_out_uuid(out, &row->chat);
    json_out_kv_uuid(out, "user_id", &row->user);
    json_out_key(out, "role");
    if (row->role == MEMBER_ROLE_NONE)
        json_out_null(out);
    else
        json_out_str(out, member_role_name((enum member_role)row->role));
    json_out_object_end(out);
}

static void (*const writers[EVENT_KINDS + 1])(struct json_out *out, const struct encoding *encoding,
                                              const struct event_row *row) = {
    [EVENT_MESSAGE_CREATED] = message_write,
    [EVENT_MESSAGE_UPDATED] = message_write,
    [EVENT_MESSAGE_DELETED] = message_deleted_write,
    [EVENT_MESSAGE_PINNED] = pinned_write,
    [EVENT_REACTION_CHANGED] = reaction_write,
    [EVENT_STATUS] = status_write,
    [EVENT_READ] = read_write,
    [EVENT_STATE] = state_write,
    [EVENT_CHAT_CREATED] = chat_write,
    [EVENT_CHAT_UPDATED] = chat_write,
    [EVENT_CHAT_ARCHIVED] = chat_gone_write,
    [EVENT_CHAT_DELETED] = chat_gone_write,
    [EVENT_MEMBER_JOINED] = member_write,
    [EVENT_MEMBER_LEFT] = member_write,
    [EVENT_MESSAGE_SAVED] = saved_write,
};

/* text: a buffer to work with. */
static enum err row_encode(struct ctx *ctx, const struct encoding *encoding, struct buf *text, struct event_row *row)
{
    struct json_out out;

    if (writers[row->kind] == NULL)
        return ERR_OK;
    buf_clear(text);
    json_out_init(&out, text);
    writers[row->kind](&out, encoding, row);
    TRY(buf_check(text));
    if (text->len > 0)
        row->data = arena_str(ctx->arena, buf_str(text));
    return arena_check(ctx->arena);
}

enum err event_encode(struct ctx *ctx, struct event_row *rows, size_t count)
{
    struct encoding encoding = { .rows = rows };
    struct buf text;
    enum err e = load(ctx, rows, count, &encoding);

    buf_init(&text, REPLY_MAX_BYTES);
    for (size_t i = 0; i < count && e == ERR_OK; i++)
        e = row_encode(ctx, &encoding, &text, &rows[i]);
    buf_release(&text);
    return e == ERR_OK ? ERR_OK : fail(ctx, e);
}
