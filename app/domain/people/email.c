#include "parley/domain/people/email.h"

#include "parley/core/mail_address.h"
#include "parley/core/text.h"

struct str email_normalise(struct arena *a, struct str email)
{
    struct str trimmed = text_trim(email);
    struct str key = { NULL, 0 };
    enum err e;

    if (trimmed.ptr == NULL)
        return key;
    e = mail_address_key(a, trimmed, &key);
    /* What is no address has no key; it is looked up as it is, and found nowhere. */
    if (e == ERR_INVALID)
        e = text_lower(a, trimmed, &key);
    if (e == ERR_INVALID)
        key = trimmed;
    return e == ERR_NO_MEMORY ? (struct str){ NULL, 0 } : key;
}
