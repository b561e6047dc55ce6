#include "store/id_filter.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "store/crc32c.h"

/* A line of cache: 512 bits. */
struct line {
    uint64_t words[8];
};

#define BITS_PER_KEY 24
#define PROBES 10
#define FIRST_LINES ((size_t)4096)
#define GROWTH 4
#define GENERATIONS_MAX 16

struct generation {
    struct line *lines;
    uint64_t line_count, keys;
};

struct id_filter {
    size_t bytes_max;
    struct generation generations[GENERATIONS_MAX];
    size_t generation_count;
};

static bool add_generation(struct id_filter *filter, uint64_t line_count)
{
    struct line *lines = mem_array(line_count, sizeof *lines);
    if (lines == NULL)
        return false;
    filter->generations[filter->generation_count++] = (struct generation){ lines, line_count, 0 };
    return true;
}

struct id_filter *id_filter_new(size_t bytes_max)
{
    struct id_filter *filter = mem_must(sizeof *filter);
    filter->bytes_max = bytes_max;
    struct line *lines = mem_must(FIRST_LINES * sizeof *lines);
    filter->generations[filter->generation_count++] = (struct generation){ lines, FIRST_LINES, 0 };
    return filter;
}

void id_filter_free(struct id_filter *filter)
{
    if (filter == NULL)
        return;
    for (size_t i = 0; i < filter->generation_count; i++)
        mem_free(filter->generations[i].lines);
    mem_free(filter);
}

/* The 10 bits of a key: its low half gives seven places of 9 bits, a mix of it the other three. */
static void bits_of(struct id_key key, struct line *ret_bits)
{
    *ret_bits = (struct line){ 0 };
    uint64_t places = key.low;
    for (int i = 0; i < PROBES; i++, places >>= 9) {
        if (i == 7)
            places = hash_mix(key.low);
        ret_bits->words[(places >> 6) & 7] |= UINT64_C(1) << (places & 63);
    }
}

static struct line *line_of(const struct generation *generation, struct id_key key)
{
    return &generation->lines[(uint64_t)(((unsigned __int128)key.high * generation->line_count) >> 64)];
}

bool id_filter_may_hold(const struct id_filter *filter, struct id_key key)
{
    struct line bits;
    bits_of(key, &bits);
    for (size_t i = filter->generation_count; i-- > 0;) {
        const struct line *line = line_of(&filter->generations[i], key);
        uint64_t missing = 0;
        for (int word = 0; word < 8; word++)
            missing |= bits.words[word] & ~line->words[word];
        if (missing == 0)
            return true;
    }
    return false;
}

/* Starts another generation when the last one is full and the bound allows; without memory the last one goes on. */
static void grow_if_full(struct id_filter *filter)
{
    const struct generation *last = &filter->generations[filter->generation_count - 1];
    if (last->keys < last->line_count * 512 / BITS_PER_KEY || filter->generation_count == GENERATIONS_MAX)
        return;
    size_t bytes = id_filter_bytes(filter);
    if (bytes >= filter->bytes_max)
        return;
    uint64_t lines_left = (filter->bytes_max - bytes) / sizeof(struct line);
    uint64_t wanted = MIN_OF(last->line_count * GROWTH, lines_left);
    if (wanted >= FIRST_LINES)
        (void)add_generation(filter, wanted);
}

void id_filter_add(struct id_filter *filter, struct id_key key)
{
    grow_if_full(filter);
    struct generation *last = &filter->generations[filter->generation_count - 1];
    struct line bits, *line = line_of(last, key);
    bits_of(key, &bits);
    for (int word = 0; word < 8; word++)
        line->words[word] |= bits.words[word];
    last->keys++;
}

uint64_t id_filter_count(const struct id_filter *filter)
{
    uint64_t count = 0;
    for (size_t i = 0; i < filter->generation_count; i++)
        count += filter->generations[i].keys;
    return count;
}

size_t id_filter_bytes(const struct id_filter *filter)
{
    size_t bytes = 0;
    for (size_t i = 0; i < filter->generation_count; i++)
        bytes += filter->generations[i].line_count * sizeof(struct line);
    return bytes;
}

/* The file: this head, then the generations' lines. */
struct file_head {
    char magic[8];
    struct id_filter_label label;
    uint64_t generation_count;
    struct {
        uint64_t line_count, keys;
    } generations[GENERATIONS_MAX];
    uint32_t lines_crc, head_crc;
};
static const char magic[8] = { 'K', 'E', 'D', 'G', 'E', 'I', '1', '\n' };

static uint32_t head_crc(const struct file_head *head)
{
    return crc32c(0, (str){ (const char *)head, offsetof(struct file_head, head_crc) });
}

static str lines_of(const struct generation *generation)
{
    return (str){ (const char *)generation->lines, generation->line_count * sizeof(struct line) };
}

enum status id_filter_save(const struct id_filter *filter, const struct id_filter_label *label, const char *path,
                           struct error *err)
{
    struct file_head head = { .label = *label, .generation_count = filter->generation_count };
    memcpy(head.magic, magic, sizeof magic);
    for (size_t i = 0; i < filter->generation_count; i++) {
        head.generations[i].line_count = filter->generations[i].line_count;
        head.generations[i].keys = filter->generations[i].keys;
        head.lines_crc = crc32c(head.lines_crc, lines_of(&filter->generations[i]));
    }
    head.head_crc = head_crc(&head);
    CLEANUP(buf_done) struct buf content;
    buf_init(&content, sizeof head + id_filter_bytes(filter));
    (void)buf_reserve(&content, content.max_bytes); /* one block instead of doubling; appends notice a failure */
    (void)buf_append(&content, (str){ (const char *)&head, sizeof head });
    for (size_t i = 0; i < filter->generation_count; i++)
        (void)buf_append(&content, lines_of(&filter->generations[i])); /* asked once, below */
    if (buf_is_overfull(&content))
        return error_set(err, ERR_LIMIT, "no memory to save %s", path);
    return file_write(path, buf_str(&content), err);
}

enum status id_filter_load(const char *path, size_t bytes_max, struct id_filter **ret_filter,
                           struct id_filter_label *ret_label, struct error *err)
{
    CLEANUP(buf_done) struct buf content;
    struct file_head head;
    buf_init(&content, sizeof head + 2 * bytes_max + FIRST_LINES * sizeof(struct line));
    TRY(file_read(path, &content, err));
    str rest = buf_str(&content);
    if (rest.size >= sizeof head)
        memcpy(&head, rest.data, sizeof head);
    if (rest.size < sizeof head || memcmp(head.magic, magic, sizeof magic) != 0 || head.head_crc != head_crc(&head) ||
        head.generation_count == 0 || head.generation_count > GENERATIONS_MAX)
        return error_set(err, ERR_CORRUPT, "%s is no id filter, or a damaged one", path);
    rest = str_slice(rest, sizeof head, rest.size);
    if (crc32c(0, rest) != head.lines_crc)
        return error_set(err, ERR_CORRUPT, "%s is damaged behind its head", path);

    CLEANUP(id_filter_free_slot) struct id_filter *filter = mem_must(sizeof *filter);
    filter->bytes_max = bytes_max;
    for (size_t i = 0; i < head.generation_count; i++) {
        size_t bytes;
        if (size_mul_overflows(head.generations[i].line_count, sizeof(struct line), &bytes) || bytes > rest.size ||
            bytes == 0)
            return error_set(err, ERR_CORRUPT, "%s is shorter than it says", path);
        if (!add_generation(filter, head.generations[i].line_count))
            return error_set(err, ERR_LIMIT, "no memory to load %s", path);
        memcpy(filter->generations[i].lines, rest.data, bytes);
        filter->generations[i].keys = head.generations[i].keys;
        rest = str_slice(rest, bytes, rest.size);
    }
    *ret_label = head.label;
    *ret_filter = filter;
    filter = NULL;
    return OK;
}
