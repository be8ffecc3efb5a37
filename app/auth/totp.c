#include "parley/auth/totp.h"

#include <liboath/oath.h>

#include "parley/core/rand.h"
#include "parley/core/secret.h"

enum err totp_init(void)
{
    return oath_init() == OATH_OK ? ERR_OK : ERR_INTERNAL;
}

void totp_secret_new(uint8_t ret_secret[TOTP_SECRET_BYTES])
{
    rand_bytes(ret_secret, TOTP_SECRET_BYTES);
}

/* 20 bytes are 32 letters of five bits, without padding. */
void totp_secret_text(const uint8_t secret[TOTP_SECRET_BYTES], char ret_text[TOTP_SECRET_TEXT_BYTES])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint32_t bits = 0;
    unsigned bit_count = 0;
    size_t len = 0;

    for (size_t i = 0; i < TOTP_SECRET_BYTES; i++) {
        bits = (bits & 0x1F) << 8 | secret[i];
        for (bit_count += 8; bit_count >= 5; bit_count -= 5)
            ret_text[len++] = letters[bits >> (bit_count - 5) & 0x1F];
    }
    ret_text[len] = '\0';
}

static bool is_six_digits(struct str code)
{
    for (size_t i = 0; i < code.len; i++)
        if (code.ptr[i] < '0' || code.ptr[i] > '9')
            return false;
    return code.len == TOTP_DIGITS;
}

/* What liboath calls with each right code; 0: it is the one that was typed. */
static int compare(void *typed, const char *right)
{
    return secret_eq(*(const struct str *)typed, str_from(right)) ? 0 : 1;
}

enum err totp_find_step(const uint8_t secret[TOTP_SECRET_BYTES], struct str code, int64_t now_s, int64_t *ret_step)
{
    int distance = 0;
    int found;

    /* Anything else never reaches liboath, which has other ideas of what a code may be (seven and eight digits). */
    if (!is_six_digits(code))
        return ERR_CODE_WRONG;
    found = oath_totp_validate2_callback((const char *)secret, TOTP_SECRET_BYTES, (time_t)now_s, TOTP_STEP_S, 0,
                                         TOTP_DIGITS, TOTP_DRIFT_STEPS, &distance, compare, &code);
    if (found == OATH_INVALID_OTP)
        return ERR_CODE_WRONG;
    if (found < 0)
        return ERR_INTERNAL;
    *ret_step = now_s / TOTP_STEP_S + distance;
    return ERR_OK;
}

void totp_uri(struct str issuer, struct str account, const uint8_t secret[TOTP_SECRET_BYTES], struct buf *out)
{
    char text[TOTP_SECRET_TEXT_BYTES];

    totp_secret_text(secret, text);
    buf_add_c(out, "otpauth://totp/");
    buf_add_percent(out, issuer, SLASH_ENCODE);
    buf_add_c(out, ":");
    buf_add_percent(out, account, SLASH_ENCODE);
    buf_addf(out, "?secret=%s&issuer=", text);
    buf_add_percent(out, issuer, SLASH_ENCODE);
    buf_addf(out, "&algorithm=SHA1&digits=%d&period=%d", TOTP_DIGITS, TOTP_STEP_S);
    secret_wipe(text, sizeof(text));
}
