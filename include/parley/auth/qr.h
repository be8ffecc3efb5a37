/* QR codes (ISO/IEC 18004) as SVG. Any thread. */
#ifndef PARLEY_AUTH_QR_H
#define PARLEY_AUTH_QR_H

#include "parley/core/buf.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

/*
 * The text as one SVG element, appended: black on white with the border of four modules that readers want, one unit a
 * module, no script, no address but the name of its language. It scales to where it is put.
 *   text  without NUL; up to 2,953 bytes, with less correction of errors above 2,331
 * ERR_OK, ERR_INVALID (too long), ERR_NO_MEMORY.
 */
enum err qr_svg(struct str text, struct buf *out) MUST_CHECK;

#endif
