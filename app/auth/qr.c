#include "parley/auth/qr.h"

#include <errno.h>
#include <qrencode.h>

enum { QUIET_MODULES = 4 };

static bool is_dark(const QRcode *code, int x, int y)
{
    return x < code->width && (code->data[y * code->width + x] & 1) != 0;
}

/* One rectangle for each run of dark modules in a line. */
static void add_line(const QRcode *code, int y, struct buf *out)
{
    for (int x = 0; x < code->width; x++) {
        int begin = x;

        while (is_dark(code, x, y))
            x++;
        if (x > begin)
            buf_addf(out, "M%d %dh%dv1h-%dz", begin + QUIET_MODULES, y + QUIET_MODULES, x - begin, x - begin);
    }
}

static void add_svg(const QRcode *code, struct buf *out)
{
    int size = code->width + 2 * QUIET_MODULES;

    buf_addf(out,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">"
             "<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path fill=\"#000\" d=\"",
             size, size, size, size);
    for (int y = 0; y < code->width; y++)
        add_line(code, y, out);
    buf_add_c(out, "\"/></svg>");
}

enum err qr_svg(struct str text, struct buf *out)
{
    const unsigned char *bytes = (const unsigned char *)text.ptr;
    QRcode *code = QRcode_encodeData((int)text.len, bytes, 0, QR_ECLEVEL_M);

    if (code == NULL && errno == ERANGE)
        code = QRcode_encodeData((int)text.len, bytes, 0, QR_ECLEVEL_L);
    if (code == NULL)
        return errno == ENOMEM ? ERR_NO_MEMORY : ERR_INVALID;
    add_svg(code, out);
    QRcode_free(code);
    return buf_check(out);
}
