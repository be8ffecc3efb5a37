#include "parley/shapes/workspace.h"

#include "parley/domain/workspaces/workspace.h"
#include "parley/shapes/member.h"

/* clang-format off */
#define WORKSPACE_FIELD(member) .offset = offsetof(struct workspace, member)
static const struct field workspace_fields[] = {
    { "id", FIELD_UUID, WORKSPACE_FIELD(uuid) },
    { "name", FIELD_STR, WORKSPACE_FIELD(name) },
    { "personal", FIELD_BOOL, WORKSPACE_FIELD(personal),
      .doc = "The caller's own, which can be neither shared nor deleted" },
    { "created_by", FIELD_UUID, FIELD_NULLABLE, WORKSPACE_FIELD(created_by) },
    { "role", FIELD_ENUM, .min = MEMBER_ROLE_GUEST, WORKSPACE_FIELD(role), .names = member_role_names,
      .doc = "The caller's" },
    { "member_count", FIELD_INT, WORKSPACE_FIELD(member_count) },
    { "retention_days", FIELD_INT, FIELD_NULLABLE, WORKSPACE_FIELD(retention_days), .doc = "null: kept for ever" },
    { "require_2fa", FIELD_BOOL, WORKSPACE_FIELD(require_2fa),
      .doc = "Shut to members without a second factor" },
    { "created_at", FIELD_TIME, WORKSPACE_FIELD(created_us) },
    { "updated_at", FIELD_TIME, WORKSPACE_FIELD(updated_us) },
};
const struct spec workspace_spec = { SPEC_INIT("Workspace", struct workspace, workspace_fields) };
/* clang-format on */
