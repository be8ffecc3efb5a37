#include "parley/shapes/attachment.h"

#include "parley/domain/files/attachment.h"

/* clang-format off */
#define ATTACHMENT_FIELD(member) .offset = offsetof(struct attachment, member)
static const struct field attachment_fields[] = {
    { "id", FIELD_UUID, ATTACHMENT_FIELD(uuid) },
    { "filename", FIELD_STR, ATTACHMENT_FIELD(filename) },
    { "content_type", FIELD_STR, ATTACHMENT_FIELD(content_type), .doc = "By its bytes and its name" },
    { "size", FIELD_INT, ATTACHMENT_FIELD(size_bytes), .doc = "Bytes" },
    { "sha256", FIELD_STR, FIELD_NULLABLE, ATTACHMENT_FIELD(sha256), .doc = "null until it has been computed" },
    { "width", FIELD_INT, FIELD_NULLABLE, ATTACHMENT_FIELD(width),
      .doc = "Pixels, as its uploader said: a hint for layout" },
    { "height", FIELD_INT, FIELD_NULLABLE, ATTACHMENT_FIELD(height) },
    { "url", FIELD_STR, ATTACHMENT_FIELD(url), .doc = "Its stable address on this server; asks for a credential" },
};
const struct spec attachment_spec = { SPEC_INIT("Attachment", struct attachment, attachment_fields) };
/* clang-format on */
