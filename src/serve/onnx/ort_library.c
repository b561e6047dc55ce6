#include "serve/onnx/ort_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

#define PATH_BYTES_MAX 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* over `opened` and `is_open` */
static struct ort_library opened;
static bool is_open;

enum status ort_check(const struct ort_library *library, ort_result result, enum status status, struct error *err)
{
    if (result == NULL)
        return OK;
    const struct ort_api *api = library->api;
    if (api->get_error_code(result) == ORT_ERROR_NO_FILE)
        status = ERR_NOT_FOUND;
    enum status failed = error_set(err, status, "ONNX Runtime: %s", api->get_error_message(result));
    api->release_status(result);
    return failed;
}

/* The library of a source tree: the build folder, and so the program, lies below the tree. */
static void *open_of_source_tree(void)
{
    char path[PATH_BYTES_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 64);
    if (size <= 0)
        return NULL;
    path[size] = '\0';
    for (char *slash; (slash = strrchr(path, '/')) != NULL && slash != path;) {
        (void)snprintf(slash, 64, "/.deps/onnxruntime/libonnxruntime.so.1");
        if (access(path, R_OK) == 0)
            return dlopen(path, RTLD_NOW | RTLD_LOCAL);
        *slash = '\0';
    }
    return NULL;
}

static enum status open_file(void **ret_handle, struct error *err)
{
    const char *chosen = getenv("KEDGE_ONNXRUNTIME");
    if (chosen != NULL && chosen[0] != '\0') {
        *ret_handle = dlopen(chosen, RTLD_NOW | RTLD_LOCAL);
        return *ret_handle != NULL ? OK : error_set(err, ERR_UNAVAILABLE, "KEDGE_ONNXRUNTIME: %s", dlerror());
    }
    static const char *const names[] = { "libonnxruntime.so.1", "libonnxruntime.so" };
    for (size_t i = 0; i < COUNT(names); i++)
        if ((*ret_handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL)) != NULL)
            return OK;
    if ((*ret_handle = open_of_source_tree()) != NULL)
        return OK;
    return error_set(err, ERR_UNAVAILABLE,
                     "ONNX models need ONNX Runtime: no libonnxruntime.so.1 beside Kedge or on the system. "
                     "tools/bootstrap fetches it; KEDGE_ONNXRUNTIME names a file elsewhere");
}

static enum status bind_table(void *handle, struct ort_library *library, struct error *err)
{
    union { /* ISO C has no cast from an object's address to a function's; POSIX promises that it works */
        void *address;
        const struct ort_api_base *(*get_base)(void);
    } symbol = { .address = dlsym(handle, "OrtGetApiBase") };
    if (symbol.address == NULL)
        return error_set(err, ERR_UNAVAILABLE, "libonnxruntime has no OrtGetApiBase: it is another library");
    const struct ort_api_base *base = symbol.get_base();
    (void)snprintf(library->version, sizeof library->version, "%s", base->get_version());
    if (strncmp(library->version, "1.", 2) != 0)
        return error_set(err, ERR_UNAVAILABLE, "ONNX Runtime %s is not understood; any 1.x from 1.%d on is",
                         library->version, ORT_TABLE_VERSION);
    library->api = base->get_api(ORT_TABLE_VERSION);
    if (library->api == NULL)
        return error_set(err, ERR_UNAVAILABLE, "ONNX Runtime %s is too old; 1.%d or newer is needed", library->version,
                         ORT_TABLE_VERSION);
    return OK;
}

/* Its own log stays silent: what fails comes back as an error and is logged once, by who asked. */
static enum status make_env(struct ort_library *library, struct error *err)
{
    const struct ort_api *api = library->api;
    TRY(ort_check(library, api->create_env(ORT_LOG_FATAL, "kedge", &library->env), ERR_UNAVAILABLE, err));
    TRY(ort_check(library, api->disable_telemetry(library->env), ERR_UNAVAILABLE, err));
    TRY(ort_check(library, api->create_cpu_memory_info(ORT_ALLOCATOR_ARENA, ORT_MEMORY_DEFAULT, &library->memory),
                  ERR_UNAVAILABLE, err));
    return ort_check(library, api->get_default_allocator(&library->allocator), ERR_UNAVAILABLE, err);
}

static enum status open_library(struct ort_library *library, struct error *err)
{
    void *handle;
    TRY(open_file(&handle, err));
    enum status status = bind_table(handle, library, err);
    if (status != OK) {
        (void)dlclose(handle); /* nothing of it is in use */
        return status;
    }
    return make_env(library, err); /* from here on it stays: it may have started threads */
}

enum status ort_library_get(const struct ort_library **ret_library, struct error *err)
{
    (void)pthread_mutex_lock(&lock); /* cannot fail: a plain mutex that this thread does not hold */
    enum status status = OK;
    if (!is_open) {
        struct ort_library library = { 0 };
        status = open_library(&library, err);
        if (status == OK) {
            opened = library;
            is_open = true;
        }
    }
    (void)pthread_mutex_unlock(&lock);
    *ret_library = &opened;
    return status;
}
