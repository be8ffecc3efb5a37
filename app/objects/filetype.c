#include "parley/objects/filetype.h"

#include "parley/core/text.h"
#include "sniff.h"

/* What the content of a file with some extension must be. */
enum fits {
    FITS_KIND, /* exactly the kind */
    FITS_TEXT, /* markup too: under .txt it is served as text, which no browser looks into */
    FITS_JSON, /* text that can be JSON */
    FITS_ZIP,  /* any ZIP */
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
    { "heif", FITS_KIND, SNIFFED_HEIF, "image/heif" },
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
    { "md",   FITS_TEXT, SNIFFED_TEXT, "text/markdown" }, /* Markdown may begin with tags; it is never shown inline */
    { "csv",  FITS_TEXT, SNIFFED_TEXT, "text/csv" },
    { "json", FITS_JSON, SNIFFED_TEXT, "application/json" },
    { "yaml", FITS_TEXT, SNIFFED_TEXT, "application/yaml" },
    { "yml",  FITS_TEXT, SNIFFED_TEXT, "application/yaml" },
    /* Sources and settings: shown as the text that they are. */
    { "toml",  FITS_TEXT, SNIFFED_TEXT, "text/plain" },
    { "ini",   FITS_TEXT, SNIFFED_TEXT, "text/plain" },
    { "conf",  FITS_TEXT, SNIFFED_TEXT, "text/plain" },
    { "diff",  FITS_TEXT, SNIFFED_TEXT, "text/plain" },
    { "patch", FITS_TEXT, SNIFFED_TEXT, "text/plain" },
    { "c",     FITS_TEXT, SNIFFED_TEXT, "text/plain" },
    { "h",     FITS_TEXT, SNIFFED_TEXT, "text/plain" },
    { "cpp",   FITS_TEXT, SNIFFED_TEXT, "text/plain" },
    { "py",    FITS_TEXT, SNIFFED_TEXT, "text/plain" },
    { "js",    FITS_TEXT, SNIFFED_TEXT, "text/plain" },
    { "ts",    FITS_TEXT, SNIFFED_TEXT, "text/plain" },
    { "java",  FITS_TEXT, SNIFFED_TEXT, "text/plain" },
    { "go",    FITS_TEXT, SNIFFED_TEXT, "text/plain" },
    { "rs",    FITS_TEXT, SNIFFED_TEXT, "text/plain" },
    { "sh",    FITS_TEXT, SNIFFED_TEXT, "text/plain" },
    { "sql",   FITS_TEXT, SNIFFED_TEXT, "text/plain" },
    { "css",   FITS_TEXT, SNIFFED_TEXT, "text/plain" },
    { "tex",   FITS_TEXT, SNIFFED_TEXT, "text/plain" },
    { "html", FITS_TEXT, SNIFFED_HTML, "text/html" },
    { "htm",  FITS_TEXT, SNIFFED_HTML, "text/html" },
    { "svg",  FITS_KIND, SNIFFED_SVG,  "image/svg+xml" },
    { "xml",  FITS_TEXT, SNIFFED_XML, "application/xml" },
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

enum err filename_check(struct str filename)
{
    if (!str_is_utf8(filename) || str_code_points(filename) > FILENAME_MAX_CHARS)
        return ERR_FILE_NAME;
    if (str_eq_c(filename, ".") || str_eq_c(filename, "..") || !text_shows(filename))
        return ERR_FILE_NAME;
    if (str_index(filename, '/') != SIZE_MAX || str_index(filename, '\\') != SIZE_MAX)
        return ERR_FILE_NAME;
    if (!text_is_line(filename) || text_turns_direction(filename))
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

/* Pictures that browsers save under one another's names. Not SVG: that is markup. */
static bool is_picture(const struct filetype *type)
{
    return type->fits == FITS_KIND && type->kind != SNIFFED_SVG &&
           str_starts_with(str_from(type->content_type), STR("image/"));
}

static bool fits(const struct filetype *type, struct str head)
{
    enum sniffed kind = sniff(head);

    switch (type->fits) {
    case FITS_TEXT: return sniff_is_plain(head);
    case FITS_JSON: return sniff_is_plain(head) && can_be_json(head);
    case FITS_ZIP: return kind == SNIFFED_ZIP || (kind >= SNIFFED_OOXML && kind <= SNIFFED_ODP);
    case FITS_KIND: break;
    }
    return kind == type->kind ||
           (type->kind == SNIFFED_OOXML && kind == SNIFFED_OLE && sniff_is_encrypted_office(head));
}

/* Another picture that may come in by a name of its own; NULL: this is none. */
static const struct filetype *other_picture(const struct filetype *named, struct str head, struct str allowed)
{
    enum sniffed kind = sniff(head);

    for (size_t i = 0; i < COUNT_OF(types) && is_picture(named); i++) {
        if (types[i].kind == kind && is_picture(&types[i]) &&
            (allows_everything(allowed) || allows(allowed, str_from(types[i].extension))))
            return &types[i];
    }
    return NULL;
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
    const struct filetype *type = type_of(extension_of(filename));
    struct str named;

    head = str_head(head, FILETYPE_HEAD_BYTES);
    TRY(filetype_check_name(filename, allowed, &named));
    /* Nothing in an empty file says anything else than its name. */
    if (type != NULL && head.len > 0 && !fits(type, head)) {
        type = other_picture(type, head, allowed);
        if (type == NULL && !allows_everything(allowed))
            return ERR_FILE_CONTENT;
        named = type != NULL ? str_from(type->content_type) : STR("application/octet-stream");
    }
    *ret_content_type = named;
    return ERR_OK;
}

int64_t filetype_far_offset(struct str filename, struct str head)
{
    const struct filetype *type = type_of(extension_of(filename));

    return type != NULL && type->kind == SNIFFED_OOXML ? sniff_ole_directory(head) : 0;
}

enum err filetype_check_far(struct str far)
{
    return sniff_is_encrypted_office(far) ? ERR_OK : ERR_FILE_CONTENT;
}

struct str filetype_with_charset(struct str content_type, const struct utf8_stream *text)
{
    return str_eq_c(content_type, "text/plain") && utf8_stream_is_good(text) ? STR("text/plain; charset=utf-8")
                                                                             : content_type;
}

struct str filetype_bare(struct str content_type)
{
    return str_trim(str_head(content_type, str_index(content_type, ';')));
}

bool filetype_is_inline(struct str content_type)
{
    struct str bare = filetype_bare(content_type);
    for (size_t i = 0; i < COUNT_OF(inline_types); i++) {
        if (str_eq_nocase(bare, str_from(inline_types[i])))
            return true;
    }
    return false;
}
