#include "parley/objects/filetype.h"

#include "unit.h"

#include "parley/objects/disposition.h"

static const char standard[] =
    "jpg,jpeg,png,gif,webp,pdf,doc,docx,xls,xlsx,ppt,pptx,odt,ods,odp,txt,md,csv,json,zip,rar,7z,tar,gz,mp3,mp4,webm,ogg,wav";

struct sample {
    const char *filename;
    struct str head;
    const char *content_type; /* NULL: refused */
};

/* Of a compound file: 512-byte sectors, its directory in the first one behind the header, with two streams in it. */
#define OLE STR_INIT("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
struct ole {
    char bytes[2 * FILETYPE_HEAD_BYTES];
};

static void name_put(char *at, const char *name)
{
    for (size_t i = 0; name[i] != '\0'; i++)
        at[2 * i] = name[i];
}

static void ole_make(struct ole *ole, unsigned directory_sector)
{
    char *directory = ole->bytes + 512 * (directory_sector + 1);

    memset(ole, 0, sizeof(*ole));
    memcpy(ole->bytes, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
    ole->bytes[30] = 9;
    ole->bytes[48] = (char)directory_sector;
    name_put(directory, "Root Entry");
    name_put(directory + 128, "EncryptedPackage");
    name_put(directory + 256, "EncryptionInfo");
}

#define PNG STR_INIT("\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
#define ZIP_OF(name) STR_INIT("PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x09\0\0\0" name)

static void check(const struct sample *samples, size_t count, const char *allowed)
{
    for (size_t i = 0; i < count; i++) {
        struct str type = STR("");
        enum err e = filetype_check(str_from(samples[i].filename), samples[i].head, str_from(allowed), &type);
        if ((e == ERR_OK) != (samples[i].content_type != NULL) ||
            (e == ERR_OK && !str_eq_c(type, samples[i].content_type)))
            fail_msg("%s (sample %zu): %d, %.*s", samples[i].filename, i, e, STR_FMT(type));
    }
}

static void test_filetype__takes_what_is_what_it_says(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        { "a.png", PNG, "image/png" },
        { "A.B.PNG", PNG, "image/png" },
        { "a.jpg", STR_INIT("\xff\xd8\xff\xe0\0\x10JFIF"), "image/jpeg" },
        { "a.jpeg", STR_INIT("\xff\xd8\xff\xe1"), "image/jpeg" },
        { "a.gif", STR_INIT("GIF89a"), "image/gif" },
        { "a.webp", STR_INIT("RIFF\x10\0\0\0WEBPVP8 "), "image/webp" },
        { "a.pdf", STR_INIT("%PDF-1.7\n"), "application/pdf" },
        { "a.doc", STR_INIT("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "application/msword" },
        { "a.xls", STR_INIT("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "application/vnd.ms-excel" },
        { "a.docx", ZIP_OF("[Content_Types].xml"),
          "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
        { "a.xlsx", ZIP_OF("xl/workbook.xml"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
        { "a.odt", ZIP_OF("mimetypeapplication/vnd.oasis.opendocument.text"),
          "application/vnd.oasis.opendocument.text" },
        { "a.ods", ZIP_OF("mimetypeapplication/vnd.oasis.opendocument.spreadsheet"),
          "application/vnd.oasis.opendocument.spreadsheet" },
        { "a.zip", ZIP_OF("a.txt"), "application/zip" },
        { "a.zip", ZIP_OF("word/document.xml"), "application/zip" },
        { "a.rar", STR_INIT("Rar!\x1a\x07\x01\0"), "application/vnd.rar" },
        { "a.7z", STR_INIT("7z\xbc\xaf\x27\x1c\0\x04"), "application/x-7z-compressed" },
        { "a.tar.gz", STR_INIT("\x1f\x8b\x08\0"), "application/gzip" },
        { "a.mp3", STR_INIT("ID3\x04\0\0"), "audio/mpeg" },
        { "a.mp3", STR_INIT("\xff\xfb\x90\x64"), "audio/mpeg" },
        { "a.mp4",
          STR_INIT("\0\0\0\x18"
                   "ftypmp42"),
          "video/mp4" },
        { "a.webm", STR_INIT("\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm"), "video/webm" },
        { "a.ogg", STR_INIT("OggS\0\x02"), "audio/ogg" },
        { "a.wav", STR_INIT("RIFF\x24\0\0\0WAVEfmt "), "audio/wav" },
        { "a.txt", STR_INIT("hello\n"), "text/plain" },
        { "a.txt", STR_INIT(""), "text/plain" },
        { "a.txt", STR_INIT("caf\xe9 in one byte"), "text/plain" },
        { "a.txt", STR_INIT("\xff\xfeh\0i\0"), "text/plain" },
        { "a.md", STR_INIT("# Title\n"), "text/markdown" },
        { "a.md", STR_INIT("<div align=\"center\">\n"), "text/markdown" },
        { "a.csv", STR_INIT("a,b\n1,2\n"), "text/csv" },
        { "a.json", STR_INIT(" {\"a\":1}"), "application/json" },
        { "a.txt", STR_INIT("ID3 tags of the files are wrong"), "text/plain" },
        { "a.csv", STR_INIT("ID3,name"), "text/csv" },
        { "a.txt", STR_INIT("a PDF begins with %PDF-1.7"), "text/plain" },
        { "a.txt", STR_INIT("BZh, GIF89a, OggS"), "text/plain" },
        { "a.txt", STR_INIT("<?xml version='1.0'?><x/>"), "text/plain" },
        { "a.txt", STR_INIT("  <!DOCTYPE HTML>"), "text/plain" },
        { "a.csv", STR_INIT("<svg xmlns='http://www.w3.org/2000/svg'>"), "text/csv" },
        { "a.txt", STR_INIT("N\bNAME\x07\v of a page\x1a"), "text/plain" },
        { "a.jpg", PNG, "image/png" },
        { "a.jpeg", STR_INIT("RIFF\x10\0\0\0WEBPVP8 "), "image/webp" },
        { "a.png", STR_INIT("\xff\xd8\xff\xe0\0\x10JFIF"), "image/jpeg" },
        { "a.png", STR_INIT("GIF89a"), "image/gif" },
        { "a.json", STR_INIT(""), "application/json" },
        { "a.docx", STR_INIT(""), "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
    };
    check(samples, COUNT_OF(samples), standard);
}

static void test_filetype__refuses_what_is_not(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        { "a.png", STR_INIT("<html><script>"), NULL },
        { "a.png", STR_INIT("<svg>"), NULL },
        { "a.png", STR_INIT("BM\x01\0"), NULL },
        { "a.png", STR_INIT("%PDF-1.7"), NULL },
        { "a.jpg", STR_INIT("MZ\x90\0"), NULL },
        { "a.webp", STR_INIT("RIFF\x10\0\0\0AVI LIST"), NULL },
        { "a.wav", STR_INIT("XXXX\x10\0\0\0WAVEfmt "), NULL },
        { "a.txt", STR_INIT("MZ\x90\0\x03"), NULL },
        { "a.txt",
          STR_INIT("\x7f"
                   "ELF\x02"),
          NULL },
        { "a.txt", STR_INIT("\xff\xd8\xff\xe0 text"), NULL },
        { "a.txt", STR_INIT("\xff\xfb\x90\x64 text"), NULL },
        { "a.csv", STR_INIT("PK\x03\x04 text"), NULL },
        { "a.docx", OLE, NULL },
        { "a.json", STR_INIT("<?xml version='1.0'?><x/>"), NULL },
        { "a.json", STR_INIT("hello"), NULL },
        { "a.pdf", STR_INIT("hello"), NULL },
        { "a.docx", ZIP_OF("evil.exe"), NULL },
        { "a.odt", ZIP_OF("mimetypeapplication/vnd.oasis.opendocument.spreadsheet"), NULL },
        { "a.webm", STR_INIT("\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x88matroska"), NULL },
        { "a.mp3", STR_INIT("\xff\xff\xff\xff"), NULL },
        { "a.html", STR_INIT("<html>"), NULL },
        { "a.svg", STR_INIT("<svg>"), NULL },
        { "a.exe", STR_INIT("MZ"), NULL },
        { "a", STR_INIT("hello"), NULL },
        { ".txt", STR_INIT("hello"), NULL },
        { "a.txt.", STR_INIT("hello"), NULL },
        { "a.", STR_INIT("hello"), NULL },
    };
    check(samples, COUNT_OF(samples), standard);
}

static void test_filetype__knows_tar_by_its_sum(void **state)
{
    (void)state;
    static char block[512];
    struct str head = { block, sizeof(block) }, type;
    memcpy(block, "file.txt", 8);
    memcpy(block + 100, "0000644\0000000000\0000000000\00000000000005\00000000000000", 48);
    memcpy(block + 156, "0", 1);
    memcpy(block + 257, "ustar\00000", 8);
    memset(block + 148, ' ', 8);
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof(block); i++)
        sum += (unsigned char)block[i];
    snprintf(block + 148, 8, "%06o", sum);
    block[155] = ' ';
    assert_ok(filetype_check(STR("a.tar"), head, str_from(standard), &type));
    assert_str(type, "application/x-tar");
    block[0] = 'g';
    assert_err(filetype_check(STR("a.tar"), head, str_from(standard), &type), ERR_FILE_CONTENT);
}

static void test_filetype__takes_office_files_under_a_password(void **state)
{
    (void)state;
    static struct ole ole;
    struct str head = { ole.bytes, FILETYPE_HEAD_BYTES }, type;

    ole_make(&ole, 1);
    assert_ok(filetype_check(STR("a.xlsx"), head, str_from(standard), &type));
    assert_str(type, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
    assert_err(filetype_check(STR("a.zip"), head, str_from(standard), &type), ERR_FILE_CONTENT);
    /* Its directory lies behind what is read first. */
    ole_make(&ole, 10);
    assert_err(filetype_check(STR("a.docx"), head, str_from(standard), &type), ERR_FILE_CONTENT);
    assert_int_equal(filetype_far_offset(STR("a.docx"), head), 11 * 512);
    assert_ok(filetype_check_far((struct str){ ole.bytes + 11 * 512, 512 }));
    assert_err(filetype_check_far((struct str){ ole.bytes, 512 }), ERR_FILE_CONTENT);
    assert_int_equal(filetype_far_offset(STR("a.pdf"), head), 0);
    assert_int_equal(filetype_far_offset(STR("a.docx"), STR("PK")), 0);
}

static void test_filetype__says_whether_text_is_utf8(void **state)
{
    (void)state;
    static const char text[] = "gr\xc3\xbc\xc3\x9f\xf0\x9f\x98\x80.";

    for (size_t piece = 1; piece < sizeof(text); piece++) {
        struct utf8_stream good = { .pending_len = 0 }, cut = good, latin = good;

        for (size_t at = 0; at < sizeof(text) - 1; at += piece)
            utf8_stream_add(&good, text + at, at + piece < sizeof(text) - 1 ? piece : sizeof(text) - 1 - at);
        assert_str(filetype_with_charset(STR("text/plain"), &good), "text/plain; charset=utf-8");
        assert_str(filetype_with_charset(STR("text/csv"), &good), "text/csv");
        utf8_stream_add(&cut, text, 3);
        assert_str(filetype_with_charset(STR("text/plain"), &cut), "text/plain");
        utf8_stream_add(&latin, "gr\xfc\xdf", 4);
        utf8_stream_add(&latin, text, piece);
        assert_str(filetype_with_charset(STR("text/plain"), &latin), "text/plain");
    }
}

static void test_filetype__takes_the_setting_as_it_is_written(void **state)
{
    (void)state;
    static const struct sample taken[] = { { "a.png", PNG, "image/png" },
                                           { "a.svg", STR_INIT("<svg>"), "image/svg+xml" },
                                           { "a.dwg", STR_INIT("AC1032"), "application/octet-stream" },
                                           { "a.png", STR_INIT("GIF89a"), NULL },
                                           { "a.txt", STR_INIT("x"), NULL } };
    check(taken, COUNT_OF(taken), " .PNG , Svg,dwg ");
    static const struct sample none[] = { { "a.png", PNG, NULL } };
    check(none, COUNT_OF(none), "");
    static const struct sample any[] = { { "a.png", PNG, "image/png" },
                                         { "a.jpg", PNG, "image/png" },
                                         { "a.png", STR_INIT("<html>"), "application/octet-stream" },
                                         { "a", STR_INIT("x"), "application/octet-stream" },
                                         { "x.html", STR_INIT("<p>"), "text/html" } };
    check(any, COUNT_OF(any), "pdf, *");
}

static void test_filetype__judges_a_name_alone(void **state)
{
    (void)state;
    struct str type;
    assert_ok(filetype_check_name(STR("film.MP4"), str_from(standard), &type));
    assert_str(type, "video/mp4");
    assert_err(filetype_check_name(STR("film.exe"), str_from(standard), &type), ERR_FILE_TYPE);
    assert_ok(filetype_check_name(STR("film.exe"), STR("*"), &type));
    assert_str(type, "application/octet-stream");
}

static void test_filetype__shows_little_inline(void **state)
{
    (void)state;
    static const char *const shown[] = { "image/png",       "IMAGE/JPEG", "text/plain; charset=utf-8",
                                         "application/pdf", "video/mp4",  "audio/ogg" };
    static const char *const saved[] = { "text/html",
                                         "image/svg+xml",
                                         "application/xml",
                                         "text/xml",
                                         "application/xhtml+xml",
                                         "text/markdown",
                                         "text/csv",
                                         "application/json",
                                         "application/octet-stream",
                                         "application/zip",
                                         "",
                                         "image/png2",
                                         "text/javascript" };
    for (size_t i = 0; i < COUNT_OF(shown); i++)
        assert_true(filetype_is_inline(str_from(shown[i])));
    for (size_t i = 0; i < COUNT_OF(saved); i++)
        assert_false(filetype_is_inline(str_from(saved[i])));
}

static void test_filename__judges_names(void **state)
{
    (void)state;
    static const char *const good[] = {
        "a", "a b.txt", "\xc3\xa9t\xc3\xa9.pdf", "\xf0\x9f\x98\x80", "...", ".htaccess", "a\"b'.txt", "C:a"
    };
    static const char *const bad[] = { "",
                                       ".",
                                       "..",
                                       "a/b",
                                       "a\\b",
                                       "a\nb",
                                       "a\rb",
                                       "a\x7f",
                                       "\xff",
                                       "\xed\xa0\x80",
                                       " ",
                                       "a\xc2\x85"
                                       "b",
                                       "photo\xe2\x80\xaegpj.exe",
                                       "a\xe2\x81\xa6"
                                       "b" };
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        if (filename_check(str_from(good[i])) != ERR_OK)
            fail_msg("refused: %s", good[i]);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (filename_check(str_from(bad[i])) != ERR_FILE_NAME)
            fail_msg("taken: %s", bad[i]);
    }
    char text[257];
    memset(text, 'a', 256);
    assert_ok(filename_check((struct str){ text, 255 }));
    assert_err(filename_check((struct str){ text, 256 }), ERR_FILE_NAME);
    assert_err(filename_check(STR("a\0b")), ERR_FILE_NAME);
}

static void check_disposition(const char *filename, const char *wanted)
{
    struct buf out;
    buf_init(&out, 2000);
    disposition_add(&out, "attachment", str_from(filename));
    assert_str(buf_str(&out), wanted);
    buf_release(&out);
}

static void test_disposition__names_files_for_all_clients(void **state)
{
    (void)state;
    check_disposition("a b.txt", "attachment; filename=\"a b.txt\"");
    check_disposition(NULL, "attachment");
    check_disposition("a\"b\\c.txt", "attachment; filename=\"a_b_c.txt\"; filename*=UTF-8''a%22b%5Cc.txt");
    check_disposition("\xc3\xa9t\xc3\xa9.pdf", "attachment; filename=\"_t_.pdf\"; filename*=UTF-8''%C3%A9t%C3%A9.pdf");
    check_disposition("100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt");
    check_disposition("a\r\nSet-Cookie: x",
                      "attachment; filename=\"a__Set-Cookie: x\"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filetype__takes_what_is_what_it_says),
        cmocka_unit_test(test_filetype__refuses_what_is_not),
        cmocka_unit_test(test_filetype__knows_tar_by_its_sum),
        cmocka_unit_test(test_filetype__takes_office_files_under_a_password),
        cmocka_unit_test(test_filetype__says_whether_text_is_utf8),
        cmocka_unit_test(test_filetype__takes_the_setting_as_it_is_written),
        cmocka_unit_test(test_filetype__judges_a_name_alone),
        cmocka_unit_test(test_filetype__shows_little_inline),
        cmocka_unit_test(test_filename__judges_names),
        cmocka_unit_test(test_disposition__names_files_for_all_clients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
