#include "parley/shapes/event_encode.h"

#include "parley/core/json_out.h"
#include "parley/core/limits.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/chat_batch.h"
#include "parley/domain/talk/message.h"
#include "parley/domain/talk/message_batch.h"
#include "parley/shapes/chat.h"
#include "parley/shapes/message.h"

/* clang-format off */
struct told_message {
    struct message message;
    struct str truncated; /* "true", or absent */
};
static const struct field message_fields[] = {
    { SPEC_INLINE(&message_spec) },
    { "truncated", FIELD_RAW, FIELD_OMIT, .offset = offsetof(struct told_message, truncated) },
};
static const struct spec told_message_spec = { SPEC_INIT("MessageEvent", struct told_message, message_fields) };

/* A chat without what its reader has to do with it. */
#define CHAT_FIELD(member) .offset = offsetof(struct chat, member)
static const struct field chat_fields[] = {
    { "id", FIELD_UUID, CHAT_FIELD(uuid) },
    { "workspace_id", FIELD_UUID, CHAT_FIELD(workspace) },
    { "title", FIELD_STR, CHAT_FIELD(title) },
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
    { "created_at", FIELD_TIME, CHAT_FIELD(created_us) },
    { "updated_at", FIELD_TIME, CHAT_FIELD(updated_us) },
};
static const struct spec told_chat_spec = { SPEC_INIT("ChatEvent", struct chat, chat_fields) };
/* clang-format on */

static const struct uuid none;

/* What the rows of a batch tell of. */
struct encoding {
    struct list messages, chats;
};

/* ---- what is read ---- */

static bool shows_message(const struct event_row *row)
{
    return row->kind == EVENT_MESSAGE_CREATED || row->kind == EVENT_MESSAGE_UPDATED;
}

static bool shows_chat(const struct event_row *row)
{
    return row->kind == EVENT_CHAT_CREATED || row->kind == EVENT_CHAT_UPDATED;
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
        TRY(message_batch_load(ctx, messages, message_count, &ret_encoding->messages));
    return chat_count == 0 ? ERR_OK : chat_batch_load(ctx, chats, chat_count, &ret_encoding->chats);
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

static void message_write(struct json_out *out, const struct encoding *encoding, const struct event_row *row)
{
    const struct message *message = message_of(encoding, row);
    struct told_message told;

    if (message == NULL)
        return;
    told = (struct told_message){ .message = *message };
    if (told.message.content.ptr == NULL)
        told.truncated = STR("true");
    spec_encode(out, &told_message_spec, &told);
    if (out->buf->len <= EVENT_DATA_MAX_BYTES)
        return;
    buf_clear(out->buf);
    json_out_init(out, out->buf);
    told.message.content = (struct str){ NULL, 0 };
    told.truncated = STR("true");
    spec_encode(out, &told_message_spec, &told);
}

static void message_deleted_write(struct json_out *out, const struct encoding *encoding, const struct event_row *row)
{
    (void)encoding;
    if (uuid_eq(&row->chat, &none))
        return;
    json_out_object(out);
    json_out_kv_uuid(out, "id", &row->subject);
    json_out_kv_uuid(out, "chat_id", &row->chat);
    json_out_kv_int(out, "seq", event_row_number(row));
    json_out_object_end(out);
}

static void chat_write(struct json_out *out, const struct encoding *encoding, const struct event_row *row)
{
    const struct chat *chat = chat_of(encoding, row);

    if (chat != NULL)
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
    [EVENT_CHAT_CREATED] = chat_write,
    [EVENT_CHAT_UPDATED] = chat_write,
    [EVENT_CHAT_ARCHIVED] = chat_gone_write,
    [EVENT_CHAT_DELETED] = chat_gone_write,
    [EVENT_MEMBER_JOINED] = member_write,
    [EVENT_MEMBER_LEFT] = member_write,
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
    struct encoding encoding = { { NULL, 0 }, { NULL, 0 } };
    struct buf text;
    enum err e = load(ctx, rows, count, &encoding);

    buf_init(&text, REPLY_MAX_BYTES);
    for (size_t i = 0; i < count && e == ERR_OK; i++)
        e = row_encode(ctx, &encoding, &text, &rows[i]);
    buf_release(&text);
    return e == ERR_OK ? ERR_OK : fail(ctx, e);
}
