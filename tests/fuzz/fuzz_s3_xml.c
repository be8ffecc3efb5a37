/* The XML of an S3 server, as it may come from one that is broken or not ours. */
#include "parley/core/limits.h"
#include "parley/objects/s3_reply.h"
#include "parley/objects/s3_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static enum err on_element(void *arg, struct str path, struct str text)
{
    (void)arg;
    return path.len > 0 && str_is_utf8(text) ? ERR_OK : ERR_INTERNAL;
}

static enum err on_upload(void *arg, struct str key, struct str upload_id, int64_t begun_us)
{
    (void)arg, (void)begun_us;
    return key.len > 0 && upload_id.len > 0 ? ERR_OK : ERR_INTERNAL;
}

static enum err on_object(void *arg, struct str key, int64_t size_bytes)
{
    (void)arg;
    return key.len > 0 && size_bytes >= 0 ? ERR_OK : ERR_INTERNAL;
}

static void must_be_sane(enum err e)
{
    if (e != ERR_OK && e != ERR_INVALID && e != ERR_NO_MEMORY)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    enum { ROOM = 8 };
    struct arena *a = arena_new(MIB);
    struct str document = { (const char *)bytes, len }, text;
    struct store_part room[ROOM];
    struct s3_reply_parts parts = { .parts = room, .room_count = ROOM };
    struct s3_reply_page page;
    struct s3_reply_objects_page objects;
    if (a == NULL)
        return 0;
    must_be_sane(s3_xml_walk(a, document, on_element, NULL));
    must_be_sane(s3_reply_error(a, document, &text));
    must_be_sane(s3_reply_upload_id(a, document, &text));
    must_be_sane(s3_reply_add_parts(a, document, &parts));
    must_be_sane(s3_reply_uploads(a, document, on_upload, NULL, &page));
    must_be_sane(s3_reply_objects(a, document, on_object, NULL, &objects));
    arena_free(a);
    return 0;
}
