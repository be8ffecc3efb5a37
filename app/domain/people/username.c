#include "parley/domain/people/username.h"

#include <assert.h>

#include "parley/core/rand.h"

enum { SUFFIX_CHARS = 6, BASE_MAX_CHARS = USERNAME_MAX_CHARS - SUFFIX_CHARS - 2 };

/* The character as it may stand in a name, or NUL. */
static char kept(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-')
        return c;
    return '\0';
}

static bool is_edge(char c)
{
    return c == '.' || c == '-';
}

void username_from_email(struct str email, char ret_username[USERNAME_BYTES])
{
    struct str local = str_head(email, str_index(email, '@'));
    size_t len = 0;

    if (str_index(local, '+') != 0)
        local = str_head(local, str_index(local, '+'));
    for (size_t i = 0; i < local.len && len < BASE_MAX_CHARS; i++) {
        char c = kept(local.ptr[i]);
        if (c != '\0' && !(len == 0 && is_edge(c)))
            ret_username[len++] = c;
    }
    while (len > 0 && is_edge(ret_username[len - 1]))
        len--;
    if (len == 0) {
        memcpy(ret_username, "user", 4);
        len = 4;
    }
    ret_username[len] = '\0';
}

void username_vary(struct str username, char ret_username[USERNAME_BYTES])
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    size_t len = username.len;

    assert(len <= BASE_MAX_CHARS);
    memcpy(ret_username, username.ptr, len);
    ret_username[len++] = '-';
    for (int i = 0; i < SUFFIX_CHARS; i++)
        ret_username[len++] = alphabet[rand_below(sizeof(alphabet) - 1)];
    ret_username[len] = '\0';
}
