/* What a text must be to be a message. Private to the folder. */
#ifndef PARLEY_APP_DOMAIN_MESSAGE_CONTENT_H
#define PARLEY_APP_DOMAIN_MESSAGE_CONTENT_H

#include <stddef.h>

#include "parley/core/ctx.h"
#include "parley/core/str.h"

/* ERR_INVALID: it shows nothing, and no file comes along. */
enum err message_content_check(struct ctx *ctx, struct str content, size_t file_count) MUST_CHECK;

#endif
