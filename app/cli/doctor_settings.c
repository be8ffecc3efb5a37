#include "doctor.h"
#include "parley/core/host.h"
#include "parley/core/log.h"

static bool is_open(const struct config *c)
{
    return c->registration == REGISTRATION_OPEN;
}

static bool is_cheap(const struct config *c)
{
    return c->bcrypt_rounds < 10;
}

static bool allows_all_origins(const struct config *c)
{
    return strchr(c->allowed_origins, '*') != NULL;
}

static bool tells_much(const struct config *c)
{
    return c->log_level == LOG_DEBUG;
}

static bool is_development(const struct config *c)
{
    return c->environment == ENVIRONMENT_DEVELOPMENT && !host_is_loopback(c->https_host);
}

static bool answers_any_host(const struct config *c)
{
    return c->trusted_hosts[0] == '\0' && !host_is_loopback(c->https_host);
}

static bool is_unlimited(const struct config *c)
{
    return !c->rate_limit;
}

/* A network of everybody: 0.0.0.0/0, ::/0. */
static bool trusts_everybody(const struct config *c)
{
    struct str rest = str_from(c->trusted_proxies);
    struct str item;

    while (str_split(&rest, ',', &item)) {
        if (str_ends_with(str_trim(item), STR("/0")))
            return true;
    }
    return false;
}

static const struct weakness {
    bool (*is_there)(const struct config *config);
    const char *text;
} weaknesses[] = {
    { is_open, "REGISTRATION=open: anyone can make an account; set invite or closed unless that is meant" },
    { is_cheap, "BCRYPT_ROUNDS is below 10: stolen hashes are guessed fast; set 12" },
    { is_unlimited, "RATE_LIMIT=off: passwords and codes may be guessed as fast as the machine can; set on" },
    { allows_all_origins, "ALLOWED_ORIGINS holds a *: any web page may call the API; name the origins" },
    { tells_much, "LOG_LEVEL=debug: the log tells more than it should keep; set info" },
    { is_development, "ENVIRONMENT=development while HTTPS_HOST is not loopback; set production" },
    { trusts_everybody,
      "TRUSTED_PROXIES holds a network of everybody: whoever writes an X-Forwarded-For chooses the address that limits and "
      "the audit log go by; name the proxies" },
    { answers_any_host, "TRUSTED_HOSTS is empty: requests for any host name are answered; name this server's" },
};

void check_settings(struct doctor_run *run)
{
    for (size_t i = 0; i < COUNT_OF(weaknesses); i++) {
        if (weaknesses[i].is_there(run->config))
            check_result(run, "%s", weaknesses[i].text);
    }
}
