/* How often what may be asked. */
#ifndef PARLEY_GATE_RATE_H
#define PARLEY_GATE_RATE_H

/*
 * Classes of rate: whose figure, a setting of this name, holds for whoever is signed in. Where nobody is, it is that of
 * RATE_NOBODY, per address.
 */
enum rate {
    RATE_NOT_SAID_,
    RATE_FREE,   /* not counted: probes of health, addresses that were counted when they were signed */
    RATE_NOBODY, /* for everyone; who is signed in reads */
    RATE_READ,
    RATE_WRITE,
    RATE_MARK, /* marks what one has read: small, and as often as one looks somewhere else */
    RATE_UPLOAD,
    RATE_EXPORT,
    RATE_AI,
    RATE_KEYS,       /* makes API keys */
    RATE_DIALECT,    /* other systems' routes: what those promise a key */
    RATE_HOOK,       /* posts by an address that is a secret: each address has its own bucket */
    RATE_CREDENTIAL, /* tries a credential: a write, and failures are counted */
    RATE_MAIL,       /* has mail sent to an address that anybody can name: each counts as a credential that failed */
};

#endif
