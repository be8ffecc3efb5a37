#include "parley/shapes/message.h"

#include "parley/domain/talk/message.h"
#include "parley/shapes/attachment.h"
#include "parley/shapes/sender.h"

/* clang-format off */
#define REACTION_FIELD(member) .offset = offsetof(struct reaction, member)
static const struct field reaction_fields[] = {
    { "emoji", FIELD_STR, REACTION_FIELD(emoji), .example = "\"👍\"", .doc = "In its fully-qualified form (UTS #51)" },
    { "count", FIELD_INT, REACTION_FIELD(count), .example = "2", .doc = "By how many people" },
    { "mine", FIELD_BOOL, REACTION_FIELD(mine), .doc = "The caller is one of them" },
};
const struct spec reaction_spec = { SPEC_INIT("Reaction", struct reaction, reaction_fields),
    .doc = "Reactions of one kind to a message" };

#define FORWARD_FIELD(member) .offset = offsetof(struct message_forward, member)
static const struct field forward_fields[] = {
    { "message_id", FIELD_UUID, FIELD_NULLABLE, FORWARD_FIELD(message),
      .doc = "The message; null where it is gone, or not for the reader" },
    { "chat_id", FIELD_UUID, FIELD_NULLABLE, FORWARD_FIELD(chat), .doc = "Its chat; null likewise" },
    { "sender", FIELD_OBJECT, FORWARD_FIELD(sender), .spec = &sender_spec, .doc = "Who wrote it" },
    { "created_at", FIELD_TIME, FORWARD_FIELD(sent_us), .doc = "When it was sent there" },
    { "text_at", FIELD_INT, FORWARD_FIELD(text_at), .example = "0",
      .doc = "Where its text begins in `content`, in Unicode code points; what stands before it is the forwarder's own" },
};
static const struct spec forward_spec = { SPEC_INIT("MessageOrigin", struct message_forward, forward_fields),
    .doc = "The message that another one passes on" };

#define FAULT_FIELD(member) .offset = offsetof(struct message_fault, member)
static const struct field fault_fields[] = {
    { "code", FIELD_STR, FAULT_FIELD(code), .example = "\"rate_limited\"", .doc = "Which fault; the same for ever" },
    { "text", FIELD_STR, FAULT_FIELD(text),
      .example = "\"The model's service takes no more questions at the moment; try again later\"",
      .doc = "The same for people, in English" },
};
const struct spec message_fault_spec = { SPEC_INIT("AnswerFault", struct message_fault, fault_fields),
    .doc = "Why an answer failed" };

#define USAGE_FIELD(member) .offset = offsetof(struct message_usage, member)
static const struct field usage_fields[] = {
    { "prompt_tokens", FIELD_INT, USAGE_FIELD(prompt_tokens), .example = "812", .doc = "Of the question, cached ones among them" },
    { "cached_tokens", FIELD_INT, USAGE_FIELD(cached_tokens), .example = "0", .doc = "What the provider had kept of it" },
    { "completion_tokens", FIELD_INT, USAGE_FIELD(completion_tokens), .example = "96",
      .doc = "Of the answer, those of reasoning among them" },
    { "reasoning_tokens", FIELD_INT, USAGE_FIELD(reasoning_tokens), .example = "0", .doc = "Of its reasoning" },
    { "cost_micros", FIELD_INT, USAGE_FIELD(cost_micros), .example = "4120", .doc = "Millionths of the currency" },
    { "estimated", FIELD_BOOL, USAGE_FIELD(estimated), .doc = "The provider told no counts" },
    { "context_messages", FIELD_INT, USAGE_FIELD(context_messages), .example = "12", .doc = "So many messages the model saw" },
    { "truncated", FIELD_BOOL, USAGE_FIELD(truncated), .doc = "The provider seems to have left out a part of them" },
};
const struct spec message_usage_spec = { SPEC_INIT("AnswerUsage", struct message_usage, usage_fields),
    .doc = "What an answer took" };

static const char *const mention_all_names[] = { "all", "here", NULL };
const char *const message_status_names[] = { "complete", "pending", "streaming", "stopped", "failed", NULL };

#define MESSAGE_FIELD(member) .offset = offsetof(struct message, member)
static const struct field shared_fields[] = {
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
    { "status", FIELD_ENUM, MESSAGE_FIELD(status), .names = message_status_names, .type_name = "MessageStatus",
      .doc = "Whether its text is all there" },
    { "model", FIELD_STR, FIELD_NULLABLE, MESSAGE_FIELD(model), .example = "\"llama-3.1-8b\"",
      .doc = "Which model wrote it; null where a person did" },
    { "provider", FIELD_STR, FIELD_NULLABLE, MESSAGE_FIELD(answer.provider), .example = "\"local\"",
      .doc = "Whose model that is; null where a person wrote it" },
    { "reasoning", FIELD_STR, FIELD_NULLABLE, MESSAGE_FIELD(answer.reasoning), .example = "\"They ask for the date.\"",
      .doc = "What the model thought before it answered; null: nothing that it told" },
    { "finish", FIELD_STR, FIELD_NULLABLE, MESSAGE_FIELD(answer.finish), .example = "\"stop\"",
      .doc = "Why the model ended: `stop`, `length`, `tools`, `filter`; null where it did not end by itself" },
    { "fault", FIELD_REF, FIELD_NULLABLE, MESSAGE_FIELD(answer.fault), .spec = &message_fault_spec,
      .doc = "Why the answer failed; null: it did not" },
    { "usage", FIELD_REF, FIELD_NULLABLE, MESSAGE_FIELD(answer.usage), .spec = &message_usage_spec,
      .doc = "What the answer took; null where it is not known yet, or a person wrote it" },
    { "alternative", FIELD_INT, MESSAGE_FIELD(answer.alternative), .example = "1",
      .doc = "The number, from 1, of the answer that is shown; 0 where a person wrote it" },
    { "alternative_count", FIELD_INT, MESSAGE_FIELD(answer.alternative_count), .example = "1",
      .doc = "So many answers there are to choose from" },
    { "reply_to", FIELD_UUID, FIELD_NULLABLE, MESSAGE_FIELD(reply_to),
      .doc = "The message that it answers; null: none" },
    { "root_id", FIELD_UUID, FIELD_NULLABLE, MESSAGE_FIELD(root),
      .doc = "Of a reply: the message with which its thread begins; null where that was erased" },
    { "reply_count", FIELD_INT, MESSAGE_FIELD(reply_count), .example = "3",
      .doc = "Messages of the thread that begins here" },
    { "forwarded_from", FIELD_REF, FIELD_NULLABLE, MESSAGE_FIELD(forward), .spec = &forward_spec,
      .doc = "Where its text and its files come from; null: they are its sender's own" },
    { "attachments", FIELD_LIST, MESSAGE_FIELD(attachments), .spec = &attachment_spec, .doc = "Its files" },
    { "mentions", FIELD_LIST, MESSAGE_FIELD(mentions), .element = FIELD_UUID,
      .doc = "Users whom the text names (@username) and who may read the chat" },
    { "mention_all", FIELD_ENUM, FIELD_NULLABLE, MESSAGE_FIELD(mention_all), .names = mention_all_names,
      .type_name = "MentionAll", .doc = "The text names everyone: @all, or @here for those who are online; null: neither" },
    { "pinned", FIELD_BOOL, MESSAGE_FIELD(pinned), .doc = "It is pinned to its chat" },
    { "nonce", FIELD_STR, FIELD_NULLABLE, MESSAGE_FIELD(nonce), .example = "\"9f86d081884c7d65\"",
      .doc = "The first 16 hex digits of the SHA-256 of the Idempotency-Key with which it was sent; null: without one" },
    { "edited_at", FIELD_TIME, FIELD_NULLABLE, MESSAGE_FIELD(edited_us),
      .doc = "When it was edited last; null where it never was" },
    { "deleted_at", FIELD_TIME, FIELD_NULLABLE, MESSAGE_FIELD(deleted_us),
      .doc = "When it was deleted; null while it is there" },
    { "created_at", FIELD_TIME, MESSAGE_FIELD(created_us), .doc = "When it was sent" },
    { "updated_at", FIELD_TIME, MESSAGE_FIELD(updated_us), .doc = "When it was changed last" },
};
const struct spec message_shared_spec = { SPEC_INIT("MessageShared", struct message, shared_fields),
    .doc = "A message, but for what depends on who reads it" };

static const struct field message_fields[] = {
    { SPEC_INLINE(&message_shared_spec) },
    { "reactions", FIELD_LIST, MESSAGE_FIELD(reactions), .spec = &reaction_spec,
      .doc = "Those of each kind together, in the order in which the kinds came" },
    { "saved", FIELD_BOOL, MESSAGE_FIELD(saved), .doc = "The caller has saved it" },
};
const struct spec message_spec = { SPEC_INIT("Message", struct message, message_fields),
    .doc = "A message" };
/* clang-format on */
