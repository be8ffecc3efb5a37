#include "parley/shapes/chat_export_encode.h"

#include "chat_export_html.h"
#include "parley/domain/talk/message.h"
#include "parley/shapes/chat.h"
#include "parley/shapes/message.h"

const char *const chat_export_format_names[] = { "json", "jsonl", "html", NULL };

struct export_view {
    int64_t exported_us;
    const struct chat *chat;
    struct list messages;
};

/* clang-format off */
#define EXPORT_FIELD(member) .offset = offsetof(struct export_view, member)
static const struct field export_fields[] = {
    { "exported_at", FIELD_TIME, EXPORT_FIELD(exported_us), .doc = "When it began; what was posted later is not in it" },
    { "chat", FIELD_REF, EXPORT_FIELD(chat), .spec = &chat_spec, .doc = "The chat, as its reader sees it" },
    { "messages", FIELD_LIST, EXPORT_FIELD(messages), .spec = &message_spec,
      .doc = "All of them, oldest first; those that were deleted are there without their content" },
};
const struct spec chat_export_spec = { SPEC_INIT("ChatExport", struct export_view, export_fields),
    .doc = "A chat with all its messages" };
/* clang-format on */

/* ---- lines ---- */

static void line_begin(struct json_out *json, const char *type)
{
    json->comma = false;
    json_out_object(json);
    json_out_kv_c(json, "type", type);
}

static void line_end(struct json_out *json)
{
    json_out_object_end(json);
    buf_add_byte(json->buf, '\n');
}

static void lines_head(struct json_out *json, const struct chat *chat, int64_t exported_us)
{
    line_begin(json, "chat");
    json_out_kv_time(json, "exported_at", exported_us);
    json_out_key(json, "chat");
    spec_encode(json, &chat_spec, chat);
    line_end(json);
}

static void lines_messages(struct json_out *json, const struct list *messages)
{
    const struct message *items = messages->items;

    for (size_t i = 0; i < messages->count; i++) {
        line_begin(json, "message");
        json_out_key(json, "message");
        spec_encode(json, &message_spec, &items[i]);
        line_end(json);
    }
}

static void lines_tail(struct json_out *json, int64_t message_count)
{
    line_begin(json, "end");
    json_out_kv_int(json, "message_count", message_count);
    line_end(json);
}

/* ---- all formats ---- */

void chat_export_head_encode(struct chat_export_writer *writer, const struct chat *chat, int64_t exported_us)
{
    const struct export_view view = { .exported_us = exported_us, .chat = chat };

    switch (writer->format) {
    case CHAT_EXPORT_JSON: spec_encode_open(writer->json, &chat_export_spec, &view); break;
    case CHAT_EXPORT_JSONL: lines_head(writer->json, chat, exported_us); break;
    case CHAT_EXPORT_HTML: chat_export_html_head(writer->json->buf, chat, exported_us); break;
    }
}

void chat_export_messages_encode(struct chat_export_writer *writer, const struct list *messages)
{
    switch (writer->format) {
    case CHAT_EXPORT_JSON: spec_encode_items(writer->json, &message_spec, messages->items, messages->count); break;
    case CHAT_EXPORT_JSONL: lines_messages(writer->json, messages); break;
    case CHAT_EXPORT_HTML: chat_export_html_messages(writer->json->buf, messages); break;
    }
    writer->message_count += (int64_t)messages->count;
}

void chat_export_tail_encode(struct chat_export_writer *writer)
{
    switch (writer->format) {
    case CHAT_EXPORT_JSON:
        json_out_array_end(writer->json);
        json_out_object_end(writer->json);
        break;
    case CHAT_EXPORT_JSONL: lines_tail(writer->json, writer->message_count); break;
    case CHAT_EXPORT_HTML: chat_export_html_tail(writer->json->buf, writer->message_count); break;
    }
}
