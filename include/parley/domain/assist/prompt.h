/*
 * Prompts that a workspace keeps for all of its members: texts that are called up by a name. Its MEMBERs make them; who made one, and
 * OWNERs, change and delete it.
 *
 * Every function here: any thread, no transaction open; errors of the database (parley/db/db.h) besides those that are named;
 * ERR_FORBIDDEN, ERR_WORKSPACE_NOT_FOUND: the caller's role has changed meanwhile. Texts and lists of all results are in the
 * request arena.
 */
#ifndef PARLEY_DOMAIN_PROMPT_H
#define PARLEY_DOMAIN_PROMPT_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/core/str.h"
#include "parley/domain/record/principal.h"
#include "parley/domain/workspaces/member.h"

struct prompt {
    int64_t id; /* integer key */
    struct uuid uuid;
    struct str name; /* by which it is called up: a word; one of its workspace has it */
    struct str title;
    struct str content;
    struct uuid created_by; /* zero: nobody any more */
    int64_t version, created_us, updated_us;
};

/* Who asks, and where. */
struct prompt_place {
    const struct membership *m;
    const struct principal *principal;
};

/* As sent. What is not in `fields` is left as it is. */
enum prompt_field { PROMPT_NAME = 1, PROMPT_TITLE = 2, PROMPT_CONTENT = 4 };
struct prompt_draft {
    unsigned fields; /* enum prompt_field */
    struct str name, title, content;
};

/* struct prompt, by their names. */
enum err prompt_list(struct ctx *ctx, const struct prompt_place *place, struct list *ret_list) MUST_CHECK;
/* ERR_PROMPT_NOT_FOUND. */
enum err prompt_get(struct ctx *ctx, const struct prompt_place *place, const struct uuid *prompt,
                    struct prompt *ret_prompt) MUST_CHECK;

/* All three texts are in the draft. ERR_NAME_TAKEN; ERR_LIMIT: PROMPTS_PER_WORKSPACE_MAX; ERR_INVALID: the name is no word. */
enum err prompt_create(struct ctx *ctx, const struct prompt_place *place, const struct prompt_draft *draft,
                       struct prompt *ret_prompt) MUST_CHECK;
/* if_version 0: any. Errors as above; ERR_PROMPT_NOT_FOUND, ERR_PRECONDITION. */
enum err prompt_update(struct ctx *ctx, const struct prompt_place *place, const struct uuid *prompt, int64_t if_version,
                       const struct prompt_draft *draft, struct prompt *ret_prompt) MUST_CHECK;
/* ERR_PROMPT_NOT_FOUND, ERR_PRECONDITION. */
enum err prompt_delete(struct ctx *ctx, const struct prompt_place *place, const struct uuid *prompt,
                       int64_t if_version) MUST_CHECK;

#endif
