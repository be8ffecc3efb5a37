#include "parley/core/words.h"

#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>
#include <uniwbrk.h>

enum {
    FORMING_MAX_BYTES = 256, /* of a word before it is composed, which makes it shorter */
    UNIT_MAX_BYTES = WORD_MAX_BYTES / 2,
    PARTS_MAX = 32, /* code points of one decomposed: 18 in U+FDFA */
    FOLDED_MAX = 4, /* of one folded: 3 */
    HANGUL_FIRST = 0xAC00,
    HANGUL_LAST = 0xD7A3,
    DOTLESS_I = 0x131,
    TATWEEL = 0x640,
    APOSTROPHE = 0x2019,
    LETTER_APOSTROPHE = 0x2BC,
    LONG_VOWEL = 0x30FC, /* of kana, but its script is said to be common to all */
};

/* Letters that are being put together, and where they stand. */
struct forming {
    char bytes[FORMING_MAX_BYTES];
    size_t len;
    size_t from, to;
};

struct splitter {
    word_fn fn;
    void *arg;
    size_t at; /* of the code point that is being looked at */
    bool drops_marks;
    struct forming word;
    struct forming before, unit; /* the last two characters of a run without blanks; empty: there is none */
    const uc_script_t *bare[4];  /* scripts whose marks are dropped */
    const uc_script_t *spaceless[7];
};

/* ---- what is put together ---- */

static void form(struct splitter *s, struct forming *f, ucs4_t c, size_t max_bytes)
{
    int len;

    if (f->len == 0)
        f->from = s->at;
    f->to = s->at + 1;
    len = u8_uctomb((uint8_t *)f->bytes + f->len, c, (ptrdiff_t)(max_bytes - f->len));
    if (len > 0)
        f->len += (size_t)len;
}

static bool is_ascii(const struct forming *f)
{
    for (size_t i = 0; i < f->len; i++)
        if ((unsigned char)f->bytes[i] >= 0x80)
            return false;
    return true;
}

/* In Unicode form NFC. */
static enum err compose(struct forming *f)
{
    uint8_t room[FORMING_MAX_BYTES];
    size_t len = sizeof(room);
    uint8_t *made;

    if (is_ascii(f))
        return ERR_OK;
    made = u8_normalize(UNINORM_NFC, (const uint8_t *)f->bytes, f->len, room, &len);
    if (made == NULL)
        return ERR_NO_MEMORY;
    f->len = len < sizeof(f->bytes) ? len : sizeof(f->bytes);
    memcpy(f->bytes, made, f->len);
    if (made != room)
        free(made);
    return ERR_OK;
}

/* At most so many bytes, cut between two code points. */
static size_t cut(const struct forming *f, size_t max_bytes)
{
    size_t len = f->len;

    if (len <= max_bytes)
        return len;
    for (len = max_bytes; len > 0 && ((unsigned char)f->bytes[len] & 0xC0) == 0x80;)
        len--;
    return len;
}

static enum err word_flush(struct splitter *s)
{
    struct forming *f = &s->word;
    enum err e;

    if (f->len == 0)
        return ERR_OK;
    TRY(compose(f));
    e = s->fn(s->arg, &(struct word){ .text = { f->bytes, cut(f, WORD_MAX_BYTES) },
                                      .kind = WORD_WHOLE,
                                      .from = f->from,
                                      .to = f->to,
                                      .first_to = f->to });
    f->len = 0;
    return e;
}

/* ---- runs without blanks ---- */

static enum err pair_tell(struct splitter *s)
{
    char both[WORD_MAX_BYTES];
    size_t first_len = cut(&s->before, UNIT_MAX_BYTES), len = cut(&s->unit, UNIT_MAX_BYTES);

    memcpy(both, s->before.bytes, first_len);
    memcpy(both + first_len, s->unit.bytes, len);
    return s->fn(s->arg, &(struct word){ .text = { both, first_len + len },
                                         .kind = WORD_PAIR,
                                         .from = s->before.from,
                                         .to = s->unit.to,
                                         .first_to = s->before.to });
}

/* The present character is complete: with the one before it, it is a pair. */
static enum err unit_end(struct splitter *s)
{
    if (s->unit.len == 0)
        return ERR_OK;
    TRY(compose(&s->unit));
    if (s->before.len > 0)
        TRY(pair_tell(s));
    s->before = s->unit;
    s->unit.len = 0;
    return ERR_OK;
}

static enum err run_flush(struct splitter *s)
{
    const struct forming *last = &s->before;
    enum err e;

    TRY(unit_end(s));
    if (last->len == 0)
        return ERR_OK;
    e = s->fn(s->arg, &(struct word){ .text = { last->bytes, cut(last, UNIT_MAX_BYTES) },
                                      .kind = WORD_SINGLE,
                                      .from = last->from,
                                      .to = last->to,
                                      .first_to = last->to });
    s->before.len = 0;
    return e;
}

/* ---- one code point ---- */

static bool is_among(const uc_script_t *script, const uc_script_t *const *scripts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (script == scripts[i])
            return true;
    return false;
}

static enum err letter_put(struct splitter *s, ucs4_t c)
{
    const uc_script_t *script = c < 0x80 ? s->bare[0] : uc_script(c);

    s->drops_marks = is_among(script, s->bare, COUNT_OF(s->bare));
    if (c == LONG_VOWEL || is_among(script, s->spaceless, COUNT_OF(s->spaceless))) {
        TRY(word_flush(s));
        TRY(unit_end(s));
        form(s, &s->unit, c, FORMING_MAX_BYTES);
        return ERR_OK;
    }
    TRY(run_flush(s));
    form(s, &s->word, c, FORMING_MAX_BYTES);
    return ERR_OK;
}

/* Belongs to the letter before it; what is dropped is part of where the word stands all the same. */
static void mark_put(struct splitter *s, ucs4_t c)
{
    struct forming *f = s->unit.len > 0 ? &s->unit : &s->word;

    if (f->len == 0)
        return;
    if (s->drops_marks)
        f->to = s->at + 1;
    else
        form(s, f, c, FORMING_MAX_BYTES);
}

static bool is_left_out(ucs4_t c)
{
    return c == '\'' || c == APOSTROPHE || c == LETTER_APOSTROPHE || c == TATWEEL ||
           uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Cf);
}

static enum err folded_put(struct splitter *s, ucs4_t c)
{
    if (is_left_out(c))
        return ERR_OK;
    if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N))
        return letter_put(s, c);
    TRY(word_flush(s));
    return run_flush(s);
}

/* A part of a decomposed code point. */
static enum err part_put(struct splitter *s, ucs4_t c)
{
    uint32_t room[FOLDED_MAX];
    size_t len = FOLDED_MAX;
    uint32_t *folded;
    enum err e = ERR_OK;

    if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_M)) {
        mark_put(s, c);
        return ERR_OK;
    }
    if (c == DOTLESS_I)
        return folded_put(s, 'i');
    folded = u32_casefold(&c, 1, NULL, NULL, room, &len);
    if (folded == NULL)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < len && e == ERR_OK; i++)
        e = folded_put(s, folded[i]);
    if (folded != room)
        free(folded);
    return e;
}

static enum err ascii_put(struct splitter *s, ucs4_t c)
{
    if (c >= 'A' && c <= 'Z')
        return letter_put(s, c + ('a' - 'A'));
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
        return letter_put(s, c);
    return folded_put(s, c);
}

/* A syllable of Hangul would fall apart and be composed again. */
static enum err code_point_put(struct splitter *s, ucs4_t c)
{
    uint32_t room[PARTS_MAX];
    size_t len = PARTS_MAX;
    uint32_t *parts;
    enum err e = ERR_OK;

    if (c < 0x80)
        return ascii_put(s, c);
    if (c >= HANGUL_FIRST && c <= HANGUL_LAST)
        return letter_put(s, c);
    parts = u32_normalize(UNINORM_NFKD, &c, 1, room, &len);
    if (parts == NULL)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < len && e == ERR_OK; i++)
        e = part_put(s, parts[i]);
    if (parts != room)
        free(parts);
    return e;
}

/* ---- the text ---- */

static enum err split(struct splitter *s, struct str text, const char *breaks)
{
    for (size_t i = 0; i < text.len; s->at++) {
        ucs4_t c = 0xFFFD;
        int len = u8_mbtouc(&c, (const uint8_t *)text.ptr + i, text.len - i);

        if (breaks[i])
            TRY(word_flush(s));
        TRY(code_point_put(s, c));
        i += len > 0 ? (size_t)len : 1;
    }
    TRY(word_flush(s));
    return run_flush(s);
}

enum err words_each(struct str text, word_fn fn, void *arg)
{
    struct splitter s = {
        .fn = fn,
        .arg = arg,
        .bare = { uc_script_byname("Latin"), uc_script_byname("Greek"), uc_script_byname("Cyrillic"),
                  uc_script_byname("Arabic") },
        .spaceless = { uc_script_byname("Han"), uc_script_byname("Hiragana"), uc_script_byname("Katakana"),
                       uc_script_byname("Thai"), uc_script_byname("Lao"), uc_script_byname("Khmer"),
                       uc_script_byname("Myanmar") },
    };
    char *breaks;
    enum err e;

    if (text.len == 0)
        return ERR_OK;
    breaks = malloc(text.len);
    if (breaks == NULL)
        return ERR_NO_MEMORY;
    u8_wordbreaks((const uint8_t *)text.ptr, text.len, breaks);
    e = split(&s, text, breaks);
    free(breaks);
    return e;
}
