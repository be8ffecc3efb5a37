/* Compiler attributes used in headers. */
#ifndef PARLEY_CORE_ATTRS_H
#define PARLEY_CORE_ATTRS_H

/* The result may not be thrown away. */
#define MUST_CHECK __attribute__((warn_unused_result))

/* printf-like: the format is argument f, the values begin with argument a (both counted from 1). */
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
