#include "search_proof.h"

#include "parley/core/buf.h"
#include "parley/core/limits.h"

/* A range as text: two numbers of up to six digits, brackets and commas. */
enum { RANGES_MAX_BYTES = 20 * WORD_QUERY_RANGES_MAX + 2 };

struct proving {
    const struct search_opts *opts;
    struct list *found;
};

static struct str ranges_text(struct ctx *ctx, const struct word_ranges *ranges)
{
    struct buf out;
    struct str text;

    buf_init(&out, RANGES_MAX_BYTES);
    buf_add_byte(&out, '[');
    for (size_t i = 0; i < ranges->count; i++)
        buf_addf(&out, "%s[%zu,%zu]", i > 0 ? "," : "", ranges->items[i].from, ranges->items[i].to);
    buf_add_byte(&out, ']');
    text = buf_check(&out) == ERR_OK ? arena_str(ctx->arena, buf_str(&out)) : (struct str){ NULL, 0 };
    buf_release(&out);
    return text;
}

static bool passes_filters(const struct search_opts *opts, const struct db_row *row)
{
    static const struct uuid any;
    int64_t created_us = db_row_int(row, SEARCH_CANDIDATES_CREATED_US);
    struct uuid sender = db_row_uuid(row, SEARCH_CANDIDATES_SENDER_UUID);

    return (uuid_eq(&opts->sender, &any) || uuid_eq(&opts->sender, &sender)) &&
           (opts->from_us == 0 || created_us >= opts->from_us) && (opts->to_us == 0 || created_us < opts->to_us) &&
           (!opts->has_file || db_row_int(row, SEARCH_CANDIDATES_ATTACHMENT_COUNT) > 0);
}

static enum err found_add(struct ctx *ctx, const struct db_row *row, const struct word_ranges *ranges,
                          struct list *list)
{
    struct str content = db_row_str(row, SEARCH_CANDIDATES_CONTENT);
    struct search_found *found = list_add(ctx->arena, list, sizeof(*found));

    if (found == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *found = (struct search_found){
        .id = db_row_int(row, SEARCH_CANDIDATES_ID),
        .version = db_row_int(row, SEARCH_CANDIDATES_VERSION),
        .uuid = db_row_uuid(row, SEARCH_CANDIDATES_UUID),
        .workspace = db_row_uuid(row, SEARCH_CANDIDATES_WORKSPACE_UUID),
        .chat_title = arena_str(ctx->arena, db_row_str(row, SEARCH_CANDIDATES_TITLE)),
        .highlights = ranges_text(ctx, ranges),
    };
    if (content.len > EVENT_DATA_MAX_BYTES)
        found->content = arena_str(ctx->arena, content);
    return found->highlights.ptr == NULL ? fail(ctx, ERR_NO_MEMORY) : arena_check(ctx->arena);
}

static enum err candidate_look(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct proving *proving = arg;
    struct word_ranges ranges;
    bool matches;

    if ((int64_t)proving->found->count > proving->opts->limit || !passes_filters(proving->opts, row))
        return ERR_OK;
    TRY(word_query_match(proving->opts->query, db_row_str(row, SEARCH_CANDIDATES_CONTENT), &matches, &ranges));
    return matches ? found_add(ctx, row, &ranges, proving->found) : ERR_OK;
}

enum err search_prove(struct ctx *ctx, const struct search_opts *opts, int64_t workspace_id, const int64_t *ids,
                      size_t count, struct list *found)
{
    struct db_value values[3 + PROVED_AT_ONCE] = { DB_INT(opts->principal->user_id), DB_INT(workspace_id),
                                                   DB_INT(opts->principal->user_id) };
    struct proving proving = { opts, found };

    if (count == 0)
        return ERR_OK;
    for (size_t i = 0; i < PROVED_AT_ONCE; i++)
        values[3 + i] = DB_INT(ids[i < count ? i : 0]);
    return db_each(ctx, SQL_SEARCH_CANDIDATES, (struct db_args){ values, COUNT_OF(values) }, candidate_look, &proving);
}
