/* What a browser gives out: an address that is taken has a host and no control characters; a point is one or not, and then reads a message. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "parley/core/config.h"
#include "parley/core/limits.h"
#include "parley/push/push.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_point(const uint8_t *data, size_t size)
{
    struct web_push_browser browser = { { 0 }, { 0 } };
    struct buf out;
    enum err e;

    memcpy(browser.point, data, size < sizeof(browser.point) ? size : sizeof(browser.point));
    buf_init(&out, 2 * (size_t)WEB_PUSH_RECORD_BYTES);
    e = web_push_encrypt(&browser, STR("text"), &out);
    assert((e == ERR_OK) == web_push_point_is_good(browser.point));
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct config config = { .egress_allow = "127.0.0.1:80, inner.example.org:8443",
                                   .public_url = "https://example.org" };
    struct str endpoint = { (const char *)data, size };

    if (push_endpoint_is_good(&config, endpoint))
        assert(size <= PUSH_ENDPOINT_MAX_BYTES && size > 7 && !str_has_control(endpoint) &&
               str_starts_with(endpoint, STR("http")));
    check_point(data, size);
    return 0;
}
