#include "parley/domain/lifecycle/chat_export.h"

#include "parley/domain/record/audit.h"

enum err chat_export_begin(struct ctx *ctx, const struct chat_export_opts *opts, struct chat_export **ret_export)
{
    const struct membership *m = opts->membership;
    int64_t user_id = opts->principal->user_id;
    struct chat_export *export = arena_calloc(ctx->arena, 1, sizeof(*export));

    if (export == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    TRY(chat_require(ctx, m, user_id, &opts->chat, CHAT_READ, &export->ref));
    TRY(chat_get(ctx, m, user_id, &opts->chat, &export->chat));
    export->walk = (struct message_walk){ .chat = &export->ref, .upto_seq = export->chat.last_seq };
    export_guard_begin(&export->guard, opts->principal, m->workspace_id, export->ref.id);
    TRY(audit_add(ctx, &(struct audit_entry){ .action = AUDIT_CHAT_EXPORTED,
                                              .target_kind = AUDIT_ON_CHAT,
                                              .target = opts->chat,
                                              .details = AUDIT_DETAILS(AUDIT_TEXT("format", opts->format)) }));
    *ret_export = export;
    return ERR_OK;
}

enum err chat_export_next(struct ctx *ctx, struct chat_export *export, size_t last_bytes, struct list *ret_messages)
{
    TRY(message_walk_next(ctx, &export->walk, ret_messages));
    return export_guard_check(ctx, &export->guard, ret_messages->count > 0 ? EXPORT_PIECE : EXPORT_LAST_PIECE,
                              last_bytes);
}
