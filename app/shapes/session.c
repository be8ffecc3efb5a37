#include "parley/shapes/session.h"

#include "parley/domain/trust/session.h"

/* clang-format off */
#define SESSION_FIELD(member) .offset = offsetof(struct session, member)
static const struct field session_fields[] = {
    { "id", FIELD_UUID, SESSION_FIELD(uuid) },
    { "current", FIELD_BOOL, SESSION_FIELD(current), .doc = "The session that asks" },
    { "created_at", FIELD_TIME, SESSION_FIELD(created_us) },
    { "last_used_at", FIELD_TIME, SESSION_FIELD(last_used_us), .doc = "To the minute" },
    { "expires_at", FIELD_TIME, SESSION_FIELD(expires_us) },
    { "ip", FIELD_STR, SESSION_FIELD(ip) },
    { "user_agent", FIELD_STR, SESSION_FIELD(user_agent) },
};
const struct spec session_spec = { SPEC_INIT("Session", struct session, session_fields) };
/* clang-format on */
