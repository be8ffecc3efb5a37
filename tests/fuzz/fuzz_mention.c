/*
 * mention_scan: each name stands in the text behind an @, is one that a user may have, and stands there once; a text within
 * a fence names nobody.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "parley/domain/talk/mention.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(struct str text, const struct mention_names *names, size_t at)
{
    struct str name = names->names[at];

    assert(name.len > 0 && name.len <= USERNAME_MAX_CHARS);
    assert(name.ptr > text.ptr && name.ptr + name.len <= text.ptr + text.len && name.ptr[-1] == '@');
    assert(name.ptr[name.len - 1] != '.' && name.ptr[name.len - 1] != '-');
    assert(!str_has_control(name) && str_index(name, '@') == SIZE_MAX && str_index(name, '`') == SIZE_MAX);
    for (size_t i = 0; i < at; i++)
        assert(!str_eq_nocase(names->names[i], name));
}

static void check_fenced(struct str text)
{
    static const char open[] = "~~~\n";
    struct mention_names names;
    char *fenced;

    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '~')
            return; /* may close it */
    fenced = malloc(sizeof(open) + text.len);
    if (fenced == NULL)
        abort();
    memcpy(fenced, open, sizeof(open) - 1);
    if (text.len > 0)
        memcpy(fenced + sizeof(open) - 1, text.ptr, text.len);
    mention_scan((struct str){ fenced, sizeof(open) - 1 + text.len }, &names);
    assert(names.count == 0 && !names.all && !names.here);
    free(fenced);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str text = { (const char *)data, size };
    struct mention_names names;

    mention_scan(text, &names);
    assert(names.count <= MENTIONS_MAX);
    for (size_t i = 0; i < names.count; i++)
        check_name(text, &names, i);
    check_fenced(text);
    return 0;
}
