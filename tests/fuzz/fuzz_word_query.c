/* word_query: the first line is what is typed, the rest is looked through. What is found lies in the text, in order. */
#include <assert.h>

#include "parley/core/word_query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void match(const struct word_query *query, struct str text)
{
    struct word_ranges ranges;
    size_t end = 0, code_points = str_code_points(text);
    bool matches;

    assert(word_query_match(query, text, &matches, &ranges) == ERR_OK);
    assert(ranges.count <= WORD_QUERY_RANGES_MAX && (!matches || ranges.count > 0));
    for (size_t i = 0; i < ranges.count; i++) {
        assert(ranges.items[i].from >= end && ranges.items[i].from < ranges.items[i].to);
        end = ranges.items[i].to;
    }
    assert(end <= code_points);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = { (const char *)data, size };
    struct str typed = text;
    struct word_query query;
    struct arena *arena;
    enum err e;

    if (size > 4096 || !str_is_utf8(text))
        return 0;
    text = str_cut(&typed, '\n');
    if (text.ptr == NULL)
        text = typed;
    arena = arena_new(65536);
    assert(arena != NULL);
    e = word_query_parse(arena, typed, &query);
    assert(e == ERR_OK || e == ERR_INVALID || e == ERR_LIMIT);
    if (e == ERR_OK) {
        assert(query.word_count > 0 && query.phrase_count > 0 && query.phrase_count <= query.word_count);
        match(&query, text);
    }
    arena_free(arena);
    return 0;
}
