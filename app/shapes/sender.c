#include "parley/shapes/sender.h"

#include "parley/domain/people/display_name.h"

/* clang-format off */
static const char *const sender_kinds[] = { "person",    "bot",     "contact", "anonymous",
                                            "assistant", "outside", "deleted", NULL };
static const struct field sender_fields[] = {
    { "id", FIELD_UUID, FIELD_NULLABLE, .offset = offsetof(struct sender, id),
      .doc = "Their identifier; null where they are no user of this server" },
    { "name", FIELD_STR, .offset = offsetof(struct sender, name), .example = "\"Ada Lovelace\"",
      .doc = "As it is shown" },
    { "kind", FIELD_ENUM, .offset = offsetof(struct sender, kind), .names = sender_kinds, .type_name = "SenderKind",
      .doc = "A person, an assistant, or somebody from outside" },
};
const struct spec sender_spec = { SPEC_INIT("Sender", struct sender, sender_fields),
    .doc = "Who wrote a message" };
/* clang-format on */
