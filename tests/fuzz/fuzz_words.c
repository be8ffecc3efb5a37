/* words_each: words are text, within bounds, and stand inside of what was given. */
#include <assert.h>

#include "parley/core/words.h"

struct seen {
    size_t code_points, from;
};

static enum err look(void *arg, const struct word *word)
{
    struct seen *seen = arg;

    assert(word->text.len > 0 && word->text.len <= WORD_MAX_BYTES && str_is_utf8(word->text));
    assert(word->from < word->first_to && word->first_to <= word->to && word->to <= seen->code_points);
    assert(word->from >= seen->from);
    seen->from = word->from;
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str text = { (const char *)data, size };
    struct seen seen;

    if (size > 4096 || !str_is_utf8(text))
        return 0;
    seen = (struct seen){ .code_points = str_code_points(text) };
    assert(words_each(text, look, &seen) == ERR_OK);
    return 0;
}
