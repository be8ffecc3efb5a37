/* Random bytes from the kernel (getrandom). Any thread. */
#ifndef PARLEY_CORE_RAND_H
#define PARLEY_CORE_RAND_H

#include <stddef.h>
#include <stdint.h>

/* Fills bytes[len]. Cannot fail: where the kernel has no randomness the process ends. */
void rand_bytes(void *bytes, size_t len);
/* Evenly spread in [0, below). below > 0. For jitter and choices, cryptographic too. */
uint64_t rand_below(uint64_t below);

#endif
