/*
 * What a file may be called and what it really is. A file passes when its extension is among the allowed and its first bytes
 * are those of such a file, so that a page of HTML does not come in as a picture. Nothing is decoded.
 * Sources: the formats' own descriptions, and WHATWG MIME Sniffing §7 for what a browser takes for HTML.
 */
#ifndef PARLEY_OBJECTS_FILETYPE_H
#define PARLEY_OBJECTS_FILETYPE_H

#include <stdbool.h>

#include "parley/core/err.h"
#include "parley/core/limits.h"
#include "parley/core/str.h"
#include "parley/core/utf8_stream.h"

/* As many of a file's first bytes as are looked at; the caller gives so many, or the whole of a shorter file. */
enum { FILETYPE_HEAD_BYTES = 4096, FILETYPE_FAR_BYTES = 4096, FILENAME_MAX_CHARS = NAME_MAX_CHARS };

/*
 * ERR_OK, or ERR_FILE_NAME: nothing that can be seen, over FILENAME_MAX_CHARS, not UTF-8, "." or "..", with '/', '\', a control
 * character, or one of those that turn the direction of writing, by which "exe" can be made to look like another extension.
 */
enum err filename_check(struct str filename) MUST_CHECK;

/*
 *   filename  has passed filename_check
 *   head      the file's first bytes
 *   allowed   extensions with commas, of either case, with or without a dot; "*" lets everything in
 * ERR_OK with the type in *ret_content_type (static; application/octet-stream where name and content tell nothing or, under
 * "*", not the same), ERR_FILE_TYPE (a name that is not allowed) or ERR_FILE_CONTENT (bytes that are not what the name says). A
 * picture under another picture's name is what its bytes say; an empty file is what its name says. Any thread.
 */
enum err filetype_check(struct str filename, struct str head, struct str allowed,
                        struct str *ret_content_type) MUST_CHECK;

/*
 * An Office document under a password is known by a directory that may stand anywhere in the file. Where filetype_check says
 * ERR_FILE_CONTENT and this is not 0, so many bytes from the file's start on: read up to FILETYPE_FAR_BYTES there, and let
 * filetype_check_far judge them. The type is then that of the name.
 */
int64_t filetype_far_offset(struct str filename, struct str head);
/* ERR_OK or ERR_FILE_CONTENT. */
enum err filetype_check_far(struct str far) MUST_CHECK;

/*
 * The same before any byte is there: whether the name alone may pass, and which type the content will have to be.
 * ERR_OK or ERR_FILE_TYPE.
 */
enum err filetype_check_name(struct str filename, struct str allowed, struct str *ret_content_type) MUST_CHECK;

/*
 * Plain text with its charset where all of it is UTF-8: without one browsers take it for a one-byte code. Other types, and
 * text in another code, as they are.
 *   text  all of the file's bytes
 */
struct str filetype_with_charset(struct str content_type, const struct utf8_stream *text);
/* A type without its parameters. Borrowed from it. */
struct str filetype_bare(struct str content_type);

/*
 * Whether a browser may show it by itself: pictures without script, sound, films, PDF, plain text. Everything else is only ever
 * downloaded, HTML, SVG and XML above all. Parameters behind ';' are passed over.
 */
bool filetype_is_inline(struct str content_type);

#endif
