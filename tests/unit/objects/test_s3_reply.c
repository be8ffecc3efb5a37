#include "parley/objects/s3_reply.h"

#include "unit.h"

#include "objects/arena_fixture.h"

#include "parley/core/clock.h"
#include "parley/objects/s3_xml.h"

static enum err count_elements(void *arg, struct str path, struct str text)
{
    (void)path, (void)text;
    ++*(int *)arg;
    return ERR_OK;
}

static enum err walk(const char *document, int *ret_count)
{
    *ret_count = 0;
    return s3_xml_walk(a, str_from(document), count_elements, ret_count);
}

static void test_s3_xml__reads_what_is_well_formed(void **state)
{
    (void)state;
    static const char *const good[] = {
        "<a/>",
        "<a></a>",
        "<a b='1' c = \"2\" />",
        "<?xml version=\"1.0\"?>\n<a><b/>text<b/></a>\n",
        "<!-- x --><a/><!-- y -->",
        "\xef\xbb\xbf<a/>",
        "<s3:a xmlns:s3='x'></s3:a>",
        "<a ></a >",
        "<a>&lt;&gt;&amp;&quot;&apos;&#34;&#x1F600;</a>",
    };
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        int count = 0;
        if (walk(good[i], &count) != ERR_OK || count == 0)
            fail_msg("refused: %s", good[i]);
    }
}

static void test_s3_xml__refuses_what_is_not(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "text",
        "<",
        "<a",
        "<a>",
        "</a>",
        "<a></b>",
        "<a/><b/>",
        "<a/>text",
        "<a><b></a></b>",
        "<a b></a>",
        "<a b=1/>",
        "<a b='<'/>",
        "<ab='1'/>",
        "<a b='1'c='2'/>",
        "<a>&x;</a>",
        "<a>&</a>",
        "<a>&#0;</a>",
        "<a>&#xD800;</a>",
        "<a>&#x110000;</a>",
        "<a>&#;</a>",
        "<a>&#x;</a>",
        "<a>&#99999999999;</a>",
        "<!DOCTYPE a><a/>",
        "<a><![CDATA[x]]></a>",
        "<?php ?><a/>",
        "<a><?x ?></a>",
        "<!-- ",
        "<a>\xff</a>",
        "<:/>",
        "<a:/>",
        "<a><b><c><d><e><f><g><h><i/></h></g></f></e></d></c></b></a>",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int count = 0;
        if (walk(bad[i], &count) != ERR_INVALID)
            fail_msg("taken: %s", bad[i]);
    }
    int count = 0;
    assert_err(s3_xml_walk(a, STR("<a>\0</a>"), count_elements, &count), ERR_INVALID);
}

static void test_s3_reply__reads_an_error(void **state)
{
    (void)state;
    struct str code = STR("x");
    assert_ok(s3_reply_error(
        a, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>m</Message></Error>"),
        &code));
    assert_str(code, "NoSuchKey");
    assert_ok(s3_reply_error(a, STR("<Error/>"), &code));
    assert_str(code, "");
    assert_ok(
        s3_reply_error(a, STR("<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>"), &code));
    assert_null(code.ptr);
    assert_err(s3_reply_error(a, STR("<html><br></html>"), &code), ERR_INVALID);
}

static void test_s3_reply__reads_an_upload_id(void **state)
{
    (void)state;
    struct str id;
    assert_ok(s3_reply_upload_id(
        a,
        STR("<InitiateMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Bucket>b</Bucket>"
            "<Key>k</Key><UploadId> A&amp;b=</UploadId></InitiateMultipartUploadResult>"),
        &id));
    assert_str(id, " A&b=");
    assert_err(s3_reply_upload_id(a, STR("<InitiateMultipartUploadResult/>"), &id), ERR_INVALID);
    assert_err(s3_reply_upload_id(a, STR("<Other><UploadId>x</UploadId></Other>"), &id), ERR_INVALID);
    assert_err(
        s3_reply_upload_id(
            a, STR("<InitiateMultipartUploadResult><UploadId>a&#10;b</UploadId></InitiateMultipartUploadResult>"), &id),
        ERR_INVALID);
}

static enum err parts_of(const char *document, struct store_part *room, size_t room_count, struct s3_reply_parts *parts)
{
    *parts = (struct s3_reply_parts){ .parts = room, .room_count = room_count };
    return s3_reply_add_parts(a, str_from(document), parts);
}

static void test_s3_reply__reads_parts(void **state)
{
    (void)state;
    struct store_part room[2];
    struct s3_reply_parts parts;
    assert_ok(parts_of("<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>7</NextPartNumberMarker>"
                       "<Part><PartNumber>3</PartNumber><ETag>&quot;abc&#34;</ETag><Size>5242880</Size></Part>"
                       "<Part><PartNumber>7</PartNumber><Size>1</Size><ETag>\"d\"</ETag></Part></ListPartsResult>",
                       room, 2, &parts));
    assert_int_equal(parts.count, 2);
    assert_int_equal(room[0].number, 3);
    assert_int_equal(room[0].size_bytes, 5242880);
    assert_str(room[0].etag, "\"abc\"");
    assert_int_equal(room[1].number, 7);
    assert_true(parts.truncated);
    assert_str(parts.next_marker, "7");
}

static void test_s3_reply__refuses_parts_that_make_no_sense(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "<Other/>",
        "<ListPartsResult><Part/></ListPartsResult>",
        "<ListPartsResult><Part><PartNumber>0</PartNumber><ETag>x</ETag></Part></ListPartsResult>",
        "<ListPartsResult><Part><PartNumber>10001</PartNumber><ETag>x</ETag></Part></ListPartsResult>",
        "<ListPartsResult><Part><PartNumber>x</PartNumber><ETag>x</ETag></Part></ListPartsResult>",
        "<ListPartsResult><Part><PartNumber>1</PartNumber><ETag>x</ETag><Size>-1</Size></Part></ListPartsResult>",
        "<ListPartsResult><IsTruncated>true</IsTruncated></ListPartsResult>",
        "<ListPartsResult><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part><Part><PartNumber>2</PartNumber><ETag>x</ETag></Part></ListPartsResult>",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct store_part room[1];
        struct s3_reply_parts parts;
        if (parts_of(bad[i], room, 1, &parts) != ERR_INVALID)
            fail_msg("taken: %s", bad[i]);
    }
}

struct seen {
    int count;
    int64_t begun_us;
};

static enum err see_upload(void *arg, struct str key, struct str upload_id, int64_t begun_us)
{
    struct seen *seen = arg;
    assert_str(key, "workspace_1/a");
    assert_str(upload_id, "u1");
    seen->count++;
    seen->begun_us = begun_us;
    return ERR_OK;
}

static void test_s3_reply__reads_unfinished_uploads(void **state)
{
    (void)state;
    struct s3_reply_page page;
    struct seen seen = { 0 };
    int64_t begun_us = 0;
    assert_ok(clock_parse(STR("2026-11-20T21:45:13.500Z"), &begun_us));
    assert_ok(s3_reply_uploads(
        a,
        STR("<ListMultipartUploadsResult><IsTruncated>false</IsTruncated><Upload><Key>workspace_1/a</Key>"
            "<UploadId>u1</UploadId><Initiated>2026-11-20T21:45:13.500Z</Initiated></Upload></ListMultipartUploadsResult>"),
        see_upload, &seen, &page));
    assert_int_equal(seen.count, 1);
    assert_true(seen.begun_us == begun_us);
    assert_false(page.truncated);
    assert_err(s3_reply_uploads(
                   a, STR("<ListMultipartUploadsResult><Upload><Key>k</Key></Upload></ListMultipartUploadsResult>"),
                   see_upload, &seen, &page),
               ERR_INVALID);
}

static enum err see_object(void *arg, struct str key, int64_t size_bytes)
{
    struct seen *seen = arg;

    if (!str_starts_with(key, STR("workspace_1/")))
        return ERR_INTERNAL;
    seen->count++;
    seen->begun_us += size_bytes;
    return ERR_OK;
}

static void test_s3_reply__reads_objects(void **state)
{
    struct s3_reply_objects_page page;
    struct seen seen = { 0 };

    (void)state;
    assert_ok(s3_reply_objects(
        a,
        STR("<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;1</NextContinuationToken>"
            "<Contents><Key>workspace_1/a</Key><Size>5</Size></Contents>"
            "<Contents><Key>workspace_1/b</Key><Size>7</Size></Contents></ListBucketResult>"),
        see_object, &seen, &page));
    assert_int_equal(seen.count, 2);
    assert_true(seen.begun_us == 12);
    assert_true(page.truncated && str_eq_c(page.next_token, "t&1"));
}

static void test_s3_reply__refuses_objects_that_make_no_sense(void **state)
{
    static const char *const bad[] = {
        "<Other/>",
        "<ListBucketResult><Contents><Size>5</Size></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>workspace_1/a</Key></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>workspace_1/a</Key><Size>x</Size></Contents></ListBucketResult>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct s3_reply_objects_page page;
        struct seen seen = { 0 };

        assert_err(s3_reply_objects(a, str_from(bad[i]), see_object, &seen, &page), ERR_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_s3_xml__reads_what_is_well_formed),
        cmocka_unit_test(test_s3_xml__refuses_what_is_not),
        cmocka_unit_test(test_s3_reply__reads_an_error),
        cmocka_unit_test(test_s3_reply__reads_an_upload_id),
        cmocka_unit_test(test_s3_reply__reads_parts),
        cmocka_unit_test(test_s3_reply__refuses_parts_that_make_no_sense),
        cmocka_unit_test(test_s3_reply__reads_unfinished_uploads),
        cmocka_unit_test(test_s3_reply__reads_objects),
        cmocka_unit_test(test_s3_reply__refuses_objects_that_make_no_sense),
    };
    return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
