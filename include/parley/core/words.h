/*
 * The words of a text, in the form in which they are looked up. Boundaries are those of UAX #29; a word is in Unicode form
 * NFC after compatibility decomposition (UAX #15), case folded, ı as i, without combining marks where its letters are Latin,
 * Greek, Cyrillic or Arabic: cafe is café, istanbul is İSTANBUL. What is neither letter, digit nor mark divides words;
 * apostrophes, the Arabic tatweel and what cannot be seen are left out.
 *
 * Scripts that put no blanks between words (Han, kana, Thai, Lao, Khmer, Myanmar) give a pair for each two neighbouring
 * characters and the last one of the run alone, so that there is one word for each character.
 */
#ifndef PARLEY_CORE_WORDS_H
#define PARLEY_CORE_WORDS_H

#include "parley/core/err.h"
#include "parley/core/str.h"

/* A longer one is cut behind its last character that fits: where it is stored and where it is looked for alike. */
enum { WORD_MAX_BYTES = 64 };

enum word_kind {
    WORD_WHOLE,
    WORD_PAIR,   /* two neighbours of a script without blanks */
    WORD_SINGLE, /* the last one of such a run, or the only one */
};

struct word {
    struct str text; /* borrowed until the function returns */
    enum word_kind kind;
    size_t from, to; /* where it stands: half-open, in code points of the text that was given */
    size_t first_to; /* the end of its first character in a pair; else `to` */
};

typedef enum err (*word_fn)(void *arg, const struct word *word);

/*
 * Calls fn for each word in the order of the text; an error ends it and is returned.
 *   text  well-formed UTF-8
 * Costs as many bytes of memory as the text has. ERR_NO_MEMORY. Any thread.
 */
enum err words_each(struct str text, word_fn fn, void *arg) MUST_CHECK;

#endif
