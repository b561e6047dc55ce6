#include "monitor/dataset_quality.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/random.h"

/* Rows hashed at a time, so that their hashes stay in the first cache while the columns pass by. */
#define HASH_BLOCK 2048

/* Rows of a column looked at before it is worth reading whole. */
#define COLUMN_SAMPLE 64

/* One multiplication a cell; hash_mix() at the end of a row mixes what this leaves unmixed. */
static inline uint64_t fold(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ (hash >> 32);
}

/* Equal numbers have equal bits: one zero, one NaN. */
static inline uint64_t number_bits(double value)
{
    uint64_t bits;
    double canonical = value == 0 ? 0.0 : value;
    memcpy(&bits, &canonical, sizeof bits);
    return isnan(value) ? UINT64_MAX : bits;
}

static void hash_block(const struct column *column, size_t from, size_t count, uint64_t *hashes)
{
    switch (column->storage) {
    case STORAGE_NUMBER:
        for (size_t i = 0; i < count; i++)
            hashes[i] = fold(hashes[i], number_bits(column->f64[from + i]));
        return;
    case STORAGE_CATEGORY:
        for (size_t i = 0; i < count; i++)
            hashes[i] = fold(hashes[i], column->codes[from + i]);
        return;
    case STORAGE_TIME:
        for (size_t i = 0; i < count; i++)
            hashes[i] = fold(hashes[i], (uint64_t)column->us[from + i]);
        return;
    case STORAGE_COUNT:
        return;
    }
}

static bool cells_are_equal(const struct column *column, size_t a, size_t b)
{
    if (column->storage == STORAGE_NUMBER)
        return number_bits(column->f64[a]) == number_bits(column->f64[b]);
    if (column->storage == STORAGE_CATEGORY)
        return column->codes[a] == column->codes[b];
    return column->us[a] == column->us[b];
}

static bool rows_are_equal(const struct frame *frame, size_t a, size_t b)
{
    for (size_t i = 0; i < frame->column_count; i++)
        if (!cells_are_equal(&frame->columns[i], a, b))
            return false;
    return true;
}

/* The low half is enough: the part tells some of the rest, and equal hashes are compared cell by cell. */
struct hashed_row {
    uint32_t hash;
    uint32_t row;
};

static void hash_rows(const struct frame *frame, uint64_t *hashes)
{
    uint64_t seed = random_seed();
    for (size_t from = 0; from < frame->rows; from += HASH_BLOCK) {
        size_t count = MIN_OF((size_t)HASH_BLOCK, frame->rows - from);
        for (size_t i = 0; i < count; i++)
            hashes[from + i] = seed;
        for (size_t c = 0; c < frame->column_count; c++)
            hash_block(&frame->columns[c], from, count, hashes + from);
        for (size_t i = 0; i < count; i++)
            hashes[from + i] = hash_mix(hashes[from + i]);
    }
}

/* The part of a hash by its top bits. */
static size_t part_of(uint64_t hash, unsigned part_bits)
{
    return part_bits ? hash >> (64 - part_bits) : 0;
}

/* Deals the rows into parts small enough for the cache; `starts` gets parts + 1 bounds. Rows keep their order within
 * a part. */
static void deal_rows(const uint64_t *hashes, size_t row_count, unsigned part_bits, struct hashed_row *rows,
                      size_t *starts)
{
    size_t parts = (size_t)1 << part_bits;
    for (size_t i = 0; i < row_count; i++)
        starts[part_of(hashes[i], part_bits) + 1]++;
    for (size_t part = 0; part < parts; part++)
        starts[part + 1] += starts[part];
    for (size_t i = 0; i < row_count; i++)
        rows[starts[part_of(hashes[i], part_bits)]++] = (struct hashed_row){ (uint32_t)hashes[i], (uint32_t)i };
    /* Placing moved each start to the next part's; move them back. */
    for (size_t part = parts; part > 0; part--)
        starts[part] = starts[part - 1];
    starts[0] = 0;
}

/* Repeats within one part. `slots` holds 1 + an index into `rows`; a power of two above twice their number. */
static size_t count_repeats(const struct frame *frame, const struct hashed_row *rows, size_t count, uint32_t *slots,
                            size_t slot_count)
{
    size_t repeats = 0;
    memset(slots, 0, slot_count * sizeof *slots);
    for (size_t i = 0; i < count; i++) {
        size_t slot = rows[i].hash & (slot_count - 1);
        bool is_repeat = false;
        for (; slots[slot] && !is_repeat; slot = (slot + 1) & (slot_count - 1)) {
            const struct hashed_row *other = &rows[slots[slot] - 1];
            is_repeat = other->hash == rows[i].hash && rows_are_equal(frame, other->row, rows[i].row);
        }
        if (is_repeat)
            repeats++;
        else
            slots[slot] = (uint32_t)i + 1;
    }
    return repeats;
}

static size_t slots_for(size_t count)
{
    size_t slots = 16;
    while (slots < 2 * count)
        slots *= 2;
    return slots;
}

enum status frame_count_duplicated_rows(const struct frame *frame, size_t *ret_count, struct error *err)
{
    *ret_count = 0;
    if (frame->rows < 2 || frame->column_count == 0)
        return OK;
    if (frame->rows > UINT32_MAX / 2)
        return error_set(err, ERR_LIMIT, "%zu rows are too many to look for repeated ones", frame->rows);
    unsigned part_bits = 0;
    while (part_bits < 12 && frame->rows >> part_bits > 2048)
        part_bits++;
    size_t parts = (size_t)1 << part_bits;
    CLEANUP(mem_free_slot) size_t *starts = mem_array(parts + 1, sizeof *starts);
    CLEANUP(mem_free_slot) struct hashed_row *rows = mem_array(frame->rows, sizeof *rows);
    CLEANUP(mem_free_slot) uint64_t *hashes = mem_array(frame->rows, sizeof *hashes);
    if (!starts || !rows || !hashes)
        return error_set(err, ERR_LIMIT, "no memory to look for repeated rows among %zu", frame->rows);
    hash_rows(frame, hashes);
    deal_rows(hashes, frame->rows, part_bits, rows, starts);
    size_t largest = 0;
    for (size_t part = 0; part < parts; part++)
        largest = MAX_OF(largest, starts[part + 1] - starts[part]);
    CLEANUP(mem_free_slot) uint32_t *slots = mem_array(slots_for(largest), sizeof *slots);
    if (!slots)
        return error_set(err, ERR_LIMIT, "no memory to look for repeated rows among %zu", frame->rows);
    for (size_t part = 0; part < parts; part++) {
        size_t count = starts[part + 1] - starts[part];
        *ret_count += count_repeats(frame, rows + starts[part], count, slots, slots_for(count));
    }
    return OK;
}

/* Hash of the cells at every `step`-th row; texts by their bytes, as dictionaries differ between columns. */
static enum status hash_column(const struct column *column, size_t step, uint64_t seed, uint64_t *ret_hash,
                               struct error *err)
{
    uint64_t hash = fold(seed, column->storage);
    CLEANUP(mem_free_slot) uint64_t *texts = NULL;
    if (column->storage == STORAGE_CATEGORY) {
        texts = mem_array(column->category_count + 1, sizeof *texts);
        if (!texts)
            return error_set(err, ERR_LIMIT, "%zu categories do not fit in memory", column->category_count);
    }
    for (size_t row = 0; row < column->rows; row += step) {
        uint64_t bits;
        if (column->storage == STORAGE_NUMBER) {
            bits = number_bits(column->f64[row]);
        } else if (column->storage == STORAGE_TIME) {
            bits = (uint64_t)column->us[row];
        } else {
            uint32_t code = column->codes[row];
            /* Hashed when first seen; 0 stands for not yet, and hashing it again does no harm. */
            if (code != FRAME_MISSING && texts[code] == 0)
                texts[code] = hash_bytes(column->categories[code], seed);
            bits = code == FRAME_MISSING ? UINT64_MAX : texts[code];
        }
        hash = fold(hash, bits);
    }
    *ret_hash = hash_mix(hash);
    return OK;
}

enum status frame_count_duplicated_columns(const struct frame *frame, size_t *ret_pairs, struct error *err)
{
    *ret_pairs = 0;
    size_t count = frame->column_count;
    if (count < 2 || frame->rows == 0)
        return OK;
    CLEANUP(mem_free_slot) uint64_t *samples = mem_array(count, sizeof *samples);
    CLEANUP(mem_free_slot) uint64_t *wholes = mem_array(count, sizeof *wholes);
    CLEANUP(mem_free_slot) bool *is_hashed = mem_array(count, sizeof *is_hashed);
    if (!samples || !wholes || !is_hashed)
        return error_set(err, ERR_LIMIT, "%zu columns do not fit in memory", count);
    uint64_t seed = random_seed();
    size_t step = frame->rows / COLUMN_SAMPLE + 1;
    for (size_t i = 0; i < count; i++)
        TRY(hash_column(&frame->columns[i], step, seed, &samples[i], err));
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (samples[i] != samples[j])
                continue;
            for (size_t k = 0; k < 2; k++) {
                size_t c = k == 0 ? i : j;
                if (!is_hashed[c])
                    TRY(hash_column(&frame->columns[c], 1, seed, &wholes[c], err));
                is_hashed[c] = true;
            }
            *ret_pairs += wholes[i] == wholes[j];
        }
    }
    return OK;
}

static void mark_present(const struct column *column, unsigned char *is_present)
{
    for (size_t row = 0; row < column->rows; row++) {
        bool is_missing = column->storage == STORAGE_NUMBER     ? isnan(column->f64[row])
                          : column->storage == STORAGE_CATEGORY ? column->codes[row] == FRAME_MISSING
                                                                : column->us[row] == FRAME_TIME_MISSING;
        is_present[row] |= !is_missing;
    }
}

enum status frame_count_empty_rows(const struct frame *frame, size_t *ret_count, struct error *err)
{
    *ret_count = 0;
    for (size_t i = 0; i < frame->column_count; i++)
        if (frame->columns[i].missing == 0)
            return OK;
    CLEANUP(mem_free_slot) unsigned char *is_present = mem_array(frame->rows + 1, 1);
    if (!is_present)
        return error_set(err, ERR_LIMIT, "no memory to look for empty rows among %zu", frame->rows);
    for (size_t i = 0; i < frame->column_count; i++)
        mark_present(&frame->columns[i], is_present);
    for (size_t row = 0; row < frame->rows; row++)
        *ret_count += !is_present[row];
    return OK;
}
