/* Inside the objects room: what a file's first bytes are. */
#ifndef PARLEY_OBJECTS_SNIFF_H
#define PARLEY_OBJECTS_SNIFF_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/str.h"

enum sniffed {
    SNIFFED_BINARY, /* none of the others */
    SNIFFED_TEXT,
    SNIFFED_HTML, /* text that a browser could take for HTML, SVG, XML */
    SNIFFED_SVG,
    SNIFFED_XML,
    SNIFFED_JPEG,
    SNIFFED_PNG,
    SNIFFED_GIF,
    SNIFFED_WEBP,
    SNIFFED_BMP,
    SNIFFED_TIFF,
    SNIFFED_PDF,
    SNIFFED_OLE, /* the older Office formats */
    SNIFFED_ZIP,
    SNIFFED_OOXML, /* a ZIP with what the newer Office formats begin with */
    SNIFFED_ODT,
    SNIFFED_ODS,
    SNIFFED_ODP,
    SNIFFED_RAR,
    SNIFFED_7Z,
    SNIFFED_GZIP,
    SNIFFED_BZIP2,
    SNIFFED_XZ,
    SNIFFED_ZSTD,
    SNIFFED_TAR,
    SNIFFED_MP3,
    SNIFFED_FLAC,
    SNIFFED_MP4,  /* ISO base media: mp4, m4a, mov */
    SNIFFED_HEIF, /* the same with a picture: heic, avif */
    SNIFFED_WEBM,
    SNIFFED_OGG,
    SNIFFED_WAV,
};

enum sniffed sniff(struct str head);
/* Text in UTF-8, in a one-byte code, or in UTF-16 with its mark. Nothing at all is text too. */
bool sniff_is_text(struct str head);
/* The same, and nothing in it but letters looks like the beginning of another format: "ID3 tags are wrong" is text. */
bool sniff_is_plain(struct str head);
/* Where the directory of a compound file begins, in bytes; 0: this is none. */
int64_t sniff_ole_directory(struct str head);
/* Is that the directory, or the file that holds it, of an Office document under a password? */
bool sniff_is_encrypted_office(struct str directory);

#endif
