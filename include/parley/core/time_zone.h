/*
 * Local time of a place, by the system's database of time zones (Debian's tzdata; TZif, RFC 8536). Read at each question: it is asked
 * now and then by a job. Any thread.
 */
#ifndef PARLEY_CORE_TIME_ZONE_H
#define PARLEY_CORE_TIME_ZONE_H

#include <stdint.h>

#include "parley/core/err.h"
#include "parley/core/str.h"

/*
 * Seconds to add to UTC at that moment to have the local time of a zone ("Europe/Berlin", "UTC"). ERR_INVALID: no such zone; also where
 * the system has no database, which knows "UTC" alone then.
 */
enum err time_zone_offset(struct str zone, int64_t at_s, int32_t *ret_offset_s) MUST_CHECK;

#endif
