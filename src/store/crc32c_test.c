#include "store/crc32c.h"

#include "base/random.h"
#include "base/test.h"

TEST(crc32c_of_published_vectors)
{
    static const char zeros[32], ones[32] = { [0 ... 31] = (char)0xff };
    static const struct {
        const char *why;
        str bytes;
        uint32_t crc;
    } cases[] = {
        { "nothing", { "", 0 }, 0 },
        { "the check value of the CRC catalogue", { "123456789", 9 }, 0xe3069283 },
        { "RFC 3720 B.4: 32 bytes of zeros", { zeros, 32 }, 0x8a9136aa },
        { "RFC 3720 B.4: 32 bytes of ones", { ones, 32 }, 0x62a8ab43 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CHECK_INT(cases[i].why, crc32c(0, cases[i].bytes), cases[i].crc);
        CHECK_INT(cases[i].why, crc32c_portable(0, cases[i].bytes), cases[i].crc);
    }
}

TEST(crc32c_in_pieces_is_that_of_the_whole)
{
    char bytes[300];
    random_bytes(bytes, sizeof bytes);
    uint32_t whole = crc32c_portable(0, (str){ bytes, sizeof bytes });
    for (size_t cut = 0; cut <= sizeof bytes; cut++) {
        uint32_t first = crc32c(0, (str){ bytes, cut });
        CHECK_INT("cut anywhere, both ways", crc32c(first, (str){ bytes + cut, sizeof bytes - cut }), whole);
    }
}
