#include "common_password.h"

#include <stdlib.h>

#include "parley/core/limits.h"
#include "parley/core/secret.h"

/* Passwords of one length, each with a NUL at its end, in the order of memcmp. */
struct table {
    size_t length_bytes, count;
    const char *passwords;
};

#include "common_passwords.inc"

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void lower(struct str password, char *ret_text)
{
    for (size_t i = 0; i < password.len; i++) {
        char c = password.ptr[i];

        ret_text[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    ret_text[password.len] = '\0';
}

bool common_password_is(struct str password)
{
    char text[PASSWORD_MAX_BYTES + 1];
    bool found = false;

    if (password.len > PASSWORD_MAX_BYTES)
        return false;
    lower(password, text);
    for (size_t i = 0; i < COUNT_OF(tables) && !found; i++) {
        const struct table *t = &tables[i];

        found = t->length_bytes == password.len &&
                bsearch(text, t->passwords, t->count, t->length_bytes + 1, compare) != NULL;
    }
    secret_wipe(text, sizeof(text));
    return found;
}
