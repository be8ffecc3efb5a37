#include "parley/shapes/member.h"

#include "parley/domain/workspaces/member.h"
#include "parley/shapes/user_status.h"

/* clang-format off */
const char *const member_role_names[] = { "GUEST", "MEMBER", "OWNER", NULL };

#define MEMBER_FIELD(name) .offset = offsetof(struct member, name)
static const struct field member_fields[] = {
    { "user_id", FIELD_UUID, MEMBER_FIELD(user) },
    { "name", FIELD_STR, MEMBER_FIELD(name), .doc = "First and last name, else the username" },
    { "username", FIELD_STR, MEMBER_FIELD(username) },
    { "email", FIELD_STR, FIELD_NULLABLE, MEMBER_FIELD(email), .doc = "null for a caller who is a GUEST" },
    { "first_name", FIELD_STR, FIELD_NULLABLE, MEMBER_FIELD(first_name) },
    { "last_name", FIELD_STR, FIELD_NULLABLE, MEMBER_FIELD(last_name) },
    { "status", FIELD_REF, FIELD_NULLABLE, MEMBER_FIELD(status), .spec = &user_status_spec },
    { "role", FIELD_ENUM, .min = MEMBER_ROLE_GUEST, MEMBER_FIELD(role), .names = member_role_names },
    { "joined_at", FIELD_TIME, MEMBER_FIELD(joined_us) },
};
const struct spec member_spec = { SPEC_INIT("Member", struct member, member_fields) };
/* clang-format on */
