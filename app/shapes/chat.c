#include "parley/shapes/chat.h"

#include "parley/domain/talk/chat.h"
#include "parley/shapes/sender.h"

/* clang-format off */
const char *const chat_join_names[] = { "workspace", "open", "invite", NULL };
const char *const chat_notify_names[] = { "mentions", "all", "none", NULL };
const char *const chat_kind_names[] = { "chat", "direct", NULL };
const char *const chat_assistant_names[] = { "off", "mention", "always", NULL };

#define LAST_FIELD(member) .offset = offsetof(struct chat_last_message, member)
static const struct field last_fields[] = {
    { "id", FIELD_UUID, LAST_FIELD(uuid), .doc = "Its identifier" },
    { "seq", FIELD_INT, LAST_FIELD(seq), .example = "42", .doc = "Its number in the chat" },
    { "sender_id", FIELD_UUID, FIELD_NULLABLE, LAST_FIELD(sender.id),
      .doc = "Who wrote it; null where they are no user of this server" },
    { "sender", FIELD_OBJECT, LAST_FIELD(sender), .spec = &sender_spec, .doc = "Who wrote it" },
    { "content", FIELD_STR, LAST_FIELD(content),
      .example = "\"The migration is through. The figures are in the file.\"", .doc = "Its first 200 characters" },
    { "is_ai_response", FIELD_BOOL, LAST_FIELD(is_ai_response), .doc = "An assistant wrote it" },
    { "created_at", FIELD_TIME, LAST_FIELD(created_us), .doc = "When it was sent" },
};
static const struct spec last_spec = { SPEC_INIT("LastMessage", struct chat_last_message, last_fields),
    .doc = "The newest message of a chat, shortened" };

#define ORIGIN_FIELD(member) .offset = offsetof(struct chat_origin, member)
static const struct field origin_fields[] = {
    { "chat_id", FIELD_UUID, ORIGIN_FIELD(chat), .doc = "The chat" },
    { "message_id", FIELD_UUID, FIELD_NULLABLE, ORIGIN_FIELD(message),
      .doc = "The last message that was taken over; null where it was erased" },
};
const struct spec chat_origin_spec = { SPEC_INIT("ChatOrigin", struct chat_origin, origin_fields),
    .doc = "The chat as which another one began" };

#define CHAT_FIELD(member) .offset = offsetof(struct chat, member)
static const struct field chat_fields[] = {
    { "id", FIELD_UUID, CHAT_FIELD(uuid), .doc = "Its identifier" },
    { "workspace_id", FIELD_UUID, CHAT_FIELD(workspace), .doc = "The workspace that it is in" },
    { "kind", FIELD_ENUM, CHAT_FIELD(kind), .names = chat_kind_names, .type_name = "ChatKind",
      .doc = "direct: of exactly its people, without a title" },
    { "direct", FIELD_LIST, CHAT_FIELD(direct), .element = FIELD_UUID,
      .doc = "Of a direct chat its people, the caller among them; empty for others" },
    { "title", FIELD_STR, FIELD_NULLABLE, CHAT_FIELD(title), .example = "\"Release 2.0\"",
      .doc = "What the chat is about; null: a direct chat" },
    { "created_by", FIELD_UUID, FIELD_NULLABLE, CHAT_FIELD(created_by), .doc = "Who made it; null once they are gone" },
    { "archived_at", FIELD_TIME, FIELD_NULLABLE, CHAT_FIELD(archived_us),
      .doc = "Since when it is out of lists, and only read; null: it is not archived" },
    { "forked_from", FIELD_REF, FIELD_NULLABLE, CHAT_FIELD(forked_from), .spec = &chat_origin_spec,
      .doc = "Where it began; null: it is no fork, or of a chat that is gone or that the caller may not know of" },
    { "join", FIELD_ENUM, CHAT_FIELD(join), .names = chat_join_names, .type_name = "ChatJoin",
      .doc = "workspace: everyone is in it; open: everyone sees it and may join; invite: only its members know of it" },
    { "joined", FIELD_BOOL, CHAT_FIELD(joined), .doc = "The caller is in it, and may read" },
    { "assistant", FIELD_ENUM, CHAT_FIELD(assistant), .names = chat_assistant_names, .type_name = "ChatAssistant",
      .doc = "When an assistant answers: never, when mentioned, or always" },
    { "provider", FIELD_STR, FIELD_NULLABLE, CHAT_FIELD(provider), .example = "\"local\"",
      .doc = "Which of the configured providers answers; null: the default one" },
    { "model", FIELD_STR, FIELD_NULLABLE, CHAT_FIELD(model), .example = "\"llama-3.1-8b\"",
      .doc = "Which model answers; null: the default one" },
    { "system_prompt", FIELD_STR, FIELD_NULLABLE, CHAT_FIELD(system_prompt), .example = "\"Answer in one sentence.\"",
      .doc = "What the assistant is told first; null: nothing" },
    { "temperature", FIELD_REAL, FIELD_NULLABLE, CHAT_FIELD(temperature), .example = "0.7",
      .doc = "How freely it answers; null: as the model has it" },
    { "max_tokens", FIELD_INT, FIELD_NULLABLE, CHAT_FIELD(max_tokens), .example = "1024",
      .doc = "How long an answer may be; null: as the model has it" },
    { "message_count", FIELD_INT, CHAT_FIELD(message_count), .example = "42",
      .doc = "Messages, deleted ones included" },
    { "last_message", FIELD_REF, FIELD_NULLABLE, CHAT_FIELD(last_message), .spec = &last_spec,
      .doc = "The newest that has not been deleted; null for who may not read it" },
    { "last_seq", FIELD_INT, CHAT_FIELD(last_seq), .example = "42", .doc = "The number of the newest message ever" },
    { "last_read_seq", FIELD_INT, CHAT_FIELD(state.read_seq), .example = "40",
      .doc = "So far the caller has read; 0: nothing" },
    { "unread_count", FIELD_INT, CHAT_FIELD(state.unread_count), .example = "2",
      .doc = "Messages behind it that are still there; 0 where the caller is not in the chat" },
    { "mention_count", FIELD_INT, CHAT_FIELD(state.mention_count), .example = "1",
      .doc = "How often those name the caller, or everyone" },
    { "notify", FIELD_ENUM, CHAT_FIELD(state.notify), .names = chat_notify_names, .type_name = "ChatNotify",
      .doc = "What the caller is notified of: mentions (and direct chats), all, none" },
    { "starred", FIELD_BOOL, CHAT_FIELD(state.starred), .doc = "The caller has put a star to it" },
    { "draft", FIELD_STR, FIELD_NULLABLE, CHAT_FIELD(state.draft), .example = "\"What if we\"",
      .doc = "What the caller has begun to write; null: nothing" },
    { "created_at", FIELD_TIME, CHAT_FIELD(created_us), .doc = "When it was made" },
    { "updated_at", FIELD_TIME, CHAT_FIELD(updated_us), .doc = "When it was changed last" },
};
const struct spec chat_spec = { SPEC_INIT("Chat", struct chat, chat_fields),
    .doc = "A chat" };
/* clang-format on */
