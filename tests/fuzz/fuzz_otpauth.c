/*
 * totp_uri and qr_svg: whatever an issuer and an account are called, the URI keeps its parts apart and the SVG stays one
 * element without any text of theirs. A line break parts the two names.
 */
#include <assert.h>
#include <string.h>

#include "parley/auth/qr.h"
#include "parley/auth/totp.h"

enum { URI_MAX_BYTES = 4096, SVG_MAX_BYTES = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count_of(struct str text, char wanted)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == wanted;
    return count;
}

/* Unreserved characters and encodings only, besides the marks that we have put there ourselves. */
static void check_uri(struct str uri)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%:/?&=";

    assert(str_starts_with(uri, STR("otpauth://totp/")));
    assert(str_ends_with(uri, STR("&algorithm=SHA1&digits=6&period=30")));
    assert(strspn(uri.ptr, allowed) == uri.len);
    assert(count_of(uri, ':') == 2 && count_of(uri, '?') == 1 && count_of(uri, '&') == 4 && count_of(uri, '=') == 5);
}

static void check_svg(struct str svg)
{
    assert(str_starts_with(svg, STR("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ")));
    assert(str_ends_with(svg, STR("\"/></svg>")));
    assert(count_of(svg, '<') == 4 && count_of(svg, '>') == 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t secret[TOTP_SECRET_BYTES] = "12345678901234567890";
    struct str rest = { (const char *)data, size };
    struct str issuer = { NULL, 0 }, account;
    struct buf uri, svg;

    if (size == 0 || size > 2000 || !str_split(&rest, '\n', &issuer))
        return 0;
    account = rest.ptr == NULL ? STR("") : rest;
    buf_init(&uri, 16 * URI_MAX_BYTES);
    buf_init(&svg, SVG_MAX_BYTES);
    totp_uri(issuer, account, secret, &uri);
    assert(buf_check(&uri) == ERR_OK);
    check_uri(buf_str(&uri));
    if (qr_svg(buf_str(&uri), &svg) == ERR_OK)
        check_svg(buf_str(&svg));
    else
        assert(uri.len > 2900);
    buf_release(&uri);
    buf_release(&svg);
    return 0;
}
