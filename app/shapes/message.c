#include "parley/shapes/message.h"

#include "parley/domain/talk/message.h"
#include "parley/shapes/attachment.h"
#include "parley/shapes/sender.h"

/* clang-format off */
static const char *const status_names[] = { "complete", "pending", "streaming", "stopped", "failed", NULL };

#define MESSAGE_FIELD(member) .offset = offsetof(struct message, member)
static const struct field message_fields[] = {
    { "id", FIELD_UUID, MESSAGE_FIELD(uuid), .doc = "Its identifier" },
    { "chat_id", FIELD_UUID, MESSAGE_FIELD(chat), .doc = "The chat that it is in" },
    { "seq", FIELD_INT, MESSAGE_FIELD(seq), .example = "42", .doc = "1, 2, 3 … in its chat" },
    { "sender_id", FIELD_UUID, FIELD_NULLABLE, MESSAGE_FIELD(sender_id),
      .doc = "Who wrote it; null where they are no user of this server" },
    { "sender", FIELD_OBJECT, MESSAGE_FIELD(sender), .spec = &sender_spec, .doc = "Who wrote it" },
    { "content", FIELD_STR, MESSAGE_FIELD(content),
      .example = "\"The migration is through. The figures are in the file.\"",
      .doc = "Text, never markup that a client may run; empty once deleted" },
    { "is_ai_response", FIELD_BOOL, MESSAGE_FIELD(is_ai_response), .doc = "An assistant wrote it" },
    { "status", FIELD_ENUM, MESSAGE_FIELD(status), .names = status_names, .type_name = "MessageStatus",
      .doc = "Whether its text is all there" },
    { "model", FIELD_STR, FIELD_NULLABLE, MESSAGE_FIELD(model), .example = "\"llama-3.1-8b\"",
      .doc = "Which model wrote it; null where a person did" },
    { "reply_to", FIELD_UUID, FIELD_NULLABLE, MESSAGE_FIELD(reply_to),
      .doc = "The message that it answers; null: none" },
    { "attachments", FIELD_LIST, MESSAGE_FIELD(attachments), .spec = &attachment_spec, .doc = "Its files" },
    { "edited_at", FIELD_TIME, FIELD_NULLABLE, MESSAGE_FIELD(edited_us),
      .doc = "When it was edited last; null where it never was" },
    { "deleted_at", FIELD_TIME, FIELD_NULLABLE, MESSAGE_FIELD(deleted_us),
      .doc = "When it was deleted; null while it is there" },
    { "created_at", FIELD_TIME, MESSAGE_FIELD(created_us), .doc = "When it was sent" },
    { "updated_at", FIELD_TIME, MESSAGE_FIELD(updated_us), .doc = "When it was changed last" },
};
const struct spec message_spec = { SPEC_INIT("Message", struct message, message_fields),
    .doc = "A message" };
/* clang-format on */
