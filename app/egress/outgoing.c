#include "outgoing.h"

#include "parley/core/str.h"

static enum err check_port(CURLU *url)
{
    char *text = NULL;
    int64_t port = 0;
    enum err e;

    if (curl_url_get(url, CURLUPART_PORT, &text, CURLU_DEFAULT_PORT) != CURLUE_OK)
        return ERR_INVALID;
    e = str_to_int64(str_from(text), &port);
    curl_free(text);
    if (e != ERR_OK)
        return ERR_INVALID;
    return guard_is_port_allowed((int)port) ? ERR_OK : ERR_FORBIDDEN;
}

enum err outgoing_url(const char *text, enum egress_trust trust, CURLU **ret_url)
{
    CURLU *url = curl_url();
    enum err e = ERR_OK;

    if (url == NULL)
        return ERR_NO_MEMORY;
    if (curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER) != CURLUE_OK)
        e = ERR_INVALID;
    else if (trust == EGRESS_FOREIGN)
        e = check_port(url);
    if (e != ERR_OK) {
        curl_url_cleanup(url);
        return e;
    }
    *ret_url = url;
    return ERR_OK;
}

enum err outgoing_headers(const char *const *headers, struct curl_slist **list)
{
    for (size_t i = 0; headers != NULL && headers[i] != NULL; i++) {
        struct curl_slist *longer = curl_slist_append(*list, headers[i]);

        if (longer == NULL)
            return ERR_NO_MEMORY;
        *list = longer;
    }
    return ERR_OK;
}

void outgoing_limits(CURL *curl, const char *ca_file)
{
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    /* With a folder of certificates besides, which Debian's curl has by default, it reads them all for each connection. */
    curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    if (ca_file != NULL)
        curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file);
}

enum err outgoing_check(enum egress_trust trust, const struct sockaddr *address)
{
    return guard_allows(trust, address) ? ERR_OK : ERR_FORBIDDEN;
}

curl_socket_t outgoing_socket(const struct curl_sockaddr *address)
{
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}
