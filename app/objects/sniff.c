#include "sniff.h"

#include "parley/core/attrs.h"

/* Where the bytes stand, and which. */
struct magic {
    size_t offset;
    struct str bytes;
    enum sniffed kind;
};

static const struct magic magics[] = {
    { 0, STR_INIT("\xff\xd8\xff"), SNIFFED_JPEG },
    { 0, STR_INIT("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), SNIFFED_PNG }, /* PNG §5.6: the header's chunk comes first */
    { 0, STR_INIT("GIF87a"), SNIFFED_GIF },
    { 0, STR_INIT("GIF89a"), SNIFFED_GIF },
    { 8, STR_INIT("WEBPVP8"), SNIFFED_WEBP },
    { 8, STR_INIT("WAVE"), SNIFFED_WAV },
    { 0, STR_INIT("II*\0"), SNIFFED_TIFF },
    { 0, STR_INIT("MM\0*"), SNIFFED_TIFF },
    { 0, STR_INIT("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), SNIFFED_OLE },
    { 0, STR_INIT("Rar!\x1a\x07"), SNIFFED_RAR },
    { 0, STR_INIT("7z\xbc\xaf\x27\x1c"), SNIFFED_7Z },
    { 0, STR_INIT("\x1f\x8b\x08"), SNIFFED_GZIP },
    { 0, STR_INIT("BZh"), SNIFFED_BZIP2 },
    { 0,
      STR_INIT("\xfd"
               "7zXZ\0"),
      SNIFFED_XZ },
    { 0, STR_INIT("\x28\xb5\x2f\xfd"), SNIFFED_ZSTD },
    { 0, STR_INIT("ID3"), SNIFFED_MP3 },
    { 0, STR_INIT("fLaC"), SNIFFED_FLAC },
    { 4, STR_INIT("ftypheic"), SNIFFED_HEIF },
    { 4, STR_INIT("ftypheix"), SNIFFED_HEIF },
    { 4, STR_INIT("ftypmif1"), SNIFFED_HEIF },
    { 4, STR_INIT("ftypavif"), SNIFFED_HEIF },
    { 4, STR_INIT("ftyp"), SNIFFED_MP4 },
    { 0, STR_INIT("OggS"), SNIFFED_OGG },
};

#define WEBM_MAGIC STR("\x1a\x45\xdf\xa3")

static bool stands_at(struct str head, size_t offset, struct str bytes)
{
    return head.len >= offset + bytes.len && memcmp(head.ptr + offset, bytes.ptr, bytes.len) == 0;
}

static bool contains(struct str head, struct str bytes)
{
    return head.len > 0 && memmem(head.ptr, head.len, bytes.ptr, bytes.len) != NULL;
}

static uint8_t byte_at(struct str head, size_t index)
{
    return (uint8_t)head.ptr[index];
}

/* ISO/IEC 11172-3 §2.4.1.3: eleven set bits, layer III, a bit rate and a sampling frequency that exist. */
static bool is_mpeg_audio(struct str head)
{
    uint8_t version, layer, bit_rate, frequency;
    if (head.len < 4 || byte_at(head, 0) != 0xff || (byte_at(head, 1) & 0xe0) != 0xe0)
        return false;
    version = (byte_at(head, 1) >> 3) & 3;
    layer = (byte_at(head, 1) >> 1) & 3;
    bit_rate = byte_at(head, 2) >> 4;
    frequency = (byte_at(head, 2) >> 2) & 3;
    return version != 1 && layer == 1 && bit_rate != 15 && bit_rate != 0 && frequency != 3;
}

/* The sum of the header's bytes, its own field taken as blanks, stands in it in octal (POSIX.1-1988, ustar). */
static bool is_tar(struct str head)
{
    enum { HEADER_BYTES = 512, SUM_AT = 148, SUM_BYTES = 8 };
    long sum = 0, stored = 0;
    if (head.len < HEADER_BYTES || head.ptr[0] == '\0')
        return false;
    for (size_t i = 0; i < HEADER_BYTES; i++)
        sum += i >= SUM_AT && i < SUM_AT + SUM_BYTES ? ' ' : byte_at(head, i);
    for (size_t i = SUM_AT; i < SUM_AT + SUM_BYTES; i++) {
        if (head.ptr[i] >= '0' && head.ptr[i] <= '7')
            stored = stored * 8 + (head.ptr[i] - '0');
        else if (head.ptr[i] != ' ' && head.ptr[i] != '\0')
            return false;
    }
    return sum == stored;
}

/* APPNOTE 4.3.7: the name of the first entry begins at byte 30. */
static enum sniffed sniff_zip(struct str head)
{
    static const struct str ooxml[] = {
        STR_INIT("[Content_Types].xml"), STR_INIT("_rels/"),    STR_INIT("word/"), STR_INIT("xl/"), STR_INIT("ppt/"),
        STR_INIT("docProps/"),           STR_INIT("customXml/")
    };
    struct str name = str_tail(head, 30);
    if (str_starts_with(name, STR("mimetypeapplication/vnd.oasis.opendocument.text")))
        return SNIFFED_ODT;
    if (str_starts_with(name, STR("mimetypeapplication/vnd.oasis.opendocument.spreadsheet")))
        return SNIFFED_ODS;
    if (str_starts_with(name, STR("mimetypeapplication/vnd.oasis.opendocument.presentation")))
        return SNIFFED_ODP;
    for (size_t i = 0; i < COUNT_OF(ooxml); i++) {
        if (str_starts_with(name, ooxml[i]))
            return SNIFFED_OOXML;
    }
    return SNIFFED_ZIP;
}

static bool is_zip(struct str head)
{
    return stands_at(head, 0, STR("PK\x03\x04")) || stands_at(head, 0, STR("PK\x05\x06")) ||
           stands_at(head, 0, STR("PK\x07\x08"));
}

/*
 * Control characters in texts of other systems and programs: bells and overstrikes of printed pages, tabs, page ends, shifts
 * of ISO 2022, the end mark of CP/M and DOS, escapes of terminals, separators of records.
 */
static bool text_holds(uint8_t control)
{
    return (control >= 0x07 && control <= 0x0f) || control >= 0x1a;
}

bool sniff_is_text(struct str head)
{
    if (stands_at(head, 0, STR("\xff\xfe")) || stands_at(head, 0, STR("\xfe\xff")))
        return head.len % 2 == 0;
    for (size_t i = 0; i < head.len; i++) {
        if (byte_at(head, i) < 0x20 && !text_holds(byte_at(head, i)))
            return false;
    }
    return true;
}

static bool is_printable(struct str bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (byte_at(bytes, i) < 0x20 || byte_at(bytes, i) >= 0x7f)
            return false;
    }
    return true;
}

bool sniff_is_plain(struct str head)
{
    if (!sniff_is_text(head) || is_mpeg_audio(head) || stands_at(head, 0, WEBM_MAGIC))
        return false;
    for (size_t i = 0; i < COUNT_OF(magics); i++) {
        if (stands_at(head, magics[i].offset, magics[i].bytes) && !is_printable(magics[i].bytes))
            return false;
    }
    return true;
}

/* [MS-OFFCRYPTO] §2.3.4: the two streams of a document under a password, by their names in UTF-16. */
bool sniff_is_encrypted_office(struct str directory)
{
    static const struct str names[] = {
        STR_INIT("E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"),
        STR_INIT("E\0n\0c\0r\0y\0p\0t\0i\0o\0n\0I\0n\0f\0o\0"),
    };

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (!contains(directory, names[i]))
            return false;
    }
    return true;
}

/* [MS-CFB] §2.2: the sector's size as a power of two at byte 30, the directory's first sector at 48, behind the header. */
int64_t sniff_ole_directory(struct str head)
{
    enum { SHIFT_AT = 30, DIRECTORY_AT = 48, HEADER_BYTES = 52 };
    uint32_t sector = 0;

    if (head.len < HEADER_BYTES || sniff(head) != SNIFFED_OLE)
        return 0;
    if (byte_at(head, SHIFT_AT) != 9 && byte_at(head, SHIFT_AT) != 12)
        return 0;
    for (size_t i = 4; i > 0; i--)
        sector = sector << 8 | byte_at(head, DIRECTORY_AT + i - 1);
    return ((int64_t)sector + 1) << byte_at(head, SHIFT_AT);
}

static bool begins_nocase(struct str text, const char *with)
{
    size_t len = strlen(with);
    return text.len >= len && str_eq_nocase(str_head(text, len), str_from(with));
}

/* A tag that ends where its name ends. */
static bool begins_with_tag(struct str text, const char *tag)
{
    struct str after = str_tail(text, strlen(tag));
    return begins_nocase(text, tag) &&
           (after.len == 0 || after.ptr[0] == '>' || after.ptr[0] == '/' || str_trim(str_head(after, 1)).len == 0);
}

static enum sniffed sniff_markup(struct str text)
{
    static const char *const tags[] = {
        "<!doctype html", "<html", "<head",  "<script", "<iframe", "<h1",    "<div", "<font",
        "<table",         "<a",    "<style", "<title",  "<b",      "<body",  "<br",  "<p",
        "<img",           "<form", "<meta",  "<link",   "<object", "<embed", "<base"
    };
    if (begins_with_tag(text, "<svg") || begins_nocase(text, "<!doctype svg"))
        return SNIFFED_SVG;
    if (begins_nocase(text, "<?xml") && contains(text, STR("<svg")))
        return SNIFFED_SVG;
    if (begins_nocase(text, "<?xml"))
        return SNIFFED_XML;
    if (begins_nocase(text, "<!--"))
        return contains(text, STR("<svg")) ? SNIFFED_SVG : SNIFFED_HTML;
    for (size_t i = 0; i < COUNT_OF(tags); i++) {
        if (begins_with_tag(text, tags[i]))
            return SNIFFED_HTML;
    }
    return SNIFFED_TEXT;
}

static enum sniffed sniff_text(struct str head)
{
    struct str text = stands_at(head, 0, STR("\xef\xbb\xbf")) ? str_tail(head, 3) : head;
    return sniff_markup(str_trim(text));
}

enum sniffed sniff(struct str head)
{
    for (size_t i = 0; i < COUNT_OF(magics); i++) {
        bool riff = magics[i].kind == SNIFFED_WEBP || magics[i].kind == SNIFFED_WAV;
        if (stands_at(head, magics[i].offset, magics[i].bytes) && (!riff || stands_at(head, 0, STR("RIFF"))))
            return magics[i].kind;
    }
    if (is_zip(head))
        return sniff_zip(head);
    if (stands_at(head, 0, WEBM_MAGIC) && contains(str_head(head, 256), STR("webm")))
        return SNIFFED_WEBM;
    if (contains(str_head(head, 1024), STR("%PDF-")))
        return SNIFFED_PDF;
    if (is_tar(head))
        return SNIFFED_TAR;
    if (is_mpeg_audio(head))
        return SNIFFED_MP3;
    if (sniff_is_text(head))
        return sniff_text(head);
    return stands_at(head, 0, STR("BM")) ? SNIFFED_BMP : SNIFFED_BINARY;
}
