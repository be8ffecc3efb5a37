#include "parley/domain/assist/post.h"

#include "generation.h"
#include "parley/db/db.h"
#include "parley/domain/talk/mention.h"
#include "parley/domain/talk/message_answer.h"

struct posting {
    const struct message_draft *draft;
    struct message_posted posted;
    struct message answer;
    bool has_answer;
};

static bool names_assistant(struct str text)
{
    struct mention_names names;

    mention_scan(text, &names);
    for (size_t i = 0; i < names.count; i++)
        if (str_eq_nocase(names.names[i], STR("assistant")))
            return true;
    return false;
}

/* Nobody answers in a process that has no recorder: a subcommand. */
static bool is_answered(const struct ctx *ctx, const struct posting *posting)
{
    switch (posting->posted.chat.assistant) {
    case CHAT_ASSISTANT_OFF: return false;
    case CHAT_ASSISTANT_MENTION: return ctx->app->recorder != NULL && names_assistant(posting->draft->content);
    case CHAT_ASSISTANT_ALWAYS: return ctx->app->recorder != NULL;
    }
    return false;
}

/* The one that was made with a message that a claim had made before. */
static enum err answer_recall(struct ctx *ctx, struct posting *posting)
{
    enum err e = message_answer_of(ctx, &posting->posted, &posting->answer);

    posting->has_answer = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err post_and_ask(struct ctx *ctx, void *arg)
{
    struct posting *posting = arg;

    posting->has_answer = false;
    TRY(message_insert(ctx, posting->draft, &posting->posted));
    if (posting->posted.seen)
        return answer_recall(ctx, posting);
    if (!is_answered(ctx, posting))
        return ERR_OK;
    posting->has_answer = true;
    return generation_ask(ctx, &posting->posted, posting->draft->location.principal, &posting->answer);
}

enum err post_message(struct ctx *ctx, const struct message_draft *draft, struct post *ret_post)
{
    struct posting *posting = arena_calloc(ctx->arena, 1, sizeof(*posting));

    if (posting == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    posting->draft = draft;
    TRY(db_run(ctx, post_and_ask, posting));
    if (posting->posted.seen && draft->files != NULL)
        incoming_files_drop(ctx, draft->files);
    *ret_post = (struct post){ posting->posted.message, posting->has_answer ? &posting->answer : NULL };
    return ERR_OK;
}

enum err post_unread(struct ctx *ctx, const struct message_draft *draft)
{
    struct posting posting = { .draft = draft };

    return post_and_ask(ctx, &posting);
}
