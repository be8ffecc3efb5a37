/*
 * How an export of a chat looks. All pieces of one are written into the same buffer, which is emptied between them.
 *   JSON   one object: ChatExport
 *   JSONL  an object a line: {"type":"chat",…}, {"type":"message",…} for each message, {"type":"end","message_count":…}
 *   HTML   one page that loads nothing, and in which nothing of what people wrote is markup
 */
#ifndef PARLEY_SHAPES_CHAT_EXPORT_ENCODE_H
#define PARLEY_SHAPES_CHAT_EXPORT_ENCODE_H

#include "parley/core/list.h"
#include "parley/domain/talk/chat.h"
#include "parley/gate/spec.h"

enum chat_export_format { CHAT_EXPORT_JSON, CHAT_EXPORT_JSONL, CHAT_EXPORT_HTML };
/* "json", "jsonl", "html"; NULL-ended. */
extern const char *const chat_export_format_names[];
extern const struct spec chat_export_spec;

/* One that is being written. */
struct chat_export_writer {
    enum chat_export_format format;
    struct json_out *json; /* into the buffer */
    int64_t message_count; /* so far */
};

void chat_export_head_encode(struct chat_export_writer *writer, const struct chat *chat, int64_t exported_us);
/* messages: struct message */
void chat_export_messages_encode(struct chat_export_writer *writer, const struct list *messages);
void chat_export_tail_encode(struct chat_export_writer *writer);

#endif
