/*
 * Functions that may not be used anywhere. Every file of Parley sees this header first (CMakeLists.txt: -include), after
 * the system headers that declare them, so that a use is an error at compile time.
 */
#ifndef PARLEY_CORE_BANNED_H
#define PARLEY_CORE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef PARLEY_VENDOR_FIRST
/* A library's header whose macros name banned functions must come before the ban; CMakeLists.txt says for which files. */
#include PARLEY_VENDOR_FIRST
#endif

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok atoi atol atoll gmtime localtime

/* Vendor headers use these names for arguments, so they cannot be poisoned; a call does not compile all the same. */
#define rand() rand_is_banned_use_parley_core_rand_h
#define srand(seed) srand_is_banned_use_parley_core_rand_h

#endif
