#include "parley/auth/recovery_code.h"

#include <ctype.h>

#include "parley/core/rand.h"
#include "parley/core/secret.h"

static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
static const char purpose[] = "parley: recovery code";

void recovery_code_new(char ret_code[RECOVERY_CODE_BYTES])
{
    uint8_t random[RECOVERY_CODE_LETTERS];
    size_t len = 0;

    rand_bytes(random, sizeof(random));
    for (size_t i = 0; i < sizeof(random); i++) {
        if (i == sizeof(random) / 2)
            ret_code[len++] = '-';
        ret_code[len++] = letters[random[i] & 0x1F];
    }
    ret_code[len] = '\0';
    secret_wipe(random, sizeof(random));
}

/* The letter that was meant; '\0' for none. */
static char meant(char typed)
{
    char c = (char)tolower((unsigned char)typed);

    if (c == 'i' || c == 'l')
        return '1';
    if (c == 'o')
        return '0';
    return c != '\0' && strchr(letters, c) != NULL ? c : '\0';
}

/* The letters of a code without hyphens and blanks. */
static enum err read_letters(struct str code, char ret_letters[RECOVERY_CODE_LETTERS])
{
    size_t len = 0;

    for (size_t i = 0; i < code.len; i++) {
        if (code.ptr[i] == '-' || code.ptr[i] == ' ')
            continue;
        if (len == RECOVERY_CODE_LETTERS || meant(code.ptr[i]) == '\0')
            return ERR_CODE_WRONG;
        ret_letters[len++] = meant(code.ptr[i]);
    }
    return len == RECOVERY_CODE_LETTERS ? ERR_OK : ERR_CODE_WRONG;
}

enum err recovery_code_hash(struct keys *keys, const struct uuid *user, struct str code, uint8_t ret_hash[SHA256_BYTES])
{
    char data[sizeof(purpose) + sizeof(user->bytes) + RECOVERY_CODE_LETTERS];

    memcpy(data, purpose, sizeof(purpose));
    memcpy(data + sizeof(purpose), user->bytes, sizeof(user->bytes));
    TRY(read_letters(code, data + sizeof(purpose) + sizeof(user->bytes)));
    keys_local_mac(keys, (struct str){ data, sizeof(data) }, ret_hash);
    secret_wipe(data, sizeof(data));
    return ERR_OK;
}
