#include "base/secret.h"

#include "base/mem.h"

void secret_init(struct secret *secret, str bytes)
{
    *secret = (struct secret){ .bytes_ = mem_must(bytes.size + 1), .size_ = bytes.size };
    if (bytes.size > 0)
        memcpy(secret->bytes_, bytes.data, bytes.size);
}

void secret_done(struct secret *secret)
{
    if (secret->bytes_ != NULL)
        explicit_bzero(secret->bytes_, secret->size_); /* memset may be optimized away */
    mem_free(secret->bytes_);
    *secret = (struct secret){ 0 };
}

bool secret_is_empty(const struct secret *secret)
{
    return secret->size_ == 0;
}

str secret_reveal(const struct secret *secret)
{
    return (str){ secret->bytes_ == NULL ? "" : secret->bytes_, secret->size_ };
}

bool secret_equals(const struct secret *secret, str bytes)
{
    if (bytes.size != secret->size_)
        return false;
    unsigned char difference = 0;
    for (size_t i = 0; i < bytes.size; i++)
        difference |= (unsigned char)(bytes.data[i] ^ secret->bytes_[i]);
    return difference == 0;
}
