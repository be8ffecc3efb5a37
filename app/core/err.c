#include "parley/core/err.h"

#include <assert.h>

static const struct err_info table[] = {
#define ERROR(id, status, code, sentence) [ERR_##id] = { status, code, sentence },
#include "parley/core/errors.def"
#undef ERROR
};

const struct err_info *err_info(enum err e)
{
    assert(e >= ERR_OK && e < ERR_COUNT_);
    return &table[e];
}
