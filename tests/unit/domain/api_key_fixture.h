/* Keys for tests: administrators who make them, and who a key stands for. */
#ifndef PARLEY_TESTS_API_KEY_FIXTURE_H
#define PARLEY_TESTS_API_KEY_FIXTURE_H

#include "domain_fixture.h"

#include <pthread.h>

#include "parley/domain/lifecycle/bootstrap.h"
#include "parley/domain/lifecycle/user_change.h"
#include "parley/domain/people/administrator.h"
#include "parley/domain/trust/api_key_change.h"
#include "parley/domain/trust/api_key_use.h"

/* A caller who is signed in as a user. */
struct person {
    struct caller c;
    struct principal principal;
    struct user user;
};

static inline void person_init(struct person *p, const char *email, enum user_role role)
{
    caller_init(&p->c, &fixture);
    p->user = fixture_user(&p->c, email, role);
    p->principal = (struct principal){ .user_id = p->user.id, .user = p->user.uuid, .role = role };
    p->c.ctx.actor = &p->principal;
    p->c.ctx.ip = STR("192.0.2.1");
}

static inline void person_release(struct person *p)
{
    caller_release(&p->c);
}

static inline struct api_key_made key_of(struct person *p, struct api_key_new opts)
{
    struct api_key_made made;

    if (opts.name.ptr == NULL)
        opts.name = STR("Key");
    if (opts.scopes == 0)
        opts.scopes = KEY_SCOPE_READ;
    assert_ok(api_key_create(&p->c.ctx, &opts, &made));
    return made;
}

/* What somebody gets who sends the key from an address. */
static inline enum err use(struct str text, const char *ip, int64_t now_us, struct principal *ret_principal)
{
    struct caller c;
    enum err e;

    caller_init(&c, &fixture);
    c.ctx.ip = str_from(ip);
    if (now_us != 0)
        c.ctx.now_us = now_us;
    e = api_key_authenticate(&c.ctx, text, ret_principal);
    assert_true(e == ERR_OK || c.problem.err == e);
    caller_release(&c);
    return e;
}

static inline enum err use_now(struct str text)
{
    struct principal principal;

    return use(text, "192.0.2.1", 0, &principal);
}

enum { RACERS = 16 };

struct racer {
    struct caller c;
    int number;
    const void *arg;
    enum err (*run)(struct racer *racer);
    enum err outcome;
    pthread_t thread;
};

static inline void *racer_run(void *arg)
{
    struct racer *racer = arg;

    racer->outcome = racer->run(racer);
    return NULL;
}

/* Runs it on RACERS threads at once; how many succeeded. The others must have got `other`. */
static inline int race(enum err (*run)(struct racer *), const void *arg, const struct principal *actor, enum err other)
{
    struct racer racers[RACERS];
    int won = 0;

    for (int i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){ .number = i, .arg = arg, .run = run };
        caller_init(&racers[i].c, &fixture);
        racers[i].c.ctx.actor = actor;
    }
    for (int i = 0; i < RACERS; i++)
        assert_int_equal(pthread_create(&racers[i].thread, NULL, racer_run, &racers[i]), 0);
    for (int i = 0; i < RACERS; i++) {
        pthread_join(racers[i].thread, NULL);
        won += racers[i].outcome == ERR_OK;
        if (racers[i].outcome != ERR_OK)
            assert_err(racers[i].outcome, other);
        caller_release(&racers[i].c);
    }
    return won;
}

#endif
