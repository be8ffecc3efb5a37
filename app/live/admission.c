#include "admission.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "parley/core/cidr.h"
#include "parley/core/limits.h"

void admission_init(struct admission *admission)
{
    *admission = (struct admission){ .hash_key = siphash_key_new() };
    (void)pthread_mutex_init(&admission->lock, NULL);
}

void admission_release(struct admission *admission)
{
    for (int i = 0; i < ADMISSION_SLOTS; i++)
        while (admission->slots[i] != NULL) {
            struct tally *tally = admission->slots[i];

            admission->slots[i] = tally->next;
            free(tally);
        }
    (void)pthread_mutex_destroy(&admission->lock);
}

/* Whose stream it is: the user and the network are told apart by a byte before them. */
static uint64_t key_of(const struct admission *admission, char kind, const void *bytes, size_t len)
{
    char text[32] = { kind };

    memcpy(text + 1, bytes, len);
    return siphash(&admission->hash_key, (struct str){ text, len + 1 });
}

static uint64_t user_key(const struct admission *admission, int64_t user_id)
{
    return key_of(admission, 'u', &user_id, sizeof(user_id));
}

static uint64_t network_key(const struct admission *admission, struct str ip)
{
    uint8_t network[CIDR_NETWORK_BYTES];

    cidr_network(ip, network);
    return key_of(admission, 'n', network, sizeof(network));
}

/* Where the tally hangs, or would hang. Under the lock, as what follows. */
static struct tally **place_of(struct admission *admission, uint64_t key)
{
    struct tally **place = &admission->slots[key % ADMISSION_SLOTS];

    while (*place != NULL && (*place)->key != key)
        place = &(*place)->next;
    return place;
}

static enum err count_up(struct admission *admission, uint64_t key, int64_t max)
{
    struct tally **place = place_of(admission, key);

    if (*place == NULL) {
        struct tally *tally = calloc(1, sizeof(*tally));

        if (tally == NULL)
            return ERR_NO_MEMORY;
        tally->key = key;
        *place = tally;
    }
    if ((*place)->count >= max)
        return ERR_STREAMS;
    (*place)->count++;
    return ERR_OK;
}

static void count_down(struct admission *admission, uint64_t key)
{
    struct tally **place = place_of(admission, key);
    struct tally *tally = *place;

    if (tally == NULL || --tally->count > 0)
        return;
    *place = tally->next;
    free(tally);
}

/* At the limit of descriptors every request would hang, so some are kept for them. */
static int64_t room_max(const struct hub_opts *opts)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
        limit.rlim_cur >= (rlim_t)opts->streams_max + STREAM_DESCRIPTORS_KEPT)
        return opts->streams_max;
    return limit.rlim_cur > STREAM_DESCRIPTORS_KEPT ? (int64_t)limit.rlim_cur - STREAM_DESCRIPTORS_KEPT : 0;
}

static enum err enter(struct admission *admission, const struct hub_opts *opts, uint64_t user, uint64_t network)
{
    enum err e;

    if (admission->stream_count + admission->parked_count >= room_max(opts))
        return ERR_STREAMS_FULL;
    TRY(count_up(admission, user, opts->streams_per_user_max));
    e = count_up(admission, network, opts->streams_per_address_max);
    if (e != ERR_OK)
        count_down(admission, user);
    else
        admission->stream_count++;
    return e;
}

enum err admission_enter(struct admission *admission, const struct hub_opts *opts, int64_t user_id, struct str ip,
                         struct stream_permit *ret_permit)
{
    uint64_t user = user_key(admission, user_id);
    uint64_t network = network_key(admission, ip);
    enum err e;

    (void)pthread_mutex_lock(&admission->lock);
    e = enter(admission, opts, user, network);
    admission->refused_count += e != ERR_OK;
    (void)pthread_mutex_unlock(&admission->lock);
    if (e == ERR_OK)
        *ret_permit = (struct stream_permit){ .user_id = user_id, .network = network };
    return e;
}

void admission_leave(struct admission *admission, int64_t user_id, uint64_t network)
{
    uint64_t user = user_key(admission, user_id);

    (void)pthread_mutex_lock(&admission->lock);
    count_down(admission, user);
    count_down(admission, network);
    admission->stream_count--;
    (void)pthread_mutex_unlock(&admission->lock);
}

enum err admission_park(struct admission *admission)
{
    bool full;

    (void)pthread_mutex_lock(&admission->lock);
    full = admission->parked_count >= PARKED_MAX;
    admission->parked_count += !full;
    (void)pthread_mutex_unlock(&admission->lock);
    return full ? ERR_BUSY : ERR_OK;
}

void admission_unpark(struct admission *admission)
{
    (void)pthread_mutex_lock(&admission->lock);
    admission->parked_count--;
    (void)pthread_mutex_unlock(&admission->lock);
}

int64_t admission_refused_count(struct admission *admission)
{
    int64_t count;

    (void)pthread_mutex_lock(&admission->lock);
    count = admission->refused_count;
    (void)pthread_mutex_unlock(&admission->lock);
    return count;
}
