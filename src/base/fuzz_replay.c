/* base/fuzz_replay.c - runs a fuzz target over a folder of saved inputs, without libFuzzer.
 *
 *     NAME_fuzz FOLDER...     each file of each folder once, then "N passed, 0 failed" */
#include <dirent.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_BYTES_MAX ((size_t)64 << 20)

static bool read_file(const char *path, struct buf *content)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    buf_clear(content);
    size_t got;
    char block[4096];
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        (void)buf_append(content, (str){ block, got }); /* an overfull buffer is cut off: still an input */
    fclose(file);
    return true;
}

static int replay_folder(const char *folder, struct buf *content)
{
    DIR *entries = opendir(folder);
    if (entries == NULL) {
        perror(folder);
        return -1;
    }
    int inputs = 0;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        struct stat info;
        if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || !read_file(path, content))
            continue;
        (void)LLVMFuzzerTestOneInput((const uint8_t *)content->data, content->size); /* aborts where it finds fault */
        inputs++;
    }
    closedir(entries);
    return inputs;
}

int main(int argc, char **argv)
{
    CLEANUP(buf_done) struct buf content;
    buf_init(&content, INPUT_BYTES_MAX);
    int inputs = 0;
    for (int i = 1; i < argc; i++) {
        int replayed = replay_folder(argv[i], &content);
        if (replayed < 0)
            return 1;
        inputs += replayed;
    }
    printf("%d passed, %d failed\n", inputs, inputs == 0);
    return inputs == 0;
}
