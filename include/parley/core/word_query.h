/*
 * What somebody types to find texts: words (parley/core/words.h), all of which must be there in any order, and "phrases in
 * quotation marks", whose words must stand one behind the other. What stands between two blanks and is more than one word
 * (example.com, 東京都) is a phrase, too. The last word, unless it ends a phrase that was closed, may be the beginning of a
 * longer one where it has two characters or more.
 */
#ifndef PARLEY_CORE_WORD_QUERY_H
#define PARLEY_CORE_WORD_QUERY_H

#include <stdbool.h>

#include "parley/core/arena.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

enum {
    WORD_QUERY_WORDS_MAX = 32,   /* bits of the state in which a phrase is looked for */
    WORD_QUERY_RANGES_MAX = 100, /* places of one text that are told */
};

struct query_word {
    struct str text;
    bool is_beginning; /* longer words that begin with it are meant, too */
};

struct query_phrase {
    size_t first, count; /* of the words */
};

struct word_query {
    struct query_word words[WORD_QUERY_WORDS_MAX];
    size_t word_count;
    struct query_phrase phrases[WORD_QUERY_WORDS_MAX + 1]; /* one more than there can be: the next one */
    size_t phrase_count;
};

/*
 * text: well-formed UTF-8. Words are in the arena. ERR_INVALID: there is no word in it. ERR_LIMIT: there are more than
 * WORD_QUERY_WORDS_MAX. ERR_NO_MEMORY. Any thread.
 */
enum err word_query_parse(struct arena *a, struct str text, struct word_query *ret_query) MUST_CHECK;

/* Places of a text: half-open, in code points, ascending, none overlapping another. */
struct word_ranges {
    struct word_range {
        size_t from, to;
    } items[WORD_QUERY_RANGES_MAX];
    size_t count;
};

/*
 * Is everything in the text (well-formed UTF-8) that the query asks for, and where? Ranges beyond WORD_QUERY_RANGES_MAX are
 * left out. One walk over the text. ERR_NO_MEMORY. Any thread.
 */
enum err word_query_match(const struct word_query *query, struct str text, bool *ret_matches,
                          struct word_ranges *ret_ranges) MUST_CHECK;

#endif
