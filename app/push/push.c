#include "parley/push/push.h"

#include <stdlib.h>

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/url.h"
#include "parley/egress/egress.h"

enum { CLAIM_HOURS = 12, AUTHORIZATION_MAX_BYTES = 2048, HEADER_MAX_BYTES = 2100, PORT_HTTP = 80, PORT_HTTPS = 443 };

struct push {
    struct egress *egress;
    struct web_push_key *key;
    struct buf public_key;
};

enum err push_open(struct keys *keys, struct push **ret_push)
{
    struct push *push = calloc(1, sizeof(*push));
    enum err e = push == NULL ? ERR_NO_MEMORY : ERR_OK;

    if (e == ERR_OK) {
        buf_init(&push->public_key, KIB);
        e = web_push_key_new(keys, &push->key);
    }
    if (e == ERR_OK)
        e = egress_new(&(struct egress_opts){ .idle_max = 2 }, &push->egress);
    if (e == ERR_OK) {
        web_push_key_public(push->key, &push->public_key);
        e = buf_check(&push->public_key);
    }
    if (e != ERR_OK) {
        push_close(push);
        return e;
    }
    *ret_push = push;
    return ERR_OK;
}

void push_close(struct push *push)
{
    if (push == NULL)
        return;
    egress_free(push->egress);
    web_push_key_free(push->key);
    buf_release(&push->public_key);
    free(push);
}

struct str push_public_key(const struct push *push)
{
    return buf_str(&push->public_key);
}

/* ---- addresses ---- */

struct address {
    struct url url;
    enum egress_trust trust;
};

static bool address_read(const struct config *config, struct str endpoint, struct address *ret_address)
{
    struct url *url = &ret_address->url;
    bool is_https = str_starts_with(endpoint, STR("https://"));
    int port;

    if (endpoint.len > PUSH_ENDPOINT_MAX_BYTES || str_has_control(endpoint) || str_index(endpoint, ' ') != SIZE_MAX ||
        (!is_https && !str_starts_with(endpoint, STR("http://"))))
        return false;
    if (url_split(endpoint, URL_QUERY, url) != ERR_OK || url->host.len == 0 || url->user.ptr != NULL ||
        url_port(url, is_https ? PORT_HTTPS : PORT_HTTP, &port) != ERR_OK)
        return false;
    ret_address->trust = url_is_listed(str_from(config->egress_allow), url, port) ? EGRESS_OPERATOR : EGRESS_FOREIGN;
    return is_https || ret_address->trust == EGRESS_OPERATOR;
}

bool push_endpoint_is_good(const struct config *config, struct str endpoint)
{
    struct address address;

    return address_read(config, endpoint, &address);
}

/* ---- sending ---- */

static enum err authorize(const struct push *push, const struct config *config, const struct url *url, struct buf *out)
{
    struct str subject = str_from(config->public_url);
    struct web_push_claim claim = { .expires_s = clock_now_us() / US_PER_S + CLAIM_HOURS * 3600 };
    struct buf audience;
    enum err e;

    buf_init(&audience, PUSH_ENDPOINT_MAX_BYTES);
    buf_addf(&audience, "%.*s://%.*s", STR_FMT(url->scheme), STR_FMT(url->host_port));
    claim.audience = buf_str(&audience);
    claim.subject = subject;
    buf_add_c(out, "Authorization: ");
    e = buf_check(&audience);
    if (e == ERR_OK)
        e = web_push_authorize(push->key, &claim, out);
    buf_release(&audience);
    return e;
}

/* RFC 8030 §7.3; 429 and what goes wrong over there may go right later. */
static struct push_result judge(enum err e, const struct egress_reply *reply)
{
    struct push_result result = { .outcome = PUSH_REFUSED, .status = reply->status };

    if (e == ERR_FORBIDDEN)
        result.error_text = "its address is none that this server goes to";
    else if (e != ERR_OK)
        result = (struct push_result){ PUSH_LATER, 0, reply->error_text != NULL ? reply->error_text : "no answer" };
    else if (reply->status / 100 == 2)
        result.outcome = PUSH_SENT;
    else if (reply->status == 404 || reply->status == 410)
        result = (struct push_result){ PUSH_GONE, reply->status, "the subscription is over" };
    else if (reply->status == 429 || reply->status / 100 == 5)
        result = (struct push_result){ PUSH_LATER, reply->status, "the service puts it off" };
    else
        result.error_text = "the service refuses it";
    return result;
}

static enum err run(struct push *push, const struct push_message *message, enum egress_trust trust,
                    const char *authorization, struct str body, struct push_result *ret_result)
{
    char life[32], topic[64], url[PUSH_ENDPOINT_MAX_BYTES + 1];
    const char *headers[] = { authorization,
                              life,
                              "Content-Encoding: aes128gcm",
                              "Content-Type: application/octet-stream",
                              "Urgency: high",
                              message->topic.len > 0 ? topic : NULL,
                              NULL };
    struct egress_request request = {
        .method = "POST",
        .url = url,
        .headers = headers,
        .body = body,
        .trust = trust,
        .connect_timeout_ms = PUSH_CONNECT_MAX_MS,
        .total_timeout_ms = PUSH_CALL_MAX_MS,
    };
    struct egress_reply reply;
    enum err e;

    snprintf(url, sizeof(url), "%.*s", STR_FMT(message->endpoint));
    snprintf(life, sizeof(life), "TTL: %lld", (long long)message->life_s);
    snprintf(topic, sizeof(topic), "Topic: %.*s", STR_FMT(message->topic));
    egress_reply_init(&reply);
    e = egress_run(push->egress, &request, &reply);
    if (e != ERR_NO_MEMORY)
        *ret_result = judge(e == ERR_TOO_LARGE ? ERR_OK : e, &reply);
    egress_reply_release(&reply);
    return e == ERR_NO_MEMORY ? e : ERR_OK;
}

enum err push_send(struct push *push, const struct config *config, const struct push_message *message,
                   struct push_result *ret_result)
{
    struct address address;
    struct buf body, authorization;
    enum err e;

    if (!address_read(config, message->endpoint, &address)) {
        *ret_result = (struct push_result){ PUSH_REFUSED, 0, "its address is none that this server goes to" };
        return ERR_OK;
    }
    buf_init(&body, 2 * (size_t)WEB_PUSH_RECORD_BYTES);
    buf_init(&authorization, AUTHORIZATION_MAX_BYTES + PUSH_ENDPOINT_MAX_BYTES * 2);
    e = web_push_encrypt(&message->browser, message->text, &body);
    if (e == ERR_OK)
        e = authorize(push, config, &address.url, &authorization);
    if (e == ERR_OK)
        e = run(push, message, address.trust, authorization.ptr, buf_str(&body), ret_result);
    if (e == ERR_INVALID) {
        *ret_result = (struct push_result){ PUSH_GONE, 0, "its key is none" };
        e = ERR_OK;
    }
    buf_release(&body);
    buf_release(&authorization);
    return e;
}
