/*
 * mail_address_parse: what is taken for an address can end neither an SMTP command nor a header, and reading it again
 * gives the same.
 */
#include <assert.h>
#include <string.h>

#include "parley/core/limits.h"
#include "parley/core/mail_address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_address(struct str address)
{
    struct mail_address again;

    assert(address.len > 2 && address.len <= EMAIL_MAX_BYTES);
    assert(str_is_utf8(address) && !str_has_control(address));
    for (size_t i = 0; i < address.len; i++)
        assert(strchr(" <>,:;()[]\"\\", address.ptr[i]) == NULL);
    assert(mail_address_domain(address).len > 0 && str_index(mail_address_domain(address), '@') == SIZE_MAX);
    assert(mail_address_parse(address, &again) == ERR_OK && str_eq(again.address, address));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mail_address parsed;

    if (mail_address_parse((struct str){ (const char *)data, size }, &parsed) != ERR_OK)
        return 0;
    check_address(parsed.address);
    if (parsed.name.ptr != NULL)
        assert(str_is_utf8(parsed.name) && !str_has_control(parsed.name) && str_index(parsed.name, '"') == SIZE_MAX);
    return 0;
}
