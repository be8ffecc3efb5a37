#include "rights.h"

#include "parley/domain/talk/access_cache.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/trust/second_factor.h"

/* What the body is decides whether the handler can be run twice. */
static bool may_recall(const struct exchange *p)
{
    return (p->call.route->flags & ROUTE_PROVES_ACCESS) != 0 && p->purpose == PURPOSE_ANSWER &&
           !str_starts_with(http_header(p->call.request, "Content-Type"), STR("multipart/"));
}

static enum err access_find(struct exchange *p, bool recall)
{
    const struct uuid *workspace = &p->match.workspace;
    const struct uuid *chat = p->match.names_chat ? &p->call.ids[0] : NULL;
    int64_t user_id = p->principal.user_id;

    if (recall && access_recall(&p->ctx, workspace, chat, user_id, &p->call.workspace))
        return ERR_OK;
    TRY(chat != NULL ? chat_access_load(&p->ctx, workspace, chat, user_id, &p->call.workspace)
                     : member_find(&p->ctx, workspace, user_id, &p->call.workspace));
    if (p->call.route->flags & ROUTE_PROVES_ACCESS)
        access_remember(&p->ctx, chat, user_id, &p->call.workspace);
    return ERR_OK;
}

static enum err membership_check(struct exchange *p, bool recall)
{
    static const enum member_role least[] = {
        [ROLE_GUEST] = MEMBER_ROLE_GUEST, [ROLE_MEMBER] = MEMBER_ROLE_MEMBER, [ROLE_OWNER] = MEMBER_ROLE_OWNER
    };
    enum route_role role = p->call.route->role;

    if (role == ROLE_NO_WORKSPACE)
        return ERR_OK;
    if (!principal_may_enter(&p->principal, &p->match.workspace))
        return fail(&p->ctx, ERR_WORKSPACE_NOT_FOUND);
    TRY(access_find(p, recall));
    if (p->call.workspace.role < least[role])
        return fail(&p->ctx, ERR_FORBIDDEN);
    return ERR_OK;
}

/* A workspace may ask its members for a second factor: members without one are refused until they have it. */
static enum err second_factor_check(struct exchange *p)
{
    if (!p->call.workspace.require_2fa || p->principal.twofa_enabled)
        return ERR_OK;
    if ((p->call.route->flags & ROUTE_LEAVES) && uuid_eq(&p->call.ids[0], &p->principal.user))
        return ERR_OK;
    /* The principal may be a second old, so the row is asked before somebody who has one by now is refused. */
    return second_factor_ask(&p->ctx, p->principal.user_id);
}

static enum err check(struct exchange *p, bool recall)
{
    TRY(membership_check(p, recall));
    return second_factor_check(p);
}

bool rights_is_refused_guess(const struct exchange *p, enum err e)
{
    int status = err_info(e)->http_status;

    return p->call.workspace.is_guess && status >= 400 && status < 500;
}

enum err rights_check_again(struct exchange *p)
{
    p->problem = (struct problem){ .err = ERR_OK };
    return check(p, false);
}

enum err rights_check(struct exchange *p)
{
    enum err e = check(p, may_recall(p));

    return rights_is_refused_guess(p, e) ? rights_check_again(p) : e;
}
