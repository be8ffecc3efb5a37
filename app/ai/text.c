/*
 * Text and reasoning of an answer as they come: halves of characters are put together, and a tag of reasoning that opens the answer
 * is taken out, however it is cut into deltas. A tag that stands anywhere else is text.
 */
#include "mend.h"
#include "parley/core/limits.h"
#include "read_private.h"

enum { BLANKS_HELD_MAX_BYTES = 64 }; /* in front of a tag; an answer of more of them is given out */

static const struct tag {
    struct str open, close;
} tags[] = {
    { STR_INIT("<think>"), STR_INIT("</think>") },
    { STR_INIT("<thinking>"), STR_INIT("</thinking>") },
    { STR_INIT("<thought>"), STR_INIT("</thought>") },
};

bool ai_read_count(struct ai_read *read, size_t bytes)
{
    read->answer_bytes += bytes;
    if (read->answer_bytes > AI_ANSWER_MAX_BYTES)
        ai_read_fault(read, AI_FAULT_TOO_LONG);
    return read->answer_bytes <= AI_ANSWER_MAX_BYTES;
}

/* ---- the tag ---- */

static size_t blanks_length(struct str text)
{
    size_t len = 0;

    while (len < text.len && strchr(" \t\r\n", text.ptr[len]) != NULL && text.ptr[len] != '\0')
        len++;
    return len;
}

/* How many bytes at the end of a text are the beginning of the tag. */
static size_t tail_of_tag(struct str text, struct str tag)
{
    size_t len = tag.len - 1 < text.len ? tag.len - 1 : text.len;

    while (len > 0 && !str_eq(str_tail(text, text.len - len), str_head(tag, len)))
        len--;
    return len;
}

/* Takes `len` bytes away from the front of what is held. */
static void held_drop(struct ai_read *read, size_t len)
{
    struct buf *held = &read->think_held;

    memmove(held->ptr, held->ptr + len, held->len - len);
    buf_cut(held, held->len - len);
}

static void held_give(struct ai_read *read, struct buf *to, size_t len)
{
    buf_add(to, str_head(buf_str(&read->think_held), len));
    held_drop(read, len);
}

/* Behind the tag: blanks are dropped up to the first letter. */
static void after_read(struct ai_read *read)
{
    held_drop(read, blanks_length(buf_str(&read->think_held)));
    if (read->think_held.len == 0)
        return;
    read->think = AI_THINK_NONE;
    held_give(read, &read->text, read->think_held.len);
}

static void inside_read(struct ai_read *read)
{
    struct str held = buf_str(&read->think_held), close = tags[read->think_tag].close;
    const char *found = memmem(held.ptr, held.len, close.ptr, close.len);

    if (found == NULL) {
        held_give(read, &read->reasoning, held.len - tail_of_tag(held, close));
        return;
    }
    held_give(read, &read->reasoning, (size_t)(found - held.ptr));
    held_drop(read, close.len);
    read->think = AI_THINK_AFTER;
    after_read(read);
}

static bool may_be_tag(struct str text)
{
    for (size_t i = 0; i < COUNT_OF(tags); i++)
        if (str_starts_with(tags[i].open, text))
            return true;
    return false;
}

static void maybe_read(struct ai_read *read)
{
    size_t blanks = blanks_length(buf_str(&read->think_held));
    struct str text = str_tail(buf_str(&read->think_held), blanks);

    for (size_t i = 0; i < COUNT_OF(tags); i++) {
        if (str_starts_with(text, tags[i].open)) {
            read->think = AI_THINK_INSIDE;
            read->think_tag = i;
            held_drop(read, blanks + tags[i].open.len);
            inside_read(read);
            return;
        }
    }
    if (may_be_tag(text) && blanks <= BLANKS_HELD_MAX_BYTES)
        return;
    read->think = AI_THINK_NONE;
    held_give(read, &read->text, read->think_held.len);
}

static void think_read(struct ai_read *read)
{
    if (read->think == AI_THINK_MAYBE)
        maybe_read(read);
    else if (read->think == AI_THINK_INSIDE)
        inside_read(read);
    else
        after_read(read);
}

/* ---- what comes ---- */

void ai_read_text(struct ai_read *read, struct str text)
{
    if (text.len == 0 || !ai_read_count(read, text.len))
        return;
    read->has_token = true;
    if (read->think == AI_THINK_NONE) {
        mend_join(&read->text, &read->text_half, text);
        return;
    }
    mend_join(&read->think_held, &read->text_half, text);
    if (read->think_held.failed)
        ai_read_fault(read, AI_FAULT_OUT_OF_MEMORY);
    else
        think_read(read);
}

void ai_read_reasoning(struct ai_read *read, struct str text)
{
    if (text.len == 0 || !ai_read_count(read, text.len))
        return;
    read->has_token = true;
    mend_join(&read->reasoning, &read->reasoning_half, text);
}

void ai_read_flush(struct ai_read *read)
{
    bool is_inside = read->think == AI_THINK_INSIDE;

    held_give(read, is_inside ? &read->reasoning : &read->text, read->think_held.len);
    mend_finish(is_inside ? &read->reasoning : &read->text, &read->text_half);
    mend_finish(&read->reasoning, &read->reasoning_half);
    ai_read_calls_flush(read);
}
