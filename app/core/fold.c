#include "parley/core/fold.h"

#include <stdlib.h>
#include <unicase.h>
#include <uninorm.h>

enum err fold_text(struct arena *a, struct str text, struct str *ret_folded)
{
    size_t len = 0;
    uint8_t *folded;

    if (text.len == 0) {
        *ret_folded = STR("");
        return ERR_OK;
    }
    folded = u8_casefold((const uint8_t *)text.ptr, text.len, NULL, UNINORM_NFKC, NULL, &len);
    if (folded == NULL)
        return ERR_NO_MEMORY;
    *ret_folded = arena_str(a, (struct str){ (const char *)folded, len });
    free(folded);
    return ret_folded->ptr == NULL ? ERR_NO_MEMORY : ERR_OK;
}
