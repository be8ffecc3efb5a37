#include "parley/shapes/member.h"

#include "parley/domain/workspaces/member.h"

/* clang-format off */
const char *const member_role_names[] = { "GUEST", "MEMBER", "OWNER", NULL };

#define MEMBER_FIELD(name) .offset = offsetof(struct member, name)
static const struct field member_fields[] = {
    { "user_id", FIELD_UUID, MEMBER_FIELD(user), .doc = "The person's identifier" },
    { "name", FIELD_STR, MEMBER_FIELD(name), .example = "\"Ada Lovelace\"",
      .doc = "First and last name, else the username" },
    { "username", FIELD_STR, MEMBER_FIELD(username), .example = "\"ada\"",
      .doc = "A name without blanks that is theirs alone" },
    { "email", FIELD_STR, FIELD_NULLABLE, MEMBER_FIELD(email), .example = "\"ada@example.org\"",
      .doc = "null for a caller who is a GUEST" },
    { "first_name", FIELD_STR, FIELD_NULLABLE, MEMBER_FIELD(first_name), .example = "\"Ada\"",
      .doc = "As they write it" },
    { "last_name", FIELD_STR, FIELD_NULLABLE, MEMBER_FIELD(last_name), .example = "\"Lovelace\"",
      .doc = "As they write it" },
    { "role", FIELD_ENUM, .min = MEMBER_ROLE_GUEST, MEMBER_FIELD(role), .names = member_role_names,
      .type_name = "WorkspaceRole", .doc = "What they may do in the workspace" },
    { "joined_at", FIELD_TIME, MEMBER_FIELD(joined_us), .doc = "When they came in" },
};
const struct spec member_spec = { SPEC_INIT("Member", struct member, member_fields),
    .doc = "Somebody in a workspace" };
/* clang-format on */
