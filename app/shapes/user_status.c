#include "parley/shapes/user_status.h"

#include "parley/domain/people/user_status.h"

/* clang-format off */
#define STATUS_FIELD(member) .offset = offsetof(struct user_status, member)
static const struct field status_fields[] = {
    { "text", FIELD_STR, FIELD_NULLABLE, STATUS_FIELD(text), .example = "\"At lunch\"", .doc = "A line; null: none" },
    { "emoji", FIELD_STR, FIELD_NULLABLE, STATUS_FIELD(emoji), .example = "\"🍜\"", .doc = "null: none" },
    { "until", FIELD_TIME, FIELD_NULLABLE, STATUS_FIELD(until_us), .doc = "When it ends by itself; null: not" },
};
const struct spec user_status_spec = { SPEC_INIT("Status", struct user_status, status_fields),
    .doc = "What somebody says of themselves at present" };
/* clang-format on */
