#include "parley/objects/disposition.h"

/* What every client reads the same way between quotes; '%' is not among it, since some decode it there. */
static bool is_plain(char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '%';
}

void disposition_add(struct buf *out, const char *kind, struct str filename)
{
    bool plain = true;
    buf_add_c(out, kind);
    if (filename.len == 0)
        return;
    buf_add_c(out, "; filename=\"");
    for (size_t i = 0; i < filename.len; i++) {
        bool continues = ((unsigned char)filename.ptr[i] & 0xc0U) == 0x80U;
        if (is_plain(filename.ptr[i]))
            buf_add_byte(out, filename.ptr[i]);
        else if (!continues)
            buf_add_byte(out, '_');
        plain = plain && is_plain(filename.ptr[i]);
    }
    buf_add_byte(out, '"');
    if (plain)
        return;
    buf_add_c(out, "; filename*=UTF-8''");
    buf_add_percent(out, filename, SLASH_ENCODE);
}
