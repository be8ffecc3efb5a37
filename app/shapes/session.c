#include "parley/shapes/session.h"

#include "parley/domain/trust/session.h"

/* clang-format off */
#define SESSION_FIELD(member) .offset = offsetof(struct session, member)
static const struct field session_fields[] = {
    { "id", FIELD_UUID, SESSION_FIELD(uuid), .doc = "Its identifier" },
    { "current", FIELD_BOOL, SESSION_FIELD(current), .doc = "The session that asks" },
    { "created_at", FIELD_TIME, SESSION_FIELD(created_us), .doc = "When it began" },
    { "last_used_at", FIELD_TIME, SESSION_FIELD(last_used_us), .doc = "To the minute" },
    { "expires_at", FIELD_TIME, SESSION_FIELD(expires_us), .doc = "When it ends" },
    { "ip", FIELD_STR, SESSION_FIELD(ip), .example = "\"203.0.113.4\"", .doc = "From which address it began" },
    { "user_agent", FIELD_STR, SESSION_FIELD(user_agent), .example = "\"Mozilla/5.0\"",
      .doc = "What the client called itself" },
};
const struct spec session_spec = { SPEC_INIT("Session", struct session, session_fields),
    .doc = "A sign-in session: one device that is signed in" };
/* clang-format on */
