#include "parley/shapes/attachment.h"

#include "parley/domain/files/attachment.h"

/* clang-format off */
#define ATTACHMENT_FIELD(member) .offset = offsetof(struct attachment, member)
static const struct field attachment_fields[] = {
    { "id", FIELD_UUID, ATTACHMENT_FIELD(uuid), .doc = "Its identifier, for /attachments/{id}" },
    { "filename", FIELD_STR, ATTACHMENT_FIELD(filename), .example = "\"figures.csv\"",
      .doc = "Its name, as it was sent" },
    { "content_type", FIELD_STR, ATTACHMENT_FIELD(content_type), .example = "\"text/csv\"",
      .doc = "By its bytes and its name" },
    { "size", FIELD_INT, ATTACHMENT_FIELD(size_bytes), .example = "20480", .doc = "Bytes" },
    { "sha256", FIELD_STR, FIELD_NULLABLE, ATTACHMENT_FIELD(sha256),
      .example = "\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"",
      .doc = "null until it has been computed" },
    { "url", FIELD_STR, ATTACHMENT_FIELD(url),
      .example = "\"https://chat.example.org/attachments/01890a5d-ac96-774b-bcce-b302099a8057\"",
      .doc = "Its stable address on this server; asks for a credential" },
};
const struct spec attachment_spec = { SPEC_INIT("Attachment", struct attachment, attachment_fields),
    .doc = "A file of a message" };
/* clang-format on */
