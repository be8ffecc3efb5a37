#include "parley/core/idna.h"

#include <idn2.h>

/* Letters of ASCII in lower case; false where there are others. */
static bool lower_ascii(struct str domain, char ret_ascii[IDNA_DOMAIN_BYTES])
{
    for (size_t i = 0; i < domain.len; i++) {
        char c = domain.ptr[i];

        if ((unsigned char)c >= 0x80)
            return false;
        ret_ascii[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    ret_ascii[domain.len] = '\0';
    return true;
}

enum err idna_ascii(struct str domain, char ret_ascii[IDNA_DOMAIN_BYTES])
{
    /* Three bytes of UTF-8 may become one letter of ASCII. */
    char text[4 * IDNA_DOMAIN_BYTES];
    uint8_t *made = NULL;
    size_t len;

    if (domain.len == 0 || domain.len >= sizeof(text) || str_index(domain, '\0') != SIZE_MAX)
        return ERR_INVALID;
    if (domain.len < IDNA_DOMAIN_BYTES && lower_ascii(domain, ret_ascii))
        return ERR_OK;
    memcpy(text, domain.ptr, domain.len);
    text[domain.len] = '\0';
    if (idn2_lookup_u8((const uint8_t *)text, &made, IDN2_NONTRANSITIONAL | IDN2_USE_STD3_ASCII_RULES) != IDN2_OK)
        return ERR_INVALID;
    len = strlen((const char *)made);
    if (len < IDNA_DOMAIN_BYTES)
        memcpy(ret_ascii, made, len + 1);
    idn2_free(made);
    return len < IDNA_DOMAIN_BYTES ? ERR_OK : ERR_INVALID;
}
