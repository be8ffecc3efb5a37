#include "parley/core/word_query.h"

#include <unictype.h>
#include <unistr.h>

#include "parley/core/words.h"

/* ---- what is asked for ---- */

struct parsing {
    struct arena *arena;
    struct word_query *query;
    enum word_kind last_kind; /* of the newest word of the phrase */
    bool last_in_pair;        /* it is a character that the pair before it holds already */
};

static enum err word_add(void *arg, const struct word *word)
{
    struct parsing *parsing = arg;
    struct word_query *query = parsing->query;
    struct query_phrase *phrase = &query->phrases[query->phrase_count];
    struct query_word *added = &query->words[query->word_count];

    if (query->word_count == WORD_QUERY_WORDS_MAX)
        return ERR_LIMIT;
    *added = (struct query_word){ .text = arena_str(parsing->arena, word->text) };
    if (added->text.ptr == NULL)
        return ERR_NO_MEMORY;
    parsing->last_in_pair = phrase->count > 0 && parsing->last_kind == WORD_PAIR && word->kind == WORD_SINGLE;
    parsing->last_kind = word->kind;
    query->word_count++;
    phrase->count++;
    return ERR_OK;
}

enum ending { ENDING_OPEN, ENDING_CLOSED };

/*
 * The words of a piece. A single character of a script without blanks is the beginning of pairs; behind a pair it says
 * nothing that the pair does not say.
 */
static enum err phrase_add(struct parsing *parsing, struct str text)
{
    struct word_query *query = parsing->query;
    struct query_phrase *phrase = &query->phrases[query->phrase_count];

    *phrase = (struct query_phrase){ .first = query->word_count };
    TRY(words_each(text, word_add, parsing));
    if (phrase->count == 0)
        return ERR_OK;
    if (parsing->last_in_pair) {
        phrase->count--;
        query->word_count--;
    } else if (parsing->last_kind == WORD_SINGLE) {
        query->words[query->word_count - 1].is_beginning = true;
    }
    query->phrase_count++;
    return ERR_OK;
}

static ucs4_t peek(struct str rest, size_t *ret_len)
{
    ucs4_t c = 0xFFFD;
    int len = u8_mbtouc(&c, (const uint8_t *)rest.ptr, rest.len);

    *ret_len = len > 0 ? (size_t)len : 1;
    return c;
}

static bool is_quote(ucs4_t c)
{
    return c == '"' || c == 0x201C || c == 0x201D || c == 0x201E || c == 0xAB || c == 0xBB;
}

static bool is_blank(ucs4_t c)
{
    return uc_is_property_white_space(c);
}

/* Takes what stands up to a code point of which `ends` is true off the front of *rest. */
static struct str take_until(struct str *rest, bool (*ends)(ucs4_t c), bool *ret_found)
{
    struct str all = *rest;
    size_t len;

    *ret_found = false;
    while (rest->len > 0 && !*ret_found) {
        *ret_found = ends(peek(*rest, &len));
        if (!*ret_found)
            *rest = str_tail(*rest, len);
    }
    return str_head(all, all.len - rest->len);
}

static bool ends_piece(ucs4_t c)
{
    return is_blank(c) || is_quote(c);
}

/* The next piece; how the query ends so far. */
static enum err piece_take(struct parsing *parsing, struct str *rest, enum ending *ending)
{
    size_t len;
    ucs4_t c = peek(*rest, &len);
    size_t count_before = parsing->query->word_count;
    bool found;
    struct str piece;

    if (is_blank(c)) {
        *rest = str_tail(*rest, len);
        return ERR_OK;
    }
    if (!is_quote(c)) {
        piece = take_until(rest, ends_piece, &found);
        found = false;
    } else {
        *rest = str_tail(*rest, len);
        piece = take_until(rest, is_quote, &found);
        if (found) {
            (void)peek(*rest, &len);
            *rest = str_tail(*rest, len);
        }
    }
    TRY(phrase_add(parsing, piece));
    if (parsing->query->word_count > count_before)
        *ending = found ? ENDING_CLOSED : ENDING_OPEN;
    return ERR_OK;
}

enum err word_query_parse(struct arena *a, struct str text, struct word_query *ret_query)
{
    struct word_query query = { .word_count = 0 };
    struct parsing parsing = { .arena = a, .query = &query };
    enum ending ending = ENDING_CLOSED;
    struct query_word *last;

    while (text.len > 0)
        TRY(piece_take(&parsing, &text, &ending));
    if (query.word_count == 0)
        return ERR_INVALID;
    last = &query.words[query.word_count - 1];
    if (ending == ENDING_OPEN && parsing.last_kind == WORD_WHOLE && str_code_points(last->text) >= 2)
        last->is_beginning = true;
    *ret_query = query;
    return ERR_OK;
}

/* ---- what is there ---- */

struct matching {
    const struct word_query *query;
    uint32_t
        states[WORD_QUERY_WORDS_MAX];   /* of each phrase: bit i, its words up to i stand here one behind the other */
    uint32_t found;                     /* bit i: phrase i */
    size_t word_count;                  /* of the text so far */
    size_t froms[WORD_QUERY_WORDS_MAX]; /* where the newest of them begin, in a ring */
    struct word_ranges *ranges;
};

/* Words come in the order of their ends, so only the newest ranges can overlap it. */
static void range_add(struct word_ranges *ranges, struct word_range range)
{
    while (ranges->count > 0 && ranges->items[ranges->count - 1].to > range.from) {
        const struct word_range *last = &ranges->items[--ranges->count];

        range.from = last->from < range.from ? last->from : range.from;
        range.to = last->to > range.to ? last->to : range.to;
    }
    if (ranges->count < WORD_QUERY_RANGES_MAX)
        ranges->items[ranges->count++] = range;
}

static bool is_meant(const struct query_word *wanted, const struct word *word)
{
    return wanted->is_beginning ? str_starts_with(word->text, wanted->text) : str_eq(word->text, wanted->text);
}

static void phrase_look(struct matching *matching, size_t index, const struct word *word)
{
    const struct query_phrase *phrase = &matching->query->phrases[index];
    const struct query_word *words = &matching->query->words[phrase->first];
    uint32_t state = matching->states[index] << 1 | 1;
    struct word_range range;

    for (size_t i = 0; i < phrase->count; i++)
        if ((state >> i & 1) && !is_meant(&words[i], word))
            state &= ~(UINT32_C(1) << i);
    matching->states[index] = state;
    if (!(state >> (phrase->count - 1) & 1))
        return;
    matching->found |= UINT32_C(1) << index;
    range.from = matching->froms[(matching->word_count - (phrase->count - 1)) % WORD_QUERY_WORDS_MAX];
    range.to = words[phrase->count - 1].is_beginning ? word->first_to : word->to;
    range_add(matching->ranges, range);
}

static enum err word_look(void *arg, const struct word *word)
{
    struct matching *matching = arg;

    matching->froms[matching->word_count % WORD_QUERY_WORDS_MAX] = word->from;
    for (size_t i = 0; i < matching->query->phrase_count; i++)
        phrase_look(matching, i, word);
    matching->word_count++;
    return ERR_OK;
}

enum err word_query_match(const struct word_query *query, struct str text, bool *ret_matches,
                          struct word_ranges *ret_ranges)
{
    struct matching matching = { .query = query, .ranges = ret_ranges };
    const uint32_t all = query->phrase_count == 32 ? UINT32_MAX : (UINT32_C(1) << query->phrase_count) - 1;

    ret_ranges->count = 0;
    TRY(words_each(text, word_look, &matching));
    *ret_matches = matching.found == all;
    return ERR_OK;
}
