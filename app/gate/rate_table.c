#include "rate_table.h"

#include <pthread.h>
#include <stdlib.h>

#include "parley/core/clock.h"
#include "parley/core/limits.h"

struct bucket {
    uint64_t key;    /* 0: an empty place */
    uint64_t packed; /* when it is full, in microseconds; in the lowest OWED_BITS the tokens not yet synchronised */
};

enum {
    SHARDS = 32,
    PLACES_MIN = 32,
    PLACES_MAX = (int)(RATE_TABLE_MAX_BYTES / SHARDS / sizeof(struct bucket)),
    OWED_BITS = 16,
    BATCHES = 32, /* synchronised after each such part of a bucket; n processes can overdraw it by n parts */
    BATCH_MAX = 1000,
    TIDY_S = 60, /* how often a shard checks whether it can shrink */
    REST_S = 1,  /* a full shard refuses newcomers for so long before it looks for room again, which reads all of it */
};

/* Open addressing with linear probing; the place of a bucket that is full again may be reused. */
struct shard {
    pthread_mutex_t lock; /* guards what follows */
    struct bucket *places;
    size_t place_count, used_count; /* used: not empty */
    int64_t tidied_us, rest_until_us;
};

struct rate_table {
    struct shard shards[SHARDS];
};

struct rate_table *rate_table_new(void)
{
    struct rate_table *table = calloc(1, sizeof(*table));

    if (table == NULL)
        return NULL;
    for (int i = 0; i < SHARDS; i++)
        pthread_mutex_init(&table->shards[i].lock, NULL);
    return table;
}

void rate_table_free(struct rate_table *table)
{
    if (table == NULL)
        return;
    for (int i = 0; i < SHARDS; i++) {
        pthread_mutex_destroy(&table->shards[i].lock);
        free(table->shards[i].places);
    }
    free(table);
}

size_t rate_table_bytes(struct rate_table *table)
{
    size_t bytes = sizeof(*table);

    for (int i = 0; i < SHARDS; i++) {
        pthread_mutex_lock(&table->shards[i].lock);
        bytes += table->shards[i].place_count * sizeof(struct bucket);
        pthread_mutex_unlock(&table->shards[i].lock);
    }
    return bytes;
}

/* ---- one bucket ---- */

static int64_t full_us(const struct bucket *bucket)
{
    return (int64_t)(bucket->packed >> OWED_BITS);
}

static int64_t owed_count(const struct bucket *bucket)
{
    return (int64_t)(bucket->packed & ((1U << OWED_BITS) - 1));
}

static void bucket_set(struct bucket *bucket, int64_t at_us, int64_t owed)
{
    bucket->packed = (uint64_t)at_us << OWED_BITS | (uint64_t)owed;
}

static bool is_live(const struct bucket *bucket, int64_t now_us)
{
    return bucket->key != 0 && full_us(bucket) > now_us;
}

static int64_t later(int64_t a_us, int64_t b_us)
{
    return a_us > b_us ? a_us : b_us;
}

/* ---- a shard's places ---- */

static uint64_t key_of(const struct rate_spot *spot)
{
    return spot->key != 0 ? spot->key : 1;
}

static struct shard *shard_of(struct rate_table *table, const struct rate_spot *spot)
{
    return &table->shards[spot->key % SHARDS];
}

/* From the key's upper half: the lower bits have chosen the shard and would be the same for all its keys. */
static size_t home_of(uint64_t key, size_t place_count)
{
    return (size_t)((key >> 32) * place_count >> 32);
}

static bool is_crowded(size_t used_count, size_t place_count)
{
    return used_count > place_count / 4 * 3;
}

static size_t live_count(const struct shard *shard, int64_t now_us)
{
    size_t count = 0;

    for (size_t i = 0; i < shard->place_count; i++)
        count += is_live(&shard->places[i], now_us);
    return count;
}

/* At least twice the number of live buckets, so that probes stay short. */
static size_t places_for(size_t count)
{
    size_t places = PLACES_MIN;

    while (places < 2 * (count + 1))
        places *= 2;
    return places < PLACES_MAX ? places : PLACES_MAX;
}

static void move_live(struct shard *shard, struct bucket *places, size_t place_count, int64_t now_us)
{
    shard->used_count = 0;
    for (size_t i = 0; i < shard->place_count; i++) {
        const struct bucket *bucket = &shard->places[i];
        size_t at;

        if (!is_live(bucket, now_us))
            continue;
        for (at = home_of(bucket->key, place_count); places[at].key != 0; at = (at + 1) % place_count)
            ;
        places[at] = *bucket;
        shard->used_count++;
    }
}

/* Moves the live buckets to a table of the right size; full ones are dropped. ERR_LIMIT: too many live ones, or no memory. */
static enum err rebuild(struct shard *shard, size_t live, int64_t now_us)
{
    size_t place_count = places_for(live);
    struct bucket *places;

    if (is_crowded(live + 1, place_count) || (places = calloc(place_count, sizeof(*places))) == NULL)
        return ERR_LIMIT;
    move_live(shard, places, place_count, now_us);
    free(shard->places);
    shard->places = places;
    shard->place_count = place_count;
    return ERR_OK;
}

static enum err make_room(struct shard *shard, int64_t now_us)
{
    enum err e;

    if (now_us < shard->rest_until_us)
        return ERR_LIMIT;
    e = rebuild(shard, live_count(shard, now_us), now_us);
    if (e != ERR_OK || shard->place_count == PLACES_MAX)
        shard->rest_until_us = now_us + REST_S * US_PER_S;
    return e;
}

/* Gives back the memory that a flood of addresses has taken. */
static void tidy(struct shard *shard, int64_t now_us)
{
    size_t live;

    if (now_us - shard->tidied_us < TIDY_S * US_PER_S || shard->place_count <= PLACES_MIN)
        return;
    shard->tidied_us = now_us;
    live = live_count(shard, now_us);
    if (places_for(live) < shard->place_count / 2)
        (void)!rebuild(shard, live, now_us); /* without memory for a smaller table the large one stays */
}

/* The key's bucket, or NULL with a place that it may have: a full one's, or an empty one. NULL: no places at all. */
static struct bucket *find(const struct shard *shard, uint64_t key, int64_t now_us, struct bucket **ret_place)
{
    struct bucket *place = NULL;

    *ret_place = NULL;
    if (shard->place_count == 0)
        return NULL;
    for (size_t at = home_of(key, shard->place_count);; at = (at + 1) % shard->place_count) {
        struct bucket *bucket = &shard->places[at];

        if (bucket->key == key)
            return bucket;
        if (place == NULL && !is_live(bucket, now_us))
            place = bucket;
        if (bucket->key == 0)
            break;
    }
    *ret_place = place;
    return NULL;
}

/* The key's bucket, a full one where it had none; NULL: there is no room for it. */
static struct bucket *find_or_add(struct shard *shard, uint64_t key, int64_t now_us)
{
    struct bucket *place, *bucket;

    tidy(shard, now_us);
    bucket = find(shard, key, now_us, &place);
    if (bucket != NULL)
        return bucket;
    if (place == NULL || (place->key == 0 && is_crowded(shard->used_count + 1, shard->place_count))) {
        if (make_room(shard, now_us) != ERR_OK)
            return NULL;
        (void)find(shard, key, now_us, &place);
    }
    if (place == NULL)
        return NULL;
    shard->used_count += place->key == 0;
    *place = (struct bucket){ .key = key };
    return place;
}

/* ---- tokens ---- */

static int64_t batch_of(const struct rate_limit *limit)
{
    int64_t batch = limit->count / BATCHES;

    return batch < BATCH_MAX ? batch : BATCH_MAX;
}

/* How many tokens to synchronise now (-1: none), and in *ret_owed how many remain to be synchronised later. */
static int64_t sync(const struct rate_spot *spot, const struct bucket *bucket, int64_t taken, int64_t *ret_owed)
{
    bool is_new = bucket->packed == 0;
    int64_t owed = owed_count(bucket);

    *ret_owed = 0;
    if (is_new || owed + taken >= batch_of(&spot->limit))
        return owed;
    *ret_owed = owed + taken;
    return -1;
}

static struct rate_state take(struct bucket *bucket, const struct rate_spot *spot, int64_t wanted)
{
    int64_t full = later(full_us(bucket), spot->now_us), owed;
    bool room = full + spot->limit.token_us <= spot->now_us + spot->limit.count * spot->limit.token_us;
    struct rate_state state = { .has_room = room, .to_report_count = -1 };

    if (room) {
        state.to_report_count = sync(spot, bucket, wanted, &owed);
        full += wanted * spot->limit.token_us;
        bucket_set(bucket, full, owed);
    }
    state.until_full_us = full - spot->now_us;
    return state;
}

struct rate_state rate_table_take(struct rate_table *table, const struct rate_spot *spot, int64_t wanted)
{
    struct shard *shard = shard_of(table, spot);
    struct rate_state state = { .until_full_us = REST_S * US_PER_S, .to_report_count = -1 };
    struct bucket *bucket;

    pthread_mutex_lock(&shard->lock);
    bucket = find_or_add(shard, key_of(spot), spot->now_us);
    if (bucket != NULL)
        state = take(bucket, spot, wanted);
    pthread_mutex_unlock(&shard->lock);
    return state;
}

void rate_table_give_back(struct rate_table *table, const struct rate_spot *spot)
{
    struct shard *shard = shard_of(table, spot);
    struct bucket *bucket, *place;

    pthread_mutex_lock(&shard->lock);
    bucket = find(shard, key_of(spot), spot->now_us, &place);
    if (bucket != NULL && full_us(bucket) > spot->now_us)
        bucket_set(bucket, later(full_us(bucket) - spot->limit.token_us, spot->now_us), owed_count(bucket));
    pthread_mutex_unlock(&shard->lock);
}

void rate_table_learn(struct rate_table *table, const struct rate_spot *spot, int64_t until_full_us)
{
    struct shard *shard = shard_of(table, spot);
    struct bucket *bucket;

    if (until_full_us <= 0)
        return;
    pthread_mutex_lock(&shard->lock);
    bucket = find_or_add(shard, key_of(spot), spot->now_us);
    if (bucket != NULL)
        bucket_set(bucket, later(full_us(bucket), spot->now_us + until_full_us), owed_count(bucket));
    pthread_mutex_unlock(&shard->lock);
}
