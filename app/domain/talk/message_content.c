#include "message_content.h"

#include "parley/core/text.h"

enum err message_content_check(struct ctx *ctx, struct str content, size_t file_count)
{
    if (file_count > 0 || text_shows(content))
        return ERR_OK;
    return problem_add(ctx->problem, (struct fault){ .where = "body",
                                                     .field = "content",
                                                     .type = "string_too_short",
                                                     .message = "must not be empty where no file comes along" });
}
