#include "parley/shapes/user.h"

#include "parley/domain/people/user.h"
#include "parley/shapes/user_status.h"

/* clang-format off */
const char *const user_role_names[] = { "USER", "ADMIN", NULL };

#define USER_FIELD(member) .offset = offsetof(struct user, member)
static const struct field user_fields[] = {
    { "id", FIELD_UUID, USER_FIELD(uuid) },
    { "name", FIELD_STR, USER_FIELD(name), .doc = "As others see it: first and last name, else the username" },
    { "email", FIELD_STR, FIELD_NULLABLE, USER_FIELD(email), .doc = "In lower case" },
    { "username", FIELD_STR, USER_FIELD(username) },
    { "status", FIELD_REF, FIELD_NULLABLE, USER_FIELD(status), .spec = &user_status_spec },
    { "first_name", FIELD_STR, FIELD_NULLABLE, USER_FIELD(first_name) },
    { "last_name", FIELD_STR, FIELD_NULLABLE, USER_FIELD(last_name) },
    { "role", FIELD_ENUM, USER_FIELD(role), .names = user_role_names },
    { "is_active", FIELD_BOOL, USER_FIELD(is_active) },
    { "is_first_login", FIELD_BOOL, USER_FIELD(is_first_login),
      .doc = "True until the second sign-in, or until the password is changed" },
    { "tos_accepted", FIELD_BOOL, USER_FIELD(tos_accepted) },
    { "twofa_enabled", FIELD_BOOL, USER_FIELD(twofa_enabled) },
    { "last_login", FIELD_TIME, FIELD_NULLABLE, USER_FIELD(last_login_us) },
    { "created_at", FIELD_TIME, USER_FIELD(created_us) },
    { "updated_at", FIELD_TIME, USER_FIELD(updated_us) },
};
const struct spec user_spec = { SPEC_INIT("User", struct user, user_fields) };
/* clang-format on */
