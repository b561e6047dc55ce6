#include "serve/model_loader.h"

#include <sys/stat.h>

/* One file instead of a folder: its ending tells the library. */
static enum status describe_file(const char *path, struct arena *arena, struct mlmodel *ret_model, struct error *err)
{
    str file = str_of(path), folder = STR(".");
    for (size_t i = file.size; i > 0; i--)
        if (path[i - 1] == '/') {
            folder = arena_copy(arena, str_slice(file, 0, i > 1 ? i - 1 : 1));
            file = str_slice(file, i, file.size);
            break;
        }
    *ret_model = (struct mlmodel){ .folder = folder, .data_path = arena_copy(arena, file) };
    ret_model->has_onnx = str_has_suffix(file, STR(".onnx"));
    ret_model->has_lightgbm = str_has_suffix(file, STR(".txt"));
    ret_model->has_xgboost = str_has_suffix(file, STR(".json")) || str_has_suffix(file, STR(".ubj")) ||
                             str_has_suffix(file, STR(".xgb"));
    ret_model->flavor = ret_model->has_onnx ? STR("onnx") : ret_model->has_lightgbm ? STR("lightgbm") : STR("xgboost");
    if (ret_model->has_onnx || ret_model->has_lightgbm || ret_model->has_xgboost)
        return OK;
    return error_set(err, ERR_INVALID, "%s: a model file ends in .onnx, .json, .ubj, .xgb or .txt", path);
}

static enum status describe(const char *path, struct arena *arena, struct mlmodel *ret_model, struct error *err)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return error_set(err, ERR_NOT_FOUND, "%s: there is no such file or folder", path);
    return S_ISREG(info.st_mode) ? describe_file(path, arena, ret_model, err) : mlmodel_read(path, arena, ret_model, err);
}

enum status model_loader_load(const char *path, str force, struct pyfunc_pool *pool, struct arena *arena,
                              struct mlmodel *ret_model, struct runtime **ret_runtime, struct error *err)
{
    TRY(describe(path, arena, ret_model, err));
    return runtime_load(ret_model, force, pool, ret_runtime, err);
}
