#include "parley/shapes/user.h"

#include "parley/domain/people/user.h"

/* clang-format off */
const char *const user_role_names[] = { "USER", "ADMIN", NULL };

#define USER_FIELD(member) .offset = offsetof(struct user, member)
static const struct field user_fields[] = {
    { "id", FIELD_UUID, USER_FIELD(uuid), .doc = "Their identifier" },
    { "name", FIELD_STR, USER_FIELD(name), .example = "\"Ada Lovelace\"",
      .doc = "As others see it: first and last name, else the username" },
    { "email", FIELD_STR, FIELD_NULLABLE, USER_FIELD(email), .example = "\"ada@example.org\"", .doc = "In lower case" },
    { "username", FIELD_STR, USER_FIELD(username), .example = "\"ada\"",
      .doc = "A name without blanks that is theirs alone" },
    { "first_name", FIELD_STR, FIELD_NULLABLE, USER_FIELD(first_name), .example = "\"Ada\"",
      .doc = "As they write it" },
    { "last_name", FIELD_STR, FIELD_NULLABLE, USER_FIELD(last_name), .example = "\"Lovelace\"",
      .doc = "As they write it" },
    { "role", FIELD_ENUM, USER_FIELD(role), .names = user_role_names, .type_name = "UserRole",
      .doc = "ADMIN runs the server" },
    { "is_active", FIELD_BOOL, USER_FIELD(is_active), .doc = "False: switched off, signed out everywhere" },
    { "is_first_login", FIELD_BOOL, USER_FIELD(is_first_login),
      .doc = "True until the second sign-in, or until the password is changed" },
    { "tos_accepted", FIELD_BOOL, USER_FIELD(tos_accepted), .doc = "The terms of service were accepted" },
    { "twofa_enabled", FIELD_BOOL, USER_FIELD(twofa_enabled), .doc = "A second factor is on" },
    { "last_login", FIELD_TIME, FIELD_NULLABLE, USER_FIELD(last_login_us),
      .doc = "When they signed in last; null: never" },
    { "created_at", FIELD_TIME, USER_FIELD(created_us), .doc = "When the account was made" },
    { "updated_at", FIELD_TIME, USER_FIELD(updated_us), .doc = "When it was changed last" },
};
const struct spec user_spec = { SPEC_INIT("User", struct user, user_fields),
    .doc = "An account" };
/* clang-format on */
