/*
 * cidr_list_normalise and cidr_list_has: the input is a list, a line break, an address. What is taken has one form, which
 * is taken again and stays as it is; whether the address is in it does not depend on the form.
 */
#include <assert.h>

#include "parley/core/cidr.h"
#include "parley/core/limits.h"

enum { LIST_MAX_BYTES = CIDR_LIST_MAX * 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_form(struct str list)
{
    static const char allowed[] = "0123456789abcdef.:/,";

    for (size_t i = 0; i < list.len; i++)
        assert(memchr(allowed, list.ptr[i], sizeof(allowed) - 1) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = { (const char *)data, size }, typed = { NULL, 0 };
    struct buf once, twice;
    size_t bad = SIZE_MAX;

    if (!str_split(&rest, '\n', &typed))
        return 0;
    buf_init(&once, LIST_MAX_BYTES);
    buf_init(&twice, LIST_MAX_BYTES);
    if (cidr_list_normalise(typed, &once, &bad) == ERR_OK) {
        assert(buf_check(&once) == ERR_OK && bad == SIZE_MAX);
        check_form(buf_str(&once));
        if (once.len > 0) {
            assert(cidr_list_normalise(buf_str(&once), &twice, &bad) == ERR_OK);
            assert(str_eq(buf_str(&once), buf_str(&twice)));
        }
        assert(cidr_list_has(buf_str(&once), rest) == cidr_list_has(buf_str(&twice), rest));
        if (str_index(rest, '.') == SIZE_MAX && cidr_list_has(STR("0.0.0.0/0"), rest))
            assert(!cidr_list_has(STR("::/0"), rest));
    } else {
        assert(once.len == 0 && bad <= CIDR_LIST_MAX);
        (void)cidr_list_has(typed, rest);
    }
    buf_release(&once);
    buf_release(&twice);
    return 0;
}
