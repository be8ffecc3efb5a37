#include "parley/domain/people/email.h"

struct str email_normalise(struct arena *a, struct str email)
{
    struct str trimmed = str_trim(email);
    char *copy = trimmed.ptr == NULL ? NULL : arena_cstr(a, trimmed);

    if (copy == NULL)
        return (struct str){ NULL, 0 };
    for (size_t i = 0; i < trimmed.len; i++)
        if (copy[i] >= 'A' && copy[i] <= 'Z')
            copy[i] = (char)(copy[i] - 'A' + 'a');
    return (struct str){ copy, trimmed.len };
}
