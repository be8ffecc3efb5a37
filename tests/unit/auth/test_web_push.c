#include "unit.h"

#include <string.h>

#include "../../../app/auth/web_push_private.h"
#include "parley/auth/digest.h"
#include "parley/core/arena.h"

/* RFC 8291, appendix A. */
static const char plain[] = "When I grow up, I want to be a watermelon";
static const char as_private[] = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
static const char ua_public[] =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
static const char auth_secret[] = "BTBZMqHH6r4Tts7J_aSIgg";
static const char salt_text[] = "DGv6ra1nlYgDCS1FRnbzlw";
static const char message[] =
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tl"
    "zAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a"
    "-fN";

static void bytes_of(struct arena *a, const char *text, void *ret_bytes, size_t len)
{
    struct str bytes;

    assert_ok(digest_base64url_decode(a, str_from(text), &bytes));
    assert_int_equal(bytes.len, len);
    memcpy(ret_bytes, bytes.ptr, len);
}

static struct web_push_browser browser_of(struct arena *a)
{
    struct web_push_browser browser;

    bytes_of(a, ua_public, browser.point, sizeof(browser.point));
    bytes_of(a, auth_secret, browser.secret, sizeof(browser.secret));
    return browser;
}

static void test_web_push__knows_the_vector_of_the_rfc(void **state)
{
    struct arena *a = arena_new(65536);
    struct web_push_browser browser = browser_of(a);
    uint8_t scalar[WEB_PUSH_SCALAR_BYTES], salt[WEB_PUSH_SALT_BYTES];
    struct buf out, text;

    (void)state;
    bytes_of(a, as_private, scalar, sizeof(scalar));
    bytes_of(a, salt_text, salt, sizeof(salt));
    buf_init(&out, 65536);
    buf_init(&text, 65536);
    assert_ok(web_push_encrypt_with(&browser, scalar, salt, str_from(plain), &out));
    digest_base64url(&text, out.ptr, out.len);
    assert_string_equal(text.ptr, message);
    buf_release(&out);
    buf_release(&text);
    arena_free(a);
}

static void test_web_push__refuses_what_is_no_point(void **state)
{
    struct arena *a = arena_new(65536);
    struct web_push_browser browser = browser_of(a);
    struct buf out;

    (void)state;
    assert_true(web_push_point_is_good(browser.point));
    buf_init(&out, 65536);
    browser.point[40] ^= 1;
    assert_false(web_push_point_is_good(browser.point));
    assert_err(web_push_encrypt(&browser, str_from(plain), &out), ERR_INVALID);
    memset(browser.point, 0, sizeof(browser.point));
    assert_false(web_push_point_is_good(browser.point));
    buf_release(&out);
    arena_free(a);
}

static void test_web_push__has_room_for_so_much_and_no_more(void **state)
{
    static const char letters[WEB_PUSH_TEXT_MAX_BYTES + 1] = { 'x' };
    struct arena *a = arena_new(65536);
    struct web_push_browser browser = browser_of(a);
    struct buf out;

    (void)state;
    buf_init(&out, 65536);
    assert_ok(web_push_encrypt(&browser, (struct str){ letters, WEB_PUSH_TEXT_MAX_BYTES }, &out));
    assert_int_equal(out.len, WEB_PUSH_RECORD_BYTES);
    assert_err(web_push_encrypt(&browser, (struct str){ letters, sizeof(letters) }, &out), ERR_INVALID);
    buf_release(&out);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_web_push__knows_the_vector_of_the_rfc),
        cmocka_unit_test(test_web_push__refuses_what_is_no_point),
        cmocka_unit_test(test_web_push__has_room_for_so_much_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
