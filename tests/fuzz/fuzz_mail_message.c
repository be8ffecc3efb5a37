/*
 * mail_message_write: whatever a name, a subject and a text hold, there are as many headers as we wrote, the body begins
 * behind the first empty line, lines are short, and only ASCII is sent. A line break parts the three in the input.
 */
#include <assert.h>
#include <string.h>

#include "parley/mail/mail_message.h"

enum { OUT_MAX_BYTES = 1 << 20, LINE_MAX_CHARS = 78 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const headers[] = { "Date: ",         "From: ",         "To: ",
                                       "Subject: ",      "Message-ID: ",   "Auto-Submitted: ",
                                       "MIME-Version: ", "Content-Type: ", "Content-Transfer-Encoding: " };

/* The next line without its end; each must have one, and nothing that could be taken for one. */
static struct str line_take(struct str *rest)
{
    size_t end = str_index(*rest, '\n');
    struct str line;

    assert(end != SIZE_MAX && end > 0 && rest->ptr[end - 1] == '\r');
    line = str_head(*rest, end - 1);
    *rest = str_tail(*rest, end + 1);
    assert(line.len <= LINE_MAX_CHARS && !str_has_control(line));
    for (size_t i = 0; i < line.len; i++)
        assert((unsigned char)line.ptr[i] < 0x80);
    return line;
}

static void check(struct str bytes)
{
    struct str line = line_take(&bytes);

    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        assert(str_starts_with(line, str_from(headers[i])));
        line = line_take(&bytes);
        while (line.len > 0 && line.ptr[0] == ' ')
            line = line_take(&bytes);
    }
    assert(line.len == 0);
    while (bytes.len > 0)
        (void)line_take(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = { (const char *)data, size };
    struct mail_message message = { .from = { .address = STR("noreply@example.org") },
                                    .to = STR("alice@example.org"),
                                    .text = STR("") };
    struct buf out;

    (void)str_split(&rest, '\n', &message.from.name);
    (void)str_split(&rest, '\n', &message.subject);
    if (rest.ptr != NULL)
        message.text = rest;
    buf_init(&out, OUT_MAX_BYTES);
    if (mail_message_write(&message, &out) == ERR_OK)
        check(buf_str(&out));
    buf_release(&out);
    return 0;
}
