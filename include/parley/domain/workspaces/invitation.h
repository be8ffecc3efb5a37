/*
 * Invitations: a link that makes the owner of one address a member of one workspace, once, with one role, until it
 * expires. The token is 32 random bytes as base64url; the database holds its SHA-256. An invitation is worth no more than
 * its author's present role: when the author leaves or is made less, it goes.
 *
 * Every function here: any thread; ERR_DATABASE, ERR_BUSY, ERR_NO_MEMORY and ERR_COMMIT_UNKNOWN as db.h says. Results
 * are in the request arena.
 */
#ifndef PARLEY_DOMAIN_INVITATION_H
#define PARLEY_DOMAIN_INVITATION_H

#include <stddef.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/domain/workspaces/member.h"

struct invitation {
    int64_t id;
    struct uuid uuid;
    int64_t workspace_id;
    struct uuid workspace;
    struct str workspace_name;
    struct str email; /* normalised */
    enum member_role role;
    struct uuid invited_by;     /* zero: nobody any more */
    struct str invited_by_name; /* display_name */
    int64_t created_us, expires_us;
};

/*
 * What a token stands for. ERR_INVITATION: not the form of a token, unknown, used, withdrawn, expired, its workspace gone
 * or its author without the right. One statement.
 */
enum err invitation_find_by_token(struct ctx *ctx, struct str token, struct invitation *ret_invitation) MUST_CHECK;

/*
 * Redeems a token: of any number at once exactly one succeeds. Joins the caller's db_run, so that an account and its
 * first membership are made together; on its own otherwise. Who is a member already stays what they are.
 *   email  the address of user_id, as stored
 * ERR_INVITATION as above; ERR_FORBIDDEN: for another address; ERR_LIMIT: workspace or user full.
 */
enum err invitation_accept(struct ctx *ctx, struct str token, int64_t user_id, struct str email,
                           struct invitation *ret_invitation) MUST_CHECK;

struct invite_opts {
    int64_t inviter_id;
    struct str email;        /* as decoded by FIELD_EMAIL; normalised here */
    enum member_role role;   /* at most the inviter's */
    int64_t expires_in_days; /* 1 … INVITATION_DAYS_MAX */
};
enum invite_outcome { INVITE_MEMBER, INVITE_INVITED };
struct invited {
    enum invite_outcome outcome;
    struct uuid user;       /* INVITE_MEMBER: who is a member now */
    struct uuid invitation; /* INVITE_INVITED */
    struct str url;         /* INVITE_INVITED: the link with the token; shown once */
};
/*
 * Invites an address. Someone with an account becomes a member at once, unless INVITE_ADDS_AT_ONCE is off: then, and for
 * every other address, an invitation is made, and mailed where a mail server is set; earlier ones to the same address that the inviter might withdraw end.
 * ERR_FORBIDDEN (a role above one's own), ERR_PERSONAL_WORKSPACE, ERR_ALREADY_MEMBER, ERR_LIMIT (members,
 * INVITATIONS_PENDING_MAX), ERR_WORKSPACE_NOT_FOUND.
 */
enum err invitation_invite(struct ctx *ctx, const struct membership *inviter, const struct invite_opts *opts,
                           struct invited *ret_invited) MUST_CHECK;

/* A page of pending invitations (struct invitation), newest first. after_created_us and after_id: behind which; both INT64_MAX: from the first. */
struct invitation_list_opts {
    int64_t after_created_us, after_id;
    int64_t limit; /* rows wanted at most */
};
enum err invitation_list(struct ctx *ctx, const struct membership *caller, const struct invitation_list_opts *opts,
                         struct list *ret_list) MUST_CHECK;

/* Inside db_run: what is open for the first address (both normalised) is open for the second. */
enum err invitation_follow(struct ctx *ctx, struct str old_email, struct str email) MUST_CHECK;

/* Withdraws one: an OWNER any, its author one's own. ERR_INVITATION, ERR_FORBIDDEN. */
enum err invitation_withdraw(struct ctx *ctx, const struct membership *caller, int64_t caller_id,
                             const struct uuid *invitation) MUST_CHECK;

#endif
