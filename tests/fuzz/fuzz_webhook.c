/* webhook_text_read: what comes out is well-formed, not too long, and its sender's name is one line that shows something. */
#include <assert.h>
#include <stdlib.h>

#include "../../app/api/webhook_text.h"
#include "parley/core/limits.h"
#include "parley/core/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(16 * MIB);
    struct webhook_text text;

    if (a == NULL)
        abort();
    if (webhook_text_read(a, (struct str){ (const char *)data, size }, &text) == ERR_OK) {
        assert(str_is_utf8(text.content) && str_code_points(text.content) <= CONTENT_MAX_CHARS);
        assert(text.username.ptr == NULL || (text_is_line(text.username) && text_shows(text.username)));
        assert(str_code_points(text.username) <= SENDER_NAME_MAX_CHARS);
    }
    arena_free(a);
    return 0;
}
