#include "parley/objects/filetype.h"

#include "sniff.h"

/* What the content of a file with some extension must be. */
enum fits {
    FITS_KIND, /* exactly the kind */
    FITS_TEXT, /* text that no browser takes for markup */
    FITS_JSON, /* text that can be JSON */
    FITS_ANY_TEXT,
    FITS_ZIP, /* any ZIP */
};

struct filetype {
    const char *extension;
    enum fits fits;
    enum sniffed kind; /* of FITS_KIND */
    const char *content_type;
};

/* clang-format off */
static const struct filetype types[] = {
    { "jpg",  FITS_KIND, SNIFFED_JPEG, "image/jpeg" },
    { "jpeg", FITS_KIND, SNIFFED_JPEG, "image/jpeg" },
    { "png",  FITS_KIND, SNIFFED_PNG,  "image/png" },
    { "gif",  FITS_KIND, SNIFFED_GIF,  "image/gif" },
    { "webp", FITS_KIND, SNIFFED_WEBP, "image/webp" },
    { "bmp",  FITS_KIND, SNIFFED_BMP,  "image/bmp" },
    { "tif",  FITS_KIND, SNIFFED_TIFF, "image/tiff" },
    { "tiff", FITS_KIND, SNIFFED_TIFF, "image/tiff" },
    { "heic", FITS_KIND, SNIFFED_HEIF, "image/heic" },
    { "avif", FITS_KIND, SNIFFED_HEIF, "image/avif" },
    { "pdf",  FITS_KIND, SNIFFED_PDF,  "application/pdf" },
    { "doc",  FITS_KIND, SNIFFED_OLE,  "application/msword" },
    { "xls",  FITS_KIND, SNIFFED_OLE,  "application/vnd.ms-excel" },
    { "ppt",  FITS_KIND, SNIFFED_OLE,  "application/vnd.ms-powerpoint" },
    { "docx", FITS_KIND, SNIFFED_OOXML, "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
    { "xlsx", FITS_KIND, SNIFFED_OOXML, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
    { "pptx", FITS_KIND, SNIFFED_OOXML, "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
    { "odt",  FITS_KIND, SNIFFED_ODT,  "application/vnd.oasis.opendocument.text" },
    { "ods",  FITS_KIND, SNIFFED_ODS,  "application/vnd.oasis.opendocument.spreadsheet" },
    { "odp",  FITS_KIND, SNIFFED_ODP,  "application/vnd.oasis.opendocument.presentation" },
    { "txt",  FITS_TEXT, SNIFFED_TEXT, "text/plain" },
    { "log",  FITS_TEXT, SNIFFED_TEXT, "text/plain" },
    { "md",   FITS_ANY_TEXT, SNIFFED_TEXT, "text/markdown" }, /* Markdown may begin with tags; it is never shown inline */
    { "csv",  FITS_TEXT, SNIFFED_TEXT, "text/csv" },
    { "json", FITS_JSON, SNIFFED_TEXT, "application/json" },
    { "yaml", FITS_TEXT, SNIFFED_TEXT, "application/yaml" },
    { "yml",  FITS_TEXT, SNIFFED_TEXT, "application/yaml" },
    { "html", FITS_ANY_TEXT, SNIFFED_HTML, "text/html" },
    { "htm",  FITS_ANY_TEXT, SNIFFED_HTML, "text/html" },
    { "svg",  FITS_KIND, SNIFFED_SVG,  "image/svg+xml" },
    { "xml",  FITS_ANY_TEXT, SNIFFED_XML, "application/xml" },
    { "zip",  FITS_ZIP,  SNIFFED_ZIP,  "application/zip" },
    { "rar",  FITS_KIND, SNIFFED_RAR,  "application/vnd.rar" },
    { "7z",   FITS_KIND, SNIFFED_7Z,   "application/x-7z-compressed" },
    { "tar",  FITS_KIND, SNIFFED_TAR,  "application/x-tar" },
    { "gz",   FITS_KIND, SNIFFED_GZIP, "application/gzip" },
    { "tgz",  FITS_KIND, SNIFFED_GZIP, "application/gzip" },
    { "bz2",  FITS_KIND, SNIFFED_BZIP2, "application/x-bzip2" },
    { "xz",   FITS_KIND, SNIFFED_XZ,   "application/x-xz" },
    { "zst",  FITS_KIND, SNIFFED_ZSTD, "application/zstd" },
    { "mp3",  FITS_KIND, SNIFFED_MP3,  "audio/mpeg" },
    { "m4a",  FITS_KIND, SNIFFED_MP4,  "audio/mp4" },
    { "flac", FITS_KIND, SNIFFED_FLAC, "audio/flac" },
    { "wav",  FITS_KIND, SNIFFED_WAV,  "audio/wav" },
    { "ogg",  FITS_KIND, SNIFFED_OGG,  "audio/ogg" },
    { "oga",  FITS_KIND, SNIFFED_OGG,  "audio/ogg" },
    { "opus", FITS_KIND, SNIFFED_OGG,  "audio/ogg" },
    { "ogv",  FITS_KIND, SNIFFED_OGG,  "video/ogg" },
    { "mp4",  FITS_KIND, SNIFFED_MP4,  "video/mp4" },
    { "m4v",  FITS_KIND, SNIFFED_MP4,  "video/mp4" },
    { "mov",  FITS_KIND, SNIFFED_MP4,  "video/quicktime" },
    { "webm", FITS_KIND, SNIFFED_WEBM, "video/webm" },
};
/* clang-format on */

static const char *const inline_types[] = {
    "image/jpeg", "image/png",  "image/gif", "image/webp", "image/avif", "application/pdf", "text/plain", "audio/mpeg",
    "audio/mp4",  "audio/flac", "audio/wav", "audio/ogg",  "video/mp4",  "video/webm",      "video/ogg",
};

/* U+202A to U+202E and U+2066 to U+2069, in UTF-8. */
static bool turns_direction(struct str filename)
{
    for (size_t i = 0; i + 2 < filename.len; i++) {
        uint8_t a = (uint8_t)filename.ptr[i], b = (uint8_t)filename.ptr[i + 1], c = (uint8_t)filename.ptr[i + 2];
        if (a == 0xe2 && ((b == 0x80 && c >= 0xaa && c <= 0xae) || (b == 0x81 && c >= 0xa6 && c <= 0xa9)))
            return true;
    }
    return false;
}

/* U+0080 to U+009F: 0xC2 and a byte below 0xA0. */
static bool has_upper_control(struct str filename)
{
    for (size_t i = 0; i + 1 < filename.len; i++) {
        if ((uint8_t)filename.ptr[i] == 0xc2 && (uint8_t)filename.ptr[i + 1] < 0xa0)
            return true;
    }
    return false;
}

enum err filename_check(struct str filename)
{
    if (filename.len == 0 || filename.len > FILENAME_MAX_BYTES || !str_is_utf8(filename))
        return ERR_FILE_NAME;
    if (str_eq_c(filename, ".") || str_eq_c(filename, "..") || str_trim(filename).len == 0)
        return ERR_FILE_NAME;
    if (str_index(filename, '/') != SIZE_MAX || str_index(filename, '\\') != SIZE_MAX)
        return ERR_FILE_NAME;
    if (str_has_control(filename) || has_upper_control(filename) || turns_direction(filename))
        return ERR_FILE_NAME;
    return ERR_OK;
}

/* Behind the last dot; absent where there is none, or nothing before it. */
static struct str extension_of(struct str filename)
{
    for (size_t i = filename.len; i > 1; i--) {
        if (filename.ptr[i - 1] == '.')
            return str_tail(filename, i);
    }
    return (struct str){ NULL, 0 };
}

static bool allows(struct str allowed, struct str extension)
{
    struct str piece;
    while (extension.len > 0 && str_split(&allowed, ',', &piece)) {
        piece = str_trim(piece);
        if (str_starts_with(piece, STR(".")))
            piece = str_tail(piece, 1);
        if (str_eq_nocase(piece, extension))
            return true;
    }
    return false;
}

static bool allows_everything(struct str allowed)
{
    struct str piece;
    while (str_split(&allowed, ',', &piece)) {
        if (str_eq_c(str_trim(piece), "*"))
            return true;
    }
    return false;
}

static const struct filetype *type_of(struct str extension)
{
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        if (str_eq_nocase(extension, str_from(types[i].extension)))
            return &types[i];
    }
    return NULL;
}

static bool can_be_json(struct str head)
{
    struct str text = str_trim(str_starts_with(head, STR("\xef\xbb\xbf")) ? str_tail(head, 3) : head);
    return text.len > 0 && strchr("{[\"-0123456789tfn", text.ptr[0]) != NULL && text.ptr[0] != '\0';
}

static bool fits(const struct filetype *type, struct str head)
{
    enum sniffed kind = sniff(head);
    switch (type->fits) {
    case FITS_TEXT: return kind == SNIFFED_TEXT;
    case FITS_JSON: return kind == SNIFFED_TEXT && can_be_json(head);
    case FITS_ANY_TEXT: return sniff_is_text(head);
    case FITS_ZIP: return kind == SNIFFED_ZIP || (kind >= SNIFFED_OOXML && kind <= SNIFFED_ODP);
    case FITS_KIND: break;
    }
    return kind == type->kind;
}

enum err filetype_check_name(struct str filename, struct str allowed, struct str *ret_content_type)
{
    struct str extension = extension_of(filename);
    const struct filetype *type;
    if (!allows_everything(allowed) && !allows(allowed, extension))
        return ERR_FILE_TYPE;
    type = type_of(extension);
    *ret_content_type = type != NULL ? str_from(type->content_type) : STR("application/octet-stream");
    return ERR_OK;
}

enum err filetype_check(struct str filename, struct str head, struct str allowed, struct str *ret_content_type)
{
    struct str named;
    const struct filetype *type;
    bool fitting;
    TRY(filetype_check_name(filename, allowed, &named));
    type = type_of(extension_of(filename));
    fitting = type == NULL || fits(type, str_head(head, FILETYPE_HEAD_BYTES));
    if (!fitting && !allows_everything(allowed))
        return ERR_FILE_TYPE;
    *ret_content_type = fitting ? named : STR("application/octet-stream");
    return ERR_OK;
}

bool filetype_is_inline(struct str content_type)
{
    struct str bare = str_trim(str_head(content_type, str_index(content_type, ';')));
    for (size_t i = 0; i < COUNT_OF(inline_types); i++) {
        if (str_eq_nocase(bare, str_from(inline_types[i])))
            return true;
    }
    return false;
}
