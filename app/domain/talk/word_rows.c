#include "word_rows.h"

#include <stdlib.h>

#include "parley/core/limits.h"
#include "parley/core/words.h"
#include "word_runs.h"

/* Of words_insert and words_delete. */
enum { INSERTED_AT_ONCE = 32, COLUMNS = 4, DELETED_AT_ONCE = 16 };

/* ---- the words of a text ---- */

struct gathering {
    struct ctx *ctx;
    struct list words; /* struct str */
};

static enum err word_gather(void *arg, const struct word *word)
{
    struct gathering *gathering = arg;
    struct str *added = list_add(gathering->ctx->arena, &gathering->words, sizeof(*added));

    if (added == NULL)
        return fail(gathering->ctx, ERR_NO_MEMORY);
    *added = arena_str(gathering->ctx->arena, word->text);
    return arena_check(gathering->ctx->arena);
}

static int compare_words(struct str a, struct str b)
{
    int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_strings(const void *a, const void *b)
{
    return compare_words(*(const struct str *)a, *(const struct str *)b);
}

enum err word_rows_add(struct ctx *ctx, struct list *rows, const struct word_row *of, struct str text)
{
    struct gathering gathering = { .ctx = ctx };
    const struct str *words;
    int64_t added_count = 0;

    TRY(words_each(text, word_gather, &gathering));
    words = gathering.words.items;
    if (gathering.words.count > 1)
        qsort(gathering.words.items, gathering.words.count, sizeof(*words), compare_strings);
    for (size_t i = 0; i < gathering.words.count && added_count < WORDS_PER_MESSAGE_MAX; i++) {
        struct word_row *row;

        if (i > 0 && str_eq(words[i], words[i - 1]))
            continue;
        row = list_add(ctx->arena, rows, sizeof(*row));
        if (row == NULL)
            return fail(ctx, ERR_NO_MEMORY);
        *row = *of;
        row->word = words[i];
        added_count++;
    }
    return ERR_OK;
}

struct looking {
    struct str word;
    bool found;
};

static enum err word_compare(void *arg, const struct word *word)
{
    struct looking *looking = arg;

    looking->found |= str_eq(looking->word, word->text);
    return ERR_OK;
}

enum err word_rows_has(struct str text, struct str word, bool *ret_has)
{
    struct looking looking = { .word = word };

    TRY(words_each(text, word_compare, &looking));
    *ret_has = looking.found;
    return ERR_OK;
}

/* ---- writing ---- */

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_rows(const void *a, const void *b)
{
    const struct word_row *one = a, *other = b;
    int order = compare_numbers(one->workspace_id, other->workspace_id);

    if (order == 0)
        order = compare_words(one->word, other->word);
    return order != 0 ? order : compare_numbers(one->message_id, other->message_id);
}

enum err word_rows_insert(struct ctx *ctx, struct list *rows)
{
    const struct word_row *items = rows->items;
    struct db_value values[INSERTED_AT_ONCE * COLUMNS];

    if (rows->count > 1)
        qsort(rows->items, rows->count, sizeof(*items), compare_rows);
    for (size_t at = 0; at < rows->count; at += INSERTED_AT_ONCE) {
        for (size_t i = 0; i < INSERTED_AT_ONCE; i++) {
            const struct word_row *row = &items[at + i < rows->count ? at + i : at];

            values[i * COLUMNS] = DB_INT(row->workspace_id);
            values[i * COLUMNS + 1] = DB_BLOB(row->word);
            values[i * COLUMNS + 2] = DB_INT(row->message_id);
            values[i * COLUMNS + 3] = DB_INT(row->chat_id);
        }
        TRY(db_exec(ctx, SQL_WORDS_INSERT, (struct db_args){ values, COUNT_OF(values) }, NULL));
    }
    return ERR_OK;
}

static bool is_same_message(const struct word_row *a, const struct word_row *b)
{
    return a->message_id == b->message_id && a->workspace_id == b->workspace_id;
}

/* Words of one message of which some have no row of their own: they may be in runs. */
static enum err runs_remove(struct ctx *ctx, const struct word_row *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        TRY(word_runs_remove(ctx, items[i].workspace_id, items[i].word, items[i].message_id));
    return ERR_OK;
}

enum err word_rows_delete(struct ctx *ctx, const struct list *rows)
{
    const struct word_row *items = rows->items;
    struct db_value values[2 + DELETED_AT_ONCE];
    int64_t deleted_count;

    for (size_t at = 0, count; at < rows->count; at += count) {
        for (count = 1; count < DELETED_AT_ONCE && at + count < rows->count; count++)
            if (!is_same_message(&items[at], &items[at + count]))
                break;
        values[0] = DB_INT(items[at].workspace_id);
        values[1] = DB_INT(items[at].message_id);
        for (size_t i = 0; i < DELETED_AT_ONCE; i++)
            values[2 + i] = DB_BLOB(items[at + (i < count ? i : 0)].word);
        TRY(db_exec(ctx, SQL_WORDS_DELETE, (struct db_args){ values, COUNT_OF(values) }, &deleted_count));
        if (deleted_count < (int64_t)count)
            TRY(runs_remove(ctx, items + at, count));
    }
    return ERR_OK;
}
