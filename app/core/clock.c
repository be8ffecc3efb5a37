#include "parley/core/clock.h"

#include <stdbool.h>

#ifdef TEST_CLOCK
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static _Atomic int64_t no_shift_us;
static _Atomic int64_t *shift = &no_shift_us;

static void shift_open(void)
{
    const char *path = getenv("PARLEY_TEST_CLOCK");
    void *mapped = MAP_FAILED;
    struct stat found;
    int fd;

    if (path == NULL || path[0] == '\0')
        return;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &found) == 0 && found.st_size >= (off_t)sizeof(*shift))
        mapped = mmap(NULL, sizeof(*shift), PROT_READ, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) {
        (void)fprintf(stderr, "parley: PARLEY_TEST_CLOCK is not a file of 8 bytes: %s\n", path);
        abort();
    }
    (void)close(fd);
    shift = mapped;
}

/* How far both clocks are ahead: what stands in the file that PARLEY_TEST_CLOCK names, which a test changes at will. */
static int64_t shift_us(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, shift_open);
    return atomic_load_explicit(shift, memory_order_relaxed);
}
#else
static int64_t shift_us(void)
{
    return 0;
}
#endif

static int64_t read_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000 + shift_us();
}

int64_t clock_now_us(void)
{
    return read_us(CLOCK_REALTIME);
}

int64_t clock_monotonic_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

struct timespec clock_deadline(int64_t monotonic_us)
{
    int64_t system_us = monotonic_us - shift_us();

    return (struct timespec){ .tv_sec = (time_t)(system_us / US_PER_S),
                              .tv_nsec = (long)(system_us % US_PER_S * 1000) };
}

/*
 * The date of a day, counted from 1970-01-01, by the Gregorian calendar before and after. Years are taken from March on, so
 * that the day that is only sometimes there is the last one. Not gmtime_r: glibc's takes a lock that all threads share.
 */
static void date_of(int64_t days, struct tm *t)
{
    enum {
        DAYS_TO_1970 = 719468,
        ERA_DAYS = 146097,
        ERA_YEARS = 400
    }; /* from 0000-03-01; the calendar repeats after an era */
    int64_t from_march = days + DAYS_TO_1970;
    int64_t era = (from_march >= 0 ? from_march : from_march - (ERA_DAYS - 1)) / ERA_DAYS;
    int of_era = (int)(from_march - era * ERA_DAYS);
    int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / (ERA_DAYS - 1)) / 365;
    int of_year = of_era - (365 * year + year / 4 - year / 100);
    int month = (5 * of_year + 2) / 153; /* months from March have 31, 30, 31, 30, 31 days: 153 in five */

    t->tm_mday = of_year - (153 * month + 2) / 5 + 1;
    t->tm_mon = month < 10 ? month + 2 : month - 10;
    t->tm_year = (int)(era * ERA_YEARS) + year + (month >= 10) - 1900;
}

/* Splits into calendar fields and what is left of the second. */
static struct tm split(int64_t time_us, int *ret_us)
{
    int64_t seconds = time_us / US_PER_S - (time_us % US_PER_S < 0);
    int64_t days = seconds / 86400 - (seconds % 86400 < 0);
    int of_day = (int)(seconds - days * 86400);
    struct tm fields = { .tm_hour = of_day / 3600, .tm_min = of_day / 60 % 60, .tm_sec = of_day % 60 };

    date_of(days, &fields);
    *ret_us = (int)(time_us - seconds * US_PER_S);
    return fields;
}

static char *digits(char *at, int number, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        at[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return at + count;
}

static char *day(char *at, const struct tm *t, const char *separator)
{
    at = digits(at, t->tm_year + 1900, 4);
    if (*separator)
        *at++ = *separator;
    at = digits(at, t->tm_mon + 1, 2);
    if (*separator)
        *at++ = *separator;
    return digits(at, t->tm_mday, 2);
}

static char *time_of_day(char *at, const struct tm *t, const char *separator)
{
    *at++ = 'T';
    at = digits(at, t->tm_hour, 2);
    if (*separator)
        *at++ = *separator;
    at = digits(at, t->tm_min, 2);
    if (*separator)
        *at++ = *separator;
    return digits(at, t->tm_sec, 2);
}

void clock_format(int64_t time_us, char ret_text[CLOCK_TEXT_BYTES])
{
    int us = 0;
    struct tm t = split(time_us, &us);
    char *at = time_of_day(day(ret_text, &t, "-"), &t, ":");
    *at++ = '.';
    at = digits(at, us, 6);
    *at++ = 'Z';
    *at = '\0';
}

void clock_format_day(int64_t time_us, char ret_text[CLOCK_TEXT_BYTES])
{
    int us = 0;
    struct tm t = split(time_us, &us);
    *day(ret_text, &t, "") = '\0';
}

void clock_format_basic(int64_t time_us, char ret_text[CLOCK_TEXT_BYTES])
{
    int us = 0;
    struct tm t = split(time_us, &us);
    char *at = time_of_day(day(ret_text, &t, ""), &t, "");
    *at++ = 'Z';
    *at = '\0';
}

/* Takes `count` digits off the front. */
static bool take_number(struct str *rest, size_t count, int *ret_number)
{
    int number = 0;
    if (rest->len < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (rest->ptr[i] < '0' || rest->ptr[i] > '9')
            return false;
        number = number * 10 + (rest->ptr[i] - '0');
    }
    *rest = str_tail(*rest, count);
    *ret_number = number;
    return true;
}

static bool take_one_of(struct str *rest, const char *allowed)
{
    if (rest->len == 0 || !strchr(allowed, rest->ptr[0]))
        return false;
    *rest = str_tail(*rest, 1);
    return true;
}

/* Takes ".123456789" if it is there: up to nine decimals, those behind the sixth are dropped. */
static bool take_fraction(struct str *rest, int *ret_us)
{
    int us = 0;
    size_t count = 0;
    if (!take_one_of(rest, "."))
        return true;
    for (; count < 9 && rest->len > 0 && rest->ptr[0] >= '0' && rest->ptr[0] <= '9'; count++) {
        if (count < 6)
            us = us * 10 + (rest->ptr[0] - '0');
        *rest = str_tail(*rest, 1);
    }
    for (size_t i = count; i < 6; i++)
        us *= 10;
    *ret_us = us;
    return count > 0;
}

/* Takes "Z", "+hh:mm" or nothing. */
static bool take_offset(struct str *rest, int64_t *ret_offset_us)
{
    int sign, hours = 0, minutes = 0;
    if (rest->len == 0 || take_one_of(rest, "Zz"))
        return true;
    sign = rest->ptr[0] == '-' ? -1 : 1;
    if (!take_one_of(rest, "+-") || !take_number(rest, 2, &hours) || !take_one_of(rest, ":") ||
        !take_number(rest, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *ret_offset_us = sign * (hours * US_PER_HOUR + minutes * US_PER_MINUTE);
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool is_date(int year, int month, int day_of_month)
{
    return year >= 1 && month >= 1 && month <= 12 && day_of_month >= 1 && day_of_month <= days_in_month(year, month);
}

enum err clock_parse(struct str text, int64_t *ret_time_us)
{
    int year = 0, month = 0, mday = 0, hour = 0, minute = 0, second = 0, us = 0;
    int64_t offset_us = 0;
    struct tm t;
    if (!take_number(&text, 4, &year) || !take_one_of(&text, "-") || !take_number(&text, 2, &month) ||
        !take_one_of(&text, "-") || !take_number(&text, 2, &mday) || !is_date(year, month, mday))
        return ERR_INVALID;
    if (!take_one_of(&text, "Tt ") || !take_number(&text, 2, &hour) || !take_one_of(&text, ":") ||
        !take_number(&text, 2, &minute) || !take_one_of(&text, ":") || !take_number(&text, 2, &second) || hour > 23 ||
        minute > 59 || second > 60)
        return ERR_INVALID;
    if (!take_fraction(&text, &us) || !take_offset(&text, &offset_us) || text.len > 0)
        return ERR_INVALID;
    t = (struct tm){ .tm_year = year - 1900,
                     .tm_mon = month - 1,
                     .tm_mday = mday,
                     .tm_hour = hour,
                     .tm_min = minute,
                     .tm_sec = second };
    *ret_time_us = (int64_t)timegm(&t) * US_PER_S + us - offset_us;
    return ERR_OK;
}
