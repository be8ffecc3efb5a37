#include "parley/shapes/workspace.h"

#include "parley/domain/workspaces/workspace.h"
#include "parley/shapes/member.h"

/* clang-format off */
#define WORKSPACE_FIELD(member) .offset = offsetof(struct workspace, member)
static const struct field workspace_fields[] = {
    { "id", FIELD_UUID, WORKSPACE_FIELD(uuid), .doc = "Its identifier" },
    { "name", FIELD_STR, WORKSPACE_FIELD(name), .example = "\"Team\"", .doc = "What it is called" },
    { "personal", FIELD_BOOL, WORKSPACE_FIELD(personal),
      .doc = "The caller's own, which can be neither shared nor deleted" },
    { "created_by", FIELD_UUID, FIELD_NULLABLE, WORKSPACE_FIELD(created_by),
      .doc = "Who made it; null once they are gone" },
    { "role", FIELD_ENUM, .min = MEMBER_ROLE_GUEST, WORKSPACE_FIELD(role), .names = member_role_names,
      .type_name = "WorkspaceRole", .doc = "The caller's" },
    { "member_count", FIELD_INT, WORKSPACE_FIELD(member_count), .example = "12", .doc = "How many people are in it" },
    { "retention_days", FIELD_INT, FIELD_NULLABLE, WORKSPACE_FIELD(retention_days), .example = "365",
      .doc = "Messages that are older are erased, each hour; null: kept for ever" },
    { "require_2fa", FIELD_BOOL, WORKSPACE_FIELD(require_2fa),
      .doc = "Shut to members without a second factor" },
    { "created_at", FIELD_TIME, WORKSPACE_FIELD(created_us), .doc = "When it was made" },
    { "updated_at", FIELD_TIME, WORKSPACE_FIELD(updated_us), .doc = "When it was changed last" },
};
const struct spec workspace_spec = { SPEC_INIT("Workspace", struct workspace, workspace_fields),
    .doc = "A workspace, as the caller sees it" };
/* clang-format on */
