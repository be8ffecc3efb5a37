#include "parley/shapes/scheduled.h"

#include "parley/domain/talk/scheduled.h"

/* clang-format off */
#define FAILURE_FIELD(member) .offset = offsetof(struct scheduled_failure, member)
static const struct field failure_fields[] = {
    { "code", FIELD_STR, FAILURE_FIELD(code), .example = "\"chat_archived\"",
      .doc = "Why: a code of errors, as the author would have got it" },
    { "at", FIELD_TIME, FAILURE_FIELD(at_us), .doc = "When it was tried" },
};
static const struct spec failure_spec = { SPEC_INIT("ScheduledFailure", struct scheduled_failure, failure_fields),
    .doc = "Why a message was not sent" };

#define SCHEDULED_FIELD(member) .offset = offsetof(struct scheduled, member)
static const struct field scheduled_fields[] = {
    { "id", FIELD_UUID, SCHEDULED_FIELD(uuid), .doc = "Its identifier, which the message will have, too" },
    { "chat_id", FIELD_UUID, SCHEDULED_FIELD(chat), .doc = "Where it is to be sent" },
    { "content", FIELD_STR, SCHEDULED_FIELD(content), .example = "\"Good morning.\"", .doc = "Its text" },
    { "reply_to", FIELD_UUID, FIELD_NULLABLE, SCHEDULED_FIELD(reply_to),
      .doc = "The message that it answers; null: none" },
    { "send_at", FIELD_TIME, SCHEDULED_FIELD(send_us), .doc = "When" },
    { "failed", FIELD_REF, FIELD_NULLABLE, SCHEDULED_FIELD(failed), .spec = &failure_spec,
      .doc = "It could not be sent; null: it waits" },
    { "created_at", FIELD_TIME, SCHEDULED_FIELD(created_us), .doc = "When it was written" },
    { "updated_at", FIELD_TIME, SCHEDULED_FIELD(updated_us), .doc = "When it was changed last" },
};
const struct spec scheduled_spec = { SPEC_INIT("ScheduledMessage", struct scheduled, scheduled_fields),
    .doc = "A message that waits for its time" };
/* clang-format on */
