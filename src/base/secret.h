/* base/secret.h - a password or token: a type that no log, JSON or config dump prints by accident.
 *
 * Its bytes come out only of secret_reveal(), which is easy to search for. Wiped when done. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/str.h"

struct secret {
    char *bytes_; /* secret_reveal() only */
    size_t size_;
};

/* What stands in a secret's place wherever people or machines read. */
#define SECRET_SHOWN "<secret>"

/* Copies the bytes. Zeroed memory is a valid empty secret. */
void secret_init(struct secret *secret, str bytes);

/* Overwrites and frees; empty and usable again. */
void secret_done(struct secret *secret);

bool secret_is_empty(const struct secret *secret);

/* The bytes, terminated, borrowed until secret_done. */
str secret_reveal(const struct secret *secret);

/* Compares in time that depends on the sizes only. */
bool secret_equals(const struct secret *secret, str bytes);

#endif
