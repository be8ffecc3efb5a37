#include "parley/domain/talk/mention.h"

#include <stdlib.h>

#include "parley/core/text.h"
#include "parley/db/db.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/message.h"

/* ---- code ---- */

enum {
    FENCE_MIN = 3,
    FENCE_INDENT_MAX = 3,
    SPAN_RUN_MAX =
        80, /* longer runs of backticks open nothing, so that looking for their ends takes no time to speak of */
};

static size_t run_length(struct str text, size_t at, char c)
{
    size_t end = at;

    while (end < text.len && text.ptr[end] == c)
        end++;
    return end - at;
}

static size_t line_end(struct str text, size_t at)
{
    size_t len = str_index(str_tail(text, at), '\n');

    return len == SIZE_MAX ? text.len : at + len;
}

static bool is_blank(struct str text)
{
    return str_trim(text).len == 0;
}

/* The length of the fence (of backticks or tildes) at the beginning of a line, 0 where there is none; where it begins. */
static size_t fence_at(struct str text, size_t line, size_t *ret_at)
{
    size_t indent = run_length(text, line, ' ');
    size_t at = line + indent;
    size_t len;

    if (indent > FENCE_INDENT_MAX || at >= text.len || (text.ptr[at] != '`' && text.ptr[at] != '~'))
        return 0;
    len = run_length(text, at, text.ptr[at]);
    *ret_at = at;
    return len >= FENCE_MIN ? len : 0;
}

/* A fence that opens a block: backticks may not stand behind one of backticks. */
static bool opens_block(struct str text, size_t line, size_t *ret_at, size_t *ret_len)
{
    size_t len = fence_at(text, line, ret_at);
    size_t behind = *ret_at + len;

    *ret_len = len;
    if (len == 0)
        return false;
    return text.ptr[*ret_at] == '~' ||
           str_index((struct str){ text.ptr + behind, line_end(text, behind) - behind }, '`') == SIZE_MAX;
}

/* The beginning of the line behind a block that opens at `line`; the text's end where nothing closes it. */
static size_t block_end(struct str text, size_t line, size_t at, size_t len)
{
    char c = text.ptr[at];
    size_t end = line_end(text, line);

    while (end < text.len) {
        size_t next = end + 1, close_at = 0;
        size_t close_len = fence_at(text, next, &close_at);
        size_t behind = close_at + close_len;

        end = line_end(text, next);
        if (close_len >= len && text.ptr[close_at] == c && is_blank((struct str){ text.ptr + behind, end - behind }))
            return end;
    }
    return text.len;
}

/* Behind the code span that the run of backticks at `at` opens, or behind the run where nothing closes it. */
static size_t span_end(struct str text, size_t at)
{
    size_t len = run_length(text, at, '`');
    size_t behind = at + len;

    if (len > SPAN_RUN_MAX)
        return behind;
    for (size_t i = behind; i < text.len; i++) {
        if (text.ptr[i] == '\n' && is_blank((struct str){ text.ptr + i, line_end(text, i + 1) - i }))
            return behind; /* an empty line ends the paragraph */
        if (text.ptr[i] == '`') {
            size_t close_len = run_length(text, i, '`');
            if (close_len == len)
                return i + close_len;
            i += close_len - 1;
        }
    }
    return behind;
}

/* ---- names ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_name_char(char c)
{
    return is_letter(c) || c == '.' || c == '_' || c == '-';
}

/* Not inside of a word, a mail address, a path or an escape. */
static bool begins_name(struct str text, size_t at)
{
    char before = at == 0 ? ' ' : text.ptr[at - 1];

    return before != '\0' && !is_letter(before) && strchr(".-+/@\\=&#%", before) == NULL;
}

static void name_add(struct mention_names *names, struct str name)
{
    if (str_eq_nocase(name, STR("all")) || str_eq_nocase(name, STR("here"))) {
        names->all |= name.len == 3;
        names->here |= name.len == 4;
        return;
    }
    for (size_t i = 0; i < names->count; i++)
        if (str_eq_nocase(names->names[i], name))
            return;
    if (names->count < MENTIONS_MAX)
        names->names[names->count++] = name;
}

/* The name behind the @ at `at`; returns where reading goes on. */
static size_t name_take(struct str text, size_t at, struct mention_names *names)
{
    size_t end = at + 1;
    struct str name;

    while (end < text.len && is_name_char(text.ptr[end]))
        end++;
    if (!begins_name(text, at))
        return end;
    name = (struct str){ text.ptr + at + 1, end - at - 1 };
    /* The end of a sentence, or of what is stressed, is not the name's. */
    while (name.len > 0 && (name.ptr[name.len - 1] == '.' || name.ptr[name.len - 1] == '-' ||
                            (name.ptr[name.len - 1] == '_' && at > 0 && text.ptr[at - 1] == '_')))
        name.len--;
    if (name.len > 0 && name.len <= USERNAME_MAX_CHARS)
        name_add(names, name);
    return end;
}

void mention_scan(struct str text, struct mention_names *ret_names)
{
    size_t at = 0;

    memset(ret_names, 0, sizeof(*ret_names));
    if (text.len == 0 || str_index(text, '@') == SIZE_MAX)
        return;
    while (at < text.len) {
        size_t fence = 0, fence_len = 0;
        if ((at == 0 || text.ptr[at - 1] == '\n') && opens_block(text, at, &fence, &fence_len))
            at = block_end(text, at, fence, fence_len);
        else if (text.ptr[at] == '\\')
            at += 2; /* what is escaped neither opens code nor names anybody */
        else if (text.ptr[at] == '`')
            at = span_end(text, at);
        else if (text.ptr[at] == '@')
            at = name_take(text, at, ret_names);
        else
            at++;
    }
}

/* ---- the people ---- */

enum { NAMES_AT_ONCE = 10 };

struct person {
    int64_t id;
    struct uuid uuid;
};

struct finding {
    struct person people[MENTIONS_MAX];
    size_t count;
};

static enum err person_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct finding *finding = arg;

    (void)ctx;
    if (finding->count >= MENTIONS_MAX)
        return ERR_OK; /* two accounts whose names differ in case */
    finding->people[finding->count++] = (struct person){ db_row_int(row, MENTION_FIND_ID),
                                                         db_row_uuid(row, MENTION_FIND_UUID) };
    return ERR_OK;
}

/* A name as it was typed, and in lower case, as most are. */
static enum err spellings(struct ctx *ctx, struct str name, struct db_value *values)
{
    struct str lower;
    enum err e = text_lower(ctx->arena, name, &lower);

    if (e != ERR_OK)
        return fail(ctx, e);
    values[0] = DB_TEXT(name);
    values[1] = DB_TEXT(lower);
    return ERR_OK;
}

static enum err people_find(struct ctx *ctx, const struct chat_ref *chat, const struct mention_names *names,
                            struct finding *finding)
{
    struct db_value values[2 + 2 * NAMES_AT_ONCE] = { DB_INT(chat->workspace_id), DB_INT(chat->id) };

    for (size_t at = 0; at < names->count; at += NAMES_AT_ONCE) {
        for (size_t i = 0; i < NAMES_AT_ONCE; i++)
            TRY(spellings(ctx, names->names[at + i < names->count ? at + i : at], &values[2 + 2 * i]));
        TRY(db_each(ctx, SQL_MENTION_FIND, (struct db_args){ values, 2 + 2 * NAMES_AT_ONCE }, person_add, finding));
    }
    return ERR_OK;
}

static int by_id(const void *a, const void *b)
{
    const struct person *one = a, *other = b;

    return (one->id > other->id) - (one->id < other->id);
}

enum err mentions_find(struct ctx *ctx, const struct chat_ref *chat, struct str text, struct mentions *ret_mentions)
{
    struct mention_names names;
    struct finding finding = { .count = 0 };
    struct uuid *uuids;

    mention_scan(text, &names);
    ret_mentions->all = MENTION_NOBODY_ELSE;
    ret_mentions->users = (struct list){ NULL, 0 };
    if ((names.all || names.here) && chat->role >= MEMBER_ROLE_MEMBER)
        ret_mentions->all = names.all ? MENTION_ALL : MENTION_HERE;
    TRY(people_find(ctx, chat, &names, &finding));
    if (finding.count == 0)
        return ERR_OK;
    uuids = arena_calloc(ctx->arena, finding.count, sizeof(*uuids));
    if (uuids == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    qsort(finding.people, finding.count, sizeof(finding.people[0]), by_id);
    for (size_t i = 0; i < finding.count; i++) {
        uuids[i] = finding.people[i].uuid;
        ret_mentions->ids[i] = finding.people[i].id;
    }
    ret_mentions->users = (struct list){ uuids, finding.count };
    return ERR_OK;
}

bool mentions_any(const struct mentions *mentions)
{
    return mentions->users.count > 0 || mentions->all != MENTION_NOBODY_ELSE;
}

enum { EVERYONE = 0 };

static enum err row_write(struct ctx *ctx, const struct chat_ref *chat, const struct message *message, int64_t user_id)
{
    return db_exec(ctx, SQL_MENTION_INSERT,
                   DB_ARGS(DB_INT(chat->id), DB_INT(user_id), DB_INT(message->seq), DB_INT(chat->workspace_id),
                           DB_INT(message->id)),
                   NULL);
}

enum err mentions_write(struct ctx *ctx, const struct chat_ref *chat, const struct message *message,
                        const struct mentions *mentions)
{
    for (size_t i = 0; i < mentions->users.count; i++)
        TRY(row_write(ctx, chat, message, mentions->ids[i]));
    return mentions->all == MENTION_NOBODY_ELSE ? ERR_OK : row_write(ctx, chat, message, EVERYONE);
}

void mentions_show(struct message *message, const struct mentions *mentions)
{
    message->mentions = mentions->users;
    message->mention_all = mentions->all;
    message->has_mentions = mentions_any(mentions);
}
