#include "parley/domain/talk/notice.h"

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"

/* When browsers and mail are due. */
struct due {
    struct db_value made, push, mail;
};

static enum err mentions_add(struct ctx *ctx, const struct chat_ref *chat, const struct message *message,
                             const struct mentions *mentions, const struct due *due)
{
    for (size_t i = 0; i < mentions->users.count; i++)
        if (mentions->ids[i] != message->sender_user_id)
            TRY(db_exec(ctx, SQL_NOTICE_ADD_MENTION,
                        DB_ARGS(DB_INT(message->id), DB_INT(chat->id), due->made, due->push, due->mail,
                                DB_INT(chat->workspace_id), DB_INT(mentions->ids[i])),
                        NULL));
    return ERR_OK;
}

enum err notices_add(struct ctx *ctx, const struct chat_ref *chat, const struct message *message,
                     const struct mentions *mentions)
{
    const struct due due = {
        .made = DB_INT(message->created_us),
        .push = DB_INT(message->created_us + NOTICE_PUSH_S * US_PER_S),
        .mail = DB_INT(message->created_us + NOTICE_MAIL_MIN * US_PER_MINUTE),
    };
    const struct db_value id = DB_INT(message->id), workspace = DB_INT(chat->workspace_id),
                          sender = DB_INT(message->sender_user_id);

    TRY(mentions_add(ctx, chat, message, mentions, &due));
    if (chat->kind == CHAT_KIND_DIRECT)
        return db_exec(ctx, SQL_NOTICE_ADD_DIRECT,
                       DB_ARGS(id, due.made, due.push, due.mail, DB_INT(chat->id), workspace, sender), NULL);
    if (message->reply_to_id == 0)
        return ERR_OK;
    return db_exec(ctx, SQL_NOTICE_ADD_REPLY,
                   DB_ARGS(id, due.made, due.push, due.mail, workspace, DB_INT(message->reply_to_id), sender), NULL);
}

enum err notices_follow_edit(struct ctx *ctx, const struct chat_ref *chat, const struct message *message)
{
    return db_exec(ctx, SQL_NOTICES_FORGET_MENTIONS, DB_ARGS(DB_INT(message->id), DB_INT(chat->workspace_id)), NULL);
}
