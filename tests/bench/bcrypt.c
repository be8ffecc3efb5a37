/*
 * What the benchmark compares sign-in with: bcrypt at the default cost on every processor, and nothing else.
 * Prints hashes per second. Usage: bench_bcrypt SECONDS
 */
#include <crypt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "parley/core/clock.h"
#include "parley/core/thread.h"

enum { THREADS_MAX = 256 };

static _Atomic bool stop;
static _Atomic int64_t hashed_count, hashed_us; /* of whole hashes, and how long they took */

static void *hash(void *arg)
{
    static _Thread_local struct crypt_data state;

    (void)arg;
    while (!atomic_load(&stop)) {
        int64_t began_us = clock_monotonic_us();
        if (crypt_r("correct horse battery", "$2b$12$abcdefghijklmnopqrstuu", &state) == NULL)
            return NULL;
        atomic_fetch_add(&hashed_us, clock_monotonic_us() - began_us);
        atomic_fetch_add(&hashed_count, 1);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS_MAX];
    int count = processor_count() < THREADS_MAX ? processor_count() : THREADS_MAX;
    long seconds = argc == 2 ? strtol(argv[1], NULL, 10) : 0;

    if (seconds < 1) {
        fprintf(stderr, "usage: bench_bcrypt SECONDS\n");
        return 2;
    }
    for (int i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, hash, NULL) != 0)
            return 1;
    sleep((unsigned)seconds);
    atomic_store(&stop, true);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    printf("%.3f\n", (double)count * (double)hashed_count * 1e6 / (double)hashed_us);
    return hashed_count > 0 ? 0 : 1;
}
