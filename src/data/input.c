#include "data/input.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>
#include <zstd.h>

#include "base/mem.h"

#define BLOCK_BYTES ((size_t)256 * 1024)
#define FILES_MAX 100000
/* gzip's window with its header looked for: zlib.h, inflateInit2. */
#define GZIP_WINDOW_BITS (15 + 16)

enum packing { PACKING_NONE, PACKING_GZIP, PACKING_ZSTD };

/* A spool being filled from `from`. */
struct spool {
    str name;
    int from, to;
    size_t bytes, bytes_max;
    unsigned char *in, *out; /* BLOCK_BYTES each */
};

static enum status system_error(str name, struct error *err)
{
    enum status status = errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_UNAVAILABLE;
    return error_set(err, status, "%.*s: %s", STR_ARG(name), strerror(errno));
}

/* Up to BLOCK_BYTES; 0 at the end. */
static enum status read_block(struct spool *spool, size_t *ret_bytes, struct error *err)
{
    for (;;) {
        ssize_t got = read(spool->from, spool->in, BLOCK_BYTES);
        if (got >= 0) {
            *ret_bytes = (size_t)got;
            return OK;
        }
        if (errno != EINTR)
            return system_error(spool->name, err);
    }
}

static enum status write_block(struct spool *spool, const unsigned char *bytes, size_t size, struct error *err)
{
    if (size > spool->bytes_max - spool->bytes)
        return error_set(err, ERR_LIMIT, "%.*s: more than %zu bytes after decompression", STR_ARG(spool->name),
                         spool->bytes_max);
    while (size != 0) {
        ssize_t written = write(spool->to, bytes, size);
        if (written < 0 && errno != EINTR)
            return system_error(spool->name, err);
        if (written > 0) {
            bytes += written;
            size -= (size_t)written;
            spool->bytes += (size_t)written;
        }
    }
    return OK;
}

static enum status spool_plain(struct spool *spool, struct error *err)
{
    for (;;) {
        size_t got = 0;
        TRY(read_block(spool, &got, err));
        if (got == 0)
            return OK;
        TRY(write_block(spool, spool->in, got, err));
    }
}

static enum status damaged(const struct spool *spool, const char *packing, const char *why, struct error *err)
{
    return error_set(err, ERR_CORRUPT, "%.*s: the %s data is damaged or cut off after %zu bytes of content (%s)",
                     STR_ARG(spool->name), packing, spool->bytes, why != NULL ? why : "it ends too early");
}

/* Inflates what is in `stream`; a gzip file may hold several members one after the other. */
static enum status inflate_block(struct spool *spool, z_stream *stream, bool *ret_at_end, struct error *err)
{
    while (stream->avail_in != 0) {
        if (*ret_at_end && inflateReset(stream) != Z_OK)
            return damaged(spool, "gzip", stream->msg, err);
        stream->next_out = spool->out;
        stream->avail_out = (uInt)BLOCK_BYTES;
        int code = inflate(stream, Z_NO_FLUSH);
        if (code != Z_OK && code != Z_STREAM_END)
            return damaged(spool, "gzip", stream->msg, err);
        *ret_at_end = code == Z_STREAM_END;
        TRY(write_block(spool, spool->out, BLOCK_BYTES - stream->avail_out, err));
    }
    return OK;
}

static enum status spool_gzip(struct spool *spool, struct error *err)
{
    z_stream stream = { 0 };
    if (inflateInit2(&stream, GZIP_WINDOW_BITS) != Z_OK)
        return error_set(err, ERR_LIMIT, "no memory to decompress %.*s", STR_ARG(spool->name));
    bool at_end = false;
    enum status status = OK;
    for (size_t got = 1; status == OK && got != 0;) {
        status = read_block(spool, &got, err);
        stream.next_in = spool->in;
        stream.avail_in = (uInt)got;
        if (status == OK)
            status = inflate_block(spool, &stream, &at_end, err);
    }
    (void)inflateEnd(&stream); /* frees; fails only for a stream that is none */
    return status == OK && !at_end ? damaged(spool, "gzip", NULL, err) : status;
}

static enum status unzstd_block(struct spool *spool, ZSTD_DCtx *context, size_t got, size_t *ret_wanted,
                                struct error *err)
{
    ZSTD_inBuffer in = { spool->in, got, 0 };
    /* A full output buffer means that the decoder may hold more, with no input left. */
    for (bool is_full = false; in.pos < in.size || is_full;) {
        ZSTD_outBuffer out = { spool->out, BLOCK_BYTES, 0 };
        *ret_wanted = ZSTD_decompressStream(context, &out, &in);
        if (ZSTD_isError(*ret_wanted))
            return damaged(spool, "zstd", ZSTD_getErrorName(*ret_wanted), err);
        is_full = out.pos == out.size;
        TRY(write_block(spool, spool->out, out.pos, err));
    }
    return OK;
}

static enum status spool_zstd(struct spool *spool, struct error *err)
{
    ZSTD_DCtx *context = ZSTD_createDCtx();
    if (context == NULL)
        return error_set(err, ERR_LIMIT, "no memory to decompress %.*s", STR_ARG(spool->name));
    enum status status = OK;
    size_t wanted = 0; /* 0 = a frame has just ended */
    for (size_t got = 1; status == OK && got != 0;) {
        status = read_block(spool, &got, err);
        if (status == OK && got != 0)
            status = unzstd_block(spool, context, got, &wanted, err);
    }
    (void)ZSTD_freeDCtx(context); /* always 0 */
    return status == OK && wanted != 0 ? damaged(spool, "zstd", NULL, err) : status;
}

/* By the first bytes: RFC 1952 section 2.3.1, RFC 8878 section 3.1.1. */
static enum packing packing_of(int fd)
{
    unsigned char magic[4] = { 0 };
    if (pread(fd, magic, sizeof magic, 0) < 4)
        return PACKING_NONE;
    if (magic[0] == 0x1F && magic[1] == 0x8B)
        return PACKING_GZIP;
    bool is_zstd = magic[0] == 0x28 && magic[1] == 0xB5 && magic[2] == 0x2F && magic[3] == 0xFD;
    return is_zstd ? PACKING_ZSTD : PACKING_NONE;
}

/* Replaces the input's file by one in memory with what `fill` writes. */
static enum status spool_input(struct input *input, enum status (*fill)(struct spool *, struct error *),
                               size_t bytes_max, struct arena *arena, struct error *err)
{
    struct spool spool = { .name = input->name, .from = input->fd, .bytes_max = bytes_max };
    spool.to = memfd_create("kedge-input", MFD_CLOEXEC);
    if (spool.to < 0)
        return system_error(input->name, err);
    spool.in = mem_must(2 * BLOCK_BYTES);
    spool.out = spool.in + BLOCK_BYTES;
    enum status status = fill(&spool, err);
    mem_free(spool.in);
    if (status != OK) {
        (void)close(spool.to); /* nothing of value in it */
        return status;
    }
    (void)close(input->fd); /* was only read */
    input->fd = spool.to;
    input->bytes = spool.bytes;
    input->is_spooled = true;
    input->path = arena_printf(arena, "/proc/self/fd/%d", input->fd);
    (void)lseek(input->fd, 0, SEEK_SET); /* a memory file always can */
    return OK;
}

static bool has_glob(str text)
{
    return str_find(text, '*') < text.size || str_find(text, '?') < text.size || str_find(text, '[') < text.size;
}

static enum status inspect(struct input *input, size_t bytes_max, struct arena *arena, struct error *err)
{
    struct stat info;
    if (fstat(input->fd, &info) != 0)
        return system_error(input->name, err);
    if (S_ISDIR(info.st_mode))
        return error_set(err, ERR_INVALID, "%.*s is a folder; name its files, as in \"%.*s/*.parquet\"",
                         STR_ARG(input->name), STR_ARG(input->name));
    input->bytes = (size_t)info.st_size;
    if (!S_ISREG(info.st_mode))
        TRY(spool_input(input, spool_plain, bytes_max, arena, err));
    switch (packing_of(input->fd)) {
    case PACKING_GZIP:
        return spool_input(input, spool_gzip, bytes_max, arena, err);
    case PACKING_ZSTD:
        return spool_input(input, spool_zstd, bytes_max, arena, err);
    case PACKING_NONE:
        break;
    }
    return OK;
}

enum status input_open(str name, size_t bytes_max, struct arena *arena, struct input **ret_input, struct error *err)
{
    CLEANUP(input_close_slot) struct input *input = mem_must(sizeof *input);
    bool is_stdin = str_equal(name, STR("-"));
    input->bytes_max = bytes_max;
    input->name = is_stdin ? STR("standard input") : arena_copy(arena, name);
    input->fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(input->name.data, O_RDONLY | O_CLOEXEC);
    if (input->fd < 0)
        return system_error(input->name, err);
    input->path = is_stdin || has_glob(name) ? arena_printf(arena, "/proc/self/fd/%d", input->fd) : input->name;
    TRY(inspect(input, bytes_max, arena, err));
    *ret_input = input;
    input = NULL;
    return OK;
}

void input_close(struct input *input)
{
    if (input == NULL)
        return;
    if (input->content != NULL)
        (void)munmap((void *)input->content, input->mapped_bytes); /* ours, whole */
    if (input->fd >= 0)
        (void)close(input->fd); /* was only read */
    mem_free(input);
}

/* Reads the file into `content`; it may have become shorter since it was opened, and more is not asked for. */
static enum status fill(const struct input *input, char *content, size_t *ret_bytes, struct error *err)
{
    size_t bytes = 0;
    while (bytes < input->bytes) {
        ssize_t got = pread(input->fd, content + bytes, input->bytes - bytes, (off_t)bytes);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            return system_error(input->name, err);
        bytes += got > 0 ? (size_t)got : 0;
    }
    *ret_bytes = bytes;
    return OK;
}

enum status input_load(struct input *input, struct error *err)
{
    if (input->bytes == 0 || input->content != NULL)
        return OK;
    if (input->bytes > input->bytes_max)
        return error_set(err, ERR_LIMIT, "%.*s: %zu bytes; at most %zu are read", STR_ARG(input->name), input->bytes,
                         input->bytes_max);
    int flags = input->is_spooled ? MAP_PRIVATE : MAP_PRIVATE | MAP_ANONYMOUS;
    char *content = mmap(NULL, input->bytes, PROT_READ | PROT_WRITE, flags, input->is_spooled ? input->fd : -1, 0);
    if (content == MAP_FAILED)
        return error_set(err, ERR_LIMIT, "%.*s: no memory for %zu bytes", STR_ARG(input->name), input->bytes);
    size_t filled = input->bytes;
    enum status status = input->is_spooled ? OK : fill(input, content, &filled, err);
    if (status != OK || filled == 0) {
        (void)munmap(content, input->bytes); /* ours, whole */
        input->bytes = status == OK ? 0 : input->bytes;
        return status;
    }
    input->content = content;
    input->mapped_bytes = input->bytes;
    input->bytes = filled;
    return OK;
}

enum status input_expand(str pattern, struct arena *arena, str **ret_names, size_t *ret_count, struct error *err)
{
    str terminated = arena_copy(arena, pattern);
    struct stat info;
    bool is_itself = str_equal(pattern, STR("-")) || !has_glob(pattern) || stat(terminated.data, &info) == 0;
    glob_t found = { 0 };
    if (!is_itself) {
        int code = glob(terminated.data, 0, NULL, &found);
        if (code != 0 || found.gl_pathc > FILES_MAX) {
            globfree(&found);
            return code == GLOB_NOMATCH || code == 0
                       ? error_set(err, code == 0 ? ERR_LIMIT : ERR_NOT_FOUND, "%.*s: %s", STR_ARG(pattern),
                                   code == 0 ? "too many files" : "no file matches")
                       : error_set(err, ERR_UNAVAILABLE, "%.*s: the folder can't be read", STR_ARG(pattern));
        }
    }
    size_t count = is_itself ? 1 : found.gl_pathc;
    str *names = arena_array(arena, str, count);
    for (size_t i = 0; names != NULL && i < count; i++)
        names[i] = is_itself ? terminated : arena_copy(arena, str_of(found.gl_pathv[i]));
    globfree(&found);
    if (names == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu file names", count);
    *ret_names = names;
    *ret_count = count;
    return OK;
}
