#include "parley/domain/talk/word_pack.h"

#include <stdlib.h>

#include "parley/core/words.h"
#include "parley/domain/talk/reindex.h"
#include "word_runs.h"

enum { PAGE_ROWS = 2000, TOGETHER_MIN = 32 };

struct word_pack {
    int64_t workspace_id, message_id; /* of the last row that is done; workspace 0: none is */
    size_t word_len;
    char word[WORD_MAX_BYTES];
};

struct word_pack *word_pack_new(void)
{
    return calloc(1, sizeof(struct word_pack));
}

void word_pack_free(struct word_pack *pack)
{
    free(pack);
}

/* A word on the page, and how many rows of it. */
struct group {
    struct word_span span;
    int64_t row_count;
};

struct page {
    int64_t workspace_id, row_count;
    struct list groups;
};

static enum err page_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct page *page = arg;
    struct group *last = page->groups.count == 0 ? NULL : (struct group *)page->groups.items + page->groups.count - 1;
    struct str word = db_row_str(row, WORDS_PACK_PAGE_WORD);
    int64_t id = db_row_int(row, WORDS_PACK_PAGE_MESSAGE_ID);

    page->row_count++;
    if (last == NULL || !str_eq(last->span.word, word)) {
        last = list_add(ctx->arena, &page->groups, sizeof(*last));
        if (last == NULL)
            return fail(ctx, ERR_NO_MEMORY);
        last->span.workspace_id = page->workspace_id;
        last->span.word = arena_str(ctx->arena, word);
        last->span.first_id = id;
    }
    last->span.last_id = id;
    last->row_count++;
    return arena_check(ctx->arena);
}

static void place_set(struct word_pack *pack, const struct word_span *span)
{
    pack->message_id = span->last_id;
    pack->word_len = span->word.len < sizeof(pack->word) ? span->word.len : sizeof(pack->word);
    memcpy(pack->word, span->word.ptr, pack->word_len);
}

/* The last word of a full page may have more rows behind it: it is looked at again from its first one on. */
static void page_cut(struct page *page)
{
    const struct group *groups = page->groups.items;

    if (page->row_count == PAGE_ROWS && page->groups.count > 1 &&
        groups[page->groups.count - 1].row_count < TOGETHER_MIN)
        page->groups.count--;
}

static enum err group_pack(struct ctx *ctx, void *arg)
{
    return word_runs_pack(ctx, arg);
}

/* Behind the last row of a workspace comes the next one. */
static enum err workspace_next(struct ctx *ctx, struct word_pack *pack, int64_t *ret_count)
{
    int64_t workspace_id = 0;

    TRY(db_number(ctx, SQL_WORDS_NEXT_WORKSPACE, DB_ARGS(DB_INT(pack->workspace_id)), &workspace_id));
    *pack = (struct word_pack){ .workspace_id = workspace_id };
    *ret_count = workspace_id != 0;
    return ERR_OK;
}

enum err word_pack_step(struct ctx *ctx, struct word_pack *pack, int64_t *ret_count)
{
    const struct db_value word = DB_BLOB(((struct str){ pack->word, pack->word_len }));
    struct page page = { .workspace_id = pack->workspace_id };
    struct group *groups;
    bool apart;

    *ret_count = 0;
    TRY(reindex_is_open(ctx, &apart));
    if (apart)
        return ERR_OK;
    TRY(db_each(ctx, SQL_WORDS_PACK_PAGE,
                DB_ARGS(DB_INT(pack->workspace_id), word, word, DB_INT(pack->message_id), DB_INT(PAGE_ROWS)), page_add,
                &page));
    if (page.groups.count == 0)
        return workspace_next(ctx, pack, ret_count);
    page_cut(&page);
    groups = page.groups.items;
    for (size_t i = 0; i < page.groups.count; i++)
        if (groups[i].row_count >= TOGETHER_MIN)
            TRY(db_run(ctx, group_pack, &groups[i].span));
    place_set(pack, &groups[page.groups.count - 1].span);
    *ret_count = page.row_count;
    return ERR_OK;
}
