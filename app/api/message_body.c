#include "message_body.h"

#include "parley/core/limits.h"
#include "parley/http/multipart.h"

/* ---- JSON ---- */

struct draft_body {
    struct body body;
    struct str content;
    struct list attachment_ids; /* struct uuid */
    struct uuid reply_to, forward;
    int64_t send_us;
};
enum { SENT_CONTENT, SENT_ATTACHMENTS, SENT_REPLY_TO, SENT_FORWARD, SENT_SEND_AT };
#define DRAFT_FIELD(member) .offset = offsetof(struct draft_body, member)
static const struct field draft_fields[] = {
    [SENT_CONTENT] = { "content", FIELD_STR, FIELD_NULLABLE, 0, CONTENT_MAX_CHARS, DRAFT_FIELD(content),
                       .example = "\"The migration is through. The figures are in the file.\"",
                       .doc = "May be empty where a file comes along, or a message is forwarded" },
    [SENT_ATTACHMENTS] = { "attachment_ids", FIELD_LIST, FIELD_NULLABLE, 0, FILES_PER_MESSAGE_MAX,
                           DRAFT_FIELD(attachment_ids), .element = FIELD_UUID,
                           .doc = "One's own completed uploads, in no message yet" },
    [SENT_REPLY_TO] = { "reply_to", FIELD_UUID, FIELD_NULLABLE, DRAFT_FIELD(reply_to),
                        .doc = "A message of the same chat" },
    [SENT_FORWARD] = { "forward", FIELD_UUID, FIELD_NULLABLE, DRAFT_FIELD(forward),
                       .doc =
                           "A message of the workspace that the caller may read: its text and its files come behind `content`" },
    [SENT_SEND_AT] = { "send_at", FIELD_TIME, FIELD_NULLABLE, DRAFT_FIELD(send_us),
                       .example = "\"2026-03-02T08:00:00Z\"",
                       .doc = "Not now but then, a minute to a year ahead; a text alone, which may be a reply" },
};
const struct spec message_draft_spec = { SPEC_INIT("MessageDraft", struct draft_body, draft_fields),
                                         .doc = "A new message" };

static enum err each_once(struct ctx *ctx, const struct uuid *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (uuid_eq(&ids[i], &ids[j]))
                return problem_add(ctx->problem, (struct fault){ .where = "body",
                                                                 .field = "attachment_ids",
                                                                 .type = "value_error",
                                                                 .message = "names a file twice" });
    return ERR_OK;
}

/* What waits for its time is a text: files of its own would be thrown away meanwhile. */
static enum err text_alone(struct ctx *ctx, const struct draft_body *sent)
{
    static const struct uuid none;

    if (sent->send_us == 0 || (sent->attachment_ids.count == 0 && uuid_eq(&sent->forward, &none)))
        return ERR_OK;
    return problem_add(ctx->problem,
                       (struct fault){ .where = "body",
                                       .field = "send_at",
                                       .type = "value_error",
                                       .message = "is for a text alone, without files or a forwarded message" });
}

int64_t message_body_send_us(const void *body)
{
    const struct draft_body *sent = body;

    return sent->send_us;
}

enum err message_body_json(struct ctx *ctx, const void *body, struct message_draft *draft)
{
    const struct draft_body *sent = body;

    TRY(each_once(ctx, sent->attachment_ids.items, sent->attachment_ids.count));
    TRY(text_alone(ctx, sent));
    draft->content = sent->content.ptr != NULL ? sent->content : STR("");
    draft->reply_to = sent->reply_to;
    draft->forward = sent->forward;
    draft->attachments = sent->attachment_ids.items;
    draft->attachment_count = sent->attachment_ids.count;
    return ERR_OK;
}

/* ---- a form ---- */

const char message_form_schema[] =
    "{\"type\":\"object\",\"description\":\"A new message with its files\",\"properties\":{"
    "\"content\":{\"type\":\"string\",\"description\":\"The text, in Markdown. May be empty where a file comes along\","
    "\"examples\":[\"The figures are in the file.\"]},"
    "\"reply_to\":{\"type\":\"string\",\"format\":\"uuid\",\"description\":\"A message of the same chat\"},"
    "\"files\":{\"type\":\"array\",\"description\":\"The files themselves, a part each\","
    "\"items\":{\"type\":\"string\",\"format\":\"binary\"}},"
    "\"dimensions\":{\"type\":\"array\",\"description\":\"WIDTHxHEIGHT in pixels of each file, in their order; "
    "empty for one that is no picture\",\"items\":{\"type\":\"string\"},\"examples\":[[\"1280x720\"]]}}}";

struct form {
    struct ctx *ctx;
    struct multipart *parser;
    struct message_draft *draft;
    struct digest *digest;                               /* of all that was read, for the idempotency key */
    struct picture_size pictures[FILES_PER_MESSAGE_MAX]; /* of the files, in their order, whichever come first */
    size_t picture_count;
    bool has_content, has_reply_to;
};

/* Each piece with its length before it, so that no two forms have the same sum. */
static void form_digest_add(struct form *form, const void *bytes, size_t len)
{
    uint64_t length = len;

    digest_add(form->digest, &length, sizeof(length));
    digest_add(form->digest, bytes, len);
}

static enum err form_fault(struct form *form, const char *field, const char *message)
{
    return problem_add(form->ctx->problem,
                       (struct fault){ .where = "body", .field = field, .type = "value_error", .message = message });
}

/* Two of them would mean two messages. */
static enum err once(struct form *form, const char *field, bool *has)
{
    if (*has)
        return form_fault(form, field, "must be sent only once");
    *has = true;
    return ERR_OK;
}

static enum err content_read(struct form *form)
{
    struct str text;
    enum err e;

    TRY(once(form, "content", &form->has_content));
    e = multipart_read_all(form->parser, (size_t)CONTENT_MAX_CHARS * 4, &text);
    if (e == ERR_TOO_LARGE)
        return form_fault(form, "content", "is longer than a message may be");
    if (e != ERR_OK)
        return fail(form->ctx, e);
    if (!str_is_utf8(text) || str_index(text, '\0') != SIZE_MAX)
        return form_fault(form, "content", "is not UTF-8 text");
    if (str_code_points(text) > CONTENT_MAX_CHARS)
        return form_fault(form, "content", "is longer than a message may be");
    form->draft->content = text;
    form_digest_add(form, text.ptr, text.len);
    return ERR_OK;
}

static enum err reply_to_read(struct form *form)
{
    struct str text;
    enum err e;

    TRY(once(form, "reply_to", &form->has_reply_to));
    e = multipart_read_all(form->parser, UUID_TEXT_LEN, &text);
    if (e != ERR_OK && e != ERR_TOO_LARGE)
        return fail(form->ctx, e);
    if (e == ERR_TOO_LARGE || uuid_parse(text, &form->draft->reply_to) != ERR_OK)
        return form_fault(form, "reply_to", "is not a UUID");
    form_digest_add(form, text.ptr, text.len);
    return ERR_OK;
}

/* "640x480", or nothing for a file that is no picture. */
static bool dimensions_parse(struct str text, struct picture_size *ret_picture)
{
    size_t cross = str_index(text, 'x');
    struct picture_size picture = { 0, 0 };

    if (text.len > 0) {
        if (cross == SIZE_MAX || str_to_int64(str_head(text, cross), &picture.width) != ERR_OK ||
            str_to_int64(str_tail(text, cross + 1), &picture.height) != ERR_OK || picture.width < 1 ||
            picture.height < 1 || picture.width > PICTURE_SIDE_MAX || picture.height > PICTURE_SIDE_MAX)
            return false;
    }
    *ret_picture = picture;
    return true;
}

static enum err dimensions_read(struct form *form)
{
    enum { DIMENSIONS_MAX_BYTES = 32 };
    struct str text;
    enum err e = multipart_read_all(form->parser, DIMENSIONS_MAX_BYTES, &text);

    if (e != ERR_OK && e != ERR_TOO_LARGE)
        return fail(form->ctx, e);
    if (form->picture_count == FILES_PER_MESSAGE_MAX)
        return form_fault(form, "dimensions", "come more often than there are files");
    if (e == ERR_TOO_LARGE || !dimensions_parse(text, &form->pictures[form->picture_count]))
        return form_fault(form, "dimensions", "must be WIDTHxHEIGHT in pixels, or empty");
    form->picture_count++;
    form_digest_add(form, text.ptr, text.len);
    return ERR_OK;
}

static enum err dimensions_apply(struct form *form)
{
    struct incoming_files *files = form->draft->files;

    if (form->picture_count > files->count)
        return form_fault(form, "dimensions", "come more often than there are files");
    for (size_t i = 0; i < form->picture_count; i++)
        files->items[i].picture = form->pictures[i];
    return ERR_OK;
}

static enum err part_source(void *arg, void *bytes, size_t room_bytes, size_t *ret_len)
{
    struct form *form = arg;

    return multipart_read(form->parser, bytes, room_bytes, ret_len);
}

static enum err file_read(struct form *form, struct str filename)
{
    struct incoming_files *files = form->draft->files;
    const struct incoming_file_opts opts = {
        .workspace = form->draft->location.workspace,
        .filename = filename,
        .source = part_source,
        .source_arg = form,
    };
    enum err e = incoming_files_put(form->ctx, files, &opts);

    if (e != ERR_OK)
        return fail(form->ctx, e);
    form_digest_add(form, filename.ptr, filename.len);
    form_digest_add(form, files->items[files->count - 1].sha256, SHA256_BYTES);
    return ERR_OK;
}

static enum err part_read(struct form *form, const struct multipart_part *part)
{
    form_digest_add(form, part->name.ptr, part->name.len);
    if (str_eq_c(part->name, "files") && part->filename.ptr != NULL)
        /* A browser's form sends a file without a name where none was chosen. */
        return part->filename.len == 0 ? ERR_OK : file_read(form, part->filename);
    if (part->filename.ptr != NULL)
        return form_fault(form, "files", "files come in parts of this name");
    if (str_eq_c(part->name, "content"))
        return content_read(form);
    if (str_eq_c(part->name, "reply_to"))
        return reply_to_read(form);
    if (str_eq_c(part->name, "dimensions"))
        return dimensions_read(form);
    return form_fault(form, "", "has a part that is not known: content, reply_to, files and dimensions are");
}

static enum err parts_read(struct form *form)
{
    struct multipart_part part;

    for (;;) {
        enum err e = multipart_next(form->parser, &part);
        if (e == ERR_NOT_FOUND)
            return ERR_OK;
        if (e != ERR_OK)
            return fail(form->ctx, e);
        TRY(part_read(form, &part));
    }
}

enum err message_body_form(struct ctx *ctx, struct http_request *req, struct message_draft *draft)
{
    struct form form = { .ctx = ctx, .draft = draft };
    uint8_t sum[SHA256_BYTES];
    enum err e = multipart_new(req, ctx->arena, &form.parser);

    if (e != ERR_OK)
        return fail(ctx, e);
    form.digest = digest_new();
    if (form.digest == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    draft->content = STR("");
    e = parts_read(&form);
    if (e == ERR_OK)
        e = dimensions_apply(&form);
    digest_end(form.digest, sum);
    TRY(e);
    return idempotency_with_body(ctx, draft->claim, sum, &draft->claim);
}
