/*
 * What a file may be called and what it really is. A file passes when its extension is among the allowed and its first bytes
 * are those of such a file, so that a page of HTML does not come in as a picture. Nothing is decoded.
 * Sources: the formats' own descriptions, and WHATWG MIME Sniffing §7 for what a browser takes for HTML.
 */
#ifndef PARLEY_OBJECTS_FILETYPE_H
#define PARLEY_OBJECTS_FILETYPE_H

#include <stdbool.h>

#include "parley/core/err.h"
#include "parley/core/str.h"

/* As many of a file's first bytes as are looked at; the caller gives so many, or the whole of a shorter file. */
enum { FILETYPE_HEAD_BYTES = 4096, FILENAME_MAX_BYTES = 255 };

/*
 * ERR_OK, or ERR_FILE_NAME: empty, over FILENAME_MAX_BYTES, not UTF-8, "." or "..", with '/', '\', a control character, or one of
 * those that turn the direction of writing, by which "exe" can be made to look like another extension.
 */
enum err filename_check(struct str filename) MUST_CHECK;

/*
 *   filename  has passed filename_check
 *   head      the file's first bytes
 *   allowed   extensions with commas, of either case, with or without a dot; "*" lets everything in
 * ERR_OK with the type in *ret_content_type (static; application/octet-stream where name and content tell nothing or, under
 * "*", not the same), or ERR_FILE_TYPE. Any thread.
 */
enum err filetype_check(struct str filename, struct str head, struct str allowed,
                        struct str *ret_content_type) MUST_CHECK;

/*
 * The same before any byte is there: whether the name alone may pass, and which type the content will have to be.
 * ERR_OK or ERR_FILE_TYPE.
 */
enum err filetype_check_name(struct str filename, struct str allowed, struct str *ret_content_type) MUST_CHECK;

/*
 * Whether a browser may show it by itself: pictures without script, sound, films, PDF, plain text. Everything else is only ever
 * downloaded, HTML, SVG and XML above all. Parameters behind ';' are passed over.
 */
bool filetype_is_inline(struct str content_type);

#endif
