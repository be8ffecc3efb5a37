#include "parley/http/cookie.h"

#include "request_private.h"

static const struct str header = STR_INIT("HTTP_COOKIE=");

/* Of one header: "a=1; b=2". */
static size_t find(struct str pairs, struct str name, struct str *ret_value)
{
    struct str pair;
    size_t count = 0;

    while (str_split(&pairs, ';', &pair)) {
        size_t equals = str_index(pair, '=');

        if (equals == SIZE_MAX || !str_eq(str_trim(str_head(pair, equals)), name))
            continue;
        *ret_value = str_trim(str_tail(pair, equals + 1));
        count++;
    }
    return count;
}

size_t http_cookie(const struct http_request *req, const char *name, struct str *ret_value)
{
    size_t count = 0;

    *ret_value = (struct str){ NULL, 0 };
    for (char *const *param = req->params; *param != NULL; param++)
        if (str_starts_with(str_from(*param), header))
            count += find(str_tail(str_from(*param), header.len), str_from(name), ret_value);
    return count;
}
