/* base/attributes.h - the few compiler attributes and macros that every file may use. */
#ifndef BASE_ATTRIBUTES_H
#define BASE_ATTRIBUTES_H

/* The caller must look at the result; an ignored one is written `(void)call(); why`. */
#define must_use __attribute__((warn_unused_result))

/* Runs `destroy(&variable)` when the variable leaves its scope; see DEFINE_CLEANUP. */
#define CLEANUP(destroy) __attribute__((cleanup(destroy)))

/* Checks a printf-style format against its arguments; positions count from 1. */
#define printf_like(format_at, first_at) __attribute__((format(printf, format_at, first_at)))

/* Defines `destroy_slot(struct type **)` for CLEANUP from `destroy(struct type *)`. */
#define DEFINE_CLEANUP(type, destroy)                                                                                  \
    static inline void destroy##_slot(type **slot)                                                                     \
    {                                                                                                                  \
        destroy(*slot);                                                                                                \
    }                                                                                                                  \
    struct destroy##_slot_needs_a_semicolon

/* Elements of an array whose size the compiler knows. */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define MIN_OF(a, b) ((a) < (b) ? (a) : (b))
#define MAX_OF(a, b) ((a) > (b) ? (a) : (b))

#endif
