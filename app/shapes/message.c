#include "parley/shapes/message.h"

#include "parley/domain/talk/message.h"
#include "parley/shapes/attachment.h"
#include "parley/shapes/sender.h"

/* clang-format off */
static const char *const status_names[] = { "complete", "pending", "streaming", "stopped", "failed", NULL };

#define MESSAGE_FIELD(member) .offset = offsetof(struct message, member)
static const struct field message_fields[] = {
    { "id", FIELD_UUID, MESSAGE_FIELD(uuid) },
    { "chat_id", FIELD_UUID, MESSAGE_FIELD(chat) },
    { "seq", FIELD_INT, MESSAGE_FIELD(seq), .doc = "1, 2, 3 … in its chat" },
    { "sender_id", FIELD_UUID, FIELD_NULLABLE, MESSAGE_FIELD(sender_id) },
    { "sender", FIELD_OBJECT, MESSAGE_FIELD(sender), .spec = &sender_spec },
    { "content", FIELD_STR, MESSAGE_FIELD(content),
      .doc = "Text, never markup that a client may run; empty once deleted" },
    { "is_ai_response", FIELD_BOOL, MESSAGE_FIELD(is_ai_response) },
    { "status", FIELD_ENUM, MESSAGE_FIELD(status), .names = status_names },
    { "model", FIELD_STR, FIELD_NULLABLE, MESSAGE_FIELD(model) },
    { "reply_to", FIELD_UUID, FIELD_NULLABLE, MESSAGE_FIELD(reply_to) },
    { "attachments", FIELD_LIST, MESSAGE_FIELD(attachments), .spec = &attachment_spec },
    { "edited_at", FIELD_TIME, FIELD_NULLABLE, MESSAGE_FIELD(edited_us) },
    { "deleted_at", FIELD_TIME, FIELD_NULLABLE, MESSAGE_FIELD(deleted_us) },
    { "created_at", FIELD_TIME, MESSAGE_FIELD(created_us) },
    { "updated_at", FIELD_TIME, MESSAGE_FIELD(updated_us) },
};
const struct spec message_spec = { SPEC_INIT("Message", struct message, message_fields) };
/* clang-format on */
