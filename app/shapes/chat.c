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
    { "id", FIELD_UUID, LAST_FIELD(uuid) },
    { "seq", FIELD_INT, LAST_FIELD(seq) },
    { "sender_id", FIELD_UUID, FIELD_NULLABLE, LAST_FIELD(sender.id) },
    { "sender", FIELD_OBJECT, LAST_FIELD(sender), .spec = &sender_spec },
    { "content", FIELD_STR, LAST_FIELD(content), .doc = "Its first 200 characters" },
    { "is_ai_response", FIELD_BOOL, LAST_FIELD(is_ai_response) },
    { "created_at", FIELD_TIME, LAST_FIELD(created_us) },
};
static const struct spec last_spec = { SPEC_INIT("LastMessage", struct chat_last_message, last_fields) };

#define CHAT_FIELD(member) .offset = offsetof(struct chat, member)
static const struct field chat_fields[] = {
    { "id", FIELD_UUID, CHAT_FIELD(uuid) },
    { "workspace_id", FIELD_UUID, CHAT_FIELD(workspace) },
    { "kind", FIELD_ENUM, CHAT_FIELD(kind), .names = chat_kind_names },
    { "direct", FIELD_LIST, CHAT_FIELD(direct), .element = FIELD_UUID,
      .doc = "Of a direct chat its people, the caller among them; empty for others" },
    { "title", FIELD_STR, FIELD_NULLABLE, CHAT_FIELD(title), .doc = "null: a direct chat" },
    { "created_by", FIELD_UUID, FIELD_NULLABLE, CHAT_FIELD(created_by) },
    { "join", FIELD_ENUM, CHAT_FIELD(join), .names = chat_join_names,
      .doc = "workspace: everyone is in it; open: everyone sees it and may join; invite: only its members know of it" },
    { "joined", FIELD_BOOL, CHAT_FIELD(joined), .doc = "The caller is in it, and may read" },
    { "assistant", FIELD_ENUM, CHAT_FIELD(assistant), .names = chat_assistant_names },
    { "provider", FIELD_STR, FIELD_NULLABLE, CHAT_FIELD(provider) },
    { "model", FIELD_STR, FIELD_NULLABLE, CHAT_FIELD(model) },
    { "system_prompt", FIELD_STR, FIELD_NULLABLE, CHAT_FIELD(system_prompt) },
    { "temperature", FIELD_REAL, FIELD_NULLABLE, CHAT_FIELD(temperature) },
    { "max_tokens", FIELD_INT, FIELD_NULLABLE, CHAT_FIELD(max_tokens) },
    { "message_count", FIELD_INT, CHAT_FIELD(message_count) },
    { "last_message", FIELD_REF, FIELD_NULLABLE, CHAT_FIELD(last_message), .spec = &last_spec,
      .doc = "The newest that has not been deleted; null for who may not read it" },
    { "last_seq", FIELD_INT, CHAT_FIELD(last_seq), .doc = "Of the newest message ever" },
    { "last_read_seq", FIELD_INT, CHAT_FIELD(state.read_seq), .doc = "So far the caller has read; 0: nothing" },
    { "unread_count", FIELD_INT, CHAT_FIELD(state.unread_count), .doc = "Messages behind it that are still there" },
    { "mention_count", FIELD_INT, CHAT_FIELD(state.mention_count), .doc = "How often those name the caller, or everyone" },
    { "notify", FIELD_ENUM, CHAT_FIELD(state.notify), .names = chat_notify_names },
    { "starred", FIELD_BOOL, CHAT_FIELD(state.starred) },
    { "draft", FIELD_STR, FIELD_NULLABLE, CHAT_FIELD(state.draft), .doc = "What the caller has begun to write" },
    { "created_at", FIELD_TIME, CHAT_FIELD(created_us) },
    { "updated_at", FIELD_TIME, CHAT_FIELD(updated_us) },
};
const struct spec chat_spec = { SPEC_INIT("Chat", struct chat, chat_fields) };
/* clang-format on */
