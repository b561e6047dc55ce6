/* store/crc32c.h - the Castagnoli checksum that guards journal frames and filter files. */
#ifndef STORE_CRC32C_H
#define STORE_CRC32C_H

#include <stdint.h>

#include "base/str.h"

/* CRC-32C (RFC 3720 appendix B.4) of the bytes behind those whose checksum is `before`; start with 0.
 * 8 bytes a cycle or so where the CPU has SSE 4.2, a byte at a time elsewhere. */
uint32_t crc32c(uint32_t before, str bytes);

/* The same without the CPU's help; tests compare the two. */
uint32_t crc32c_portable(uint32_t before, str bytes);

#endif
