#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "serve/mlmodel_internal.h"

#define HEAD_BYTES 1024

enum file_kind { KIND_NONE, KIND_ONNX, KIND_XGBOOST, KIND_LIGHTGBM, KIND_PICKLE, KIND_COUNT };

static const struct {
    str suffix;
    enum file_kind kind;
} suffixes[] = {
    { { ".onnx", 5 }, KIND_ONNX },     { { ".json", 5 }, KIND_XGBOOST },   { { ".ubj", 4 }, KIND_XGBOOST },
    { { ".xgb", 4 }, KIND_XGBOOST },   { { ".txt", 4 }, KIND_LIGHTGBM },   { { ".lgb", 4 }, KIND_LIGHTGBM },
    { { ".pkl", 4 }, KIND_PICKLE },    { { ".pickle", 7 }, KIND_PICKLE },  { { ".joblib", 7 }, KIND_PICKLE },
    { { ".skops", 6 }, KIND_PICKLE },
};

static enum file_kind kind_of_name(str name)
{
    for (size_t i = 0; i < COUNT(suffixes); i++)
        if (str_has_suffix(name, suffixes[i].suffix))
            return suffixes[i].kind;
    return KIND_NONE;
}

bool mlmodel_is_pickle(str file_name)
{
    return kind_of_name(file_name) == KIND_PICKLE;
}

/* Text files of other kinds lie beside models (requirements.txt, input_example.json): their beginning tells. */
static bool begins_like_a_model(const char *path, enum file_kind kind)
{
    char head[HEAD_BYTES + 1] = { 0 };
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    size_t size = fread(head, 1, HEAD_BYTES, file);
    (void)fclose(file); /* it was only read */
    if (kind == KIND_LIGHTGBM)
        return strncmp(head, "tree", 4) == 0;
    return memmem(head, size, "\"learner\"", 9) != NULL;
}

static enum file_kind kind_of_file(const char *folder, str name)
{
    enum file_kind kind = kind_of_name(name);
    if (!str_has_suffix(name, STR(".txt")) && !str_has_suffix(name, STR(".json")))
        return kind;
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%.*s", folder, STR_ARG(name));
    return begins_like_a_model(path, kind) ? kind : KIND_NONE;
}

static void take_file(struct mlmodel *model, enum file_kind kind, str name)
{
    switch (kind) {
    case KIND_NONE:
    case KIND_COUNT:
        return;
    case KIND_ONNX:
        model->has_onnx = true;
        model->flavor = STR("onnx");
        break;
    case KIND_XGBOOST:
        model->has_xgboost = true;
        model->flavor = STR("xgboost");
        break;
    case KIND_LIGHTGBM:
        model->has_lightgbm = true;
        model->flavor = STR("lightgbm");
        break;
    case KIND_PICKLE:
        model->has_sklearn = true;
        model->flavor = STR("sklearn");
        model->pickle_path = name;
        return;
    }
    model->data_path = name;
}

enum status mlmodel_from_file(struct mlmodel *model, str file_name, struct arena *arena, struct error *err)
{
    enum file_kind kind = kind_of_file(model->folder.data, file_name);
    if (kind == KIND_NONE)
        return error_set(err, ERR_NOT_FOUND,
                         "%s/%.*s is no model file: known are .onnx, .json, .ubj and .xgb of XGBoost, "
                         ".txt and .lgb of LightGBM, .pkl, .joblib and .skops of scikit-learn",
                         model->folder.data, STR_ARG(file_name));
    take_file(model, kind, arena_copy(arena, file_name));
    return OK;
}

enum status mlmodel_from_files(struct mlmodel *model, struct arena *arena, struct error *err)
{
    const char *folder = model->folder.data;
    DIR *entries = opendir(folder);
    if (entries == NULL)
        return error_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_UNAVAILABLE, "open %s: %s", folder,
                         strerror(errno));
    str found[KIND_COUNT] = { 0 }, second[KIND_COUNT] = { 0 };
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        str name = str_of(entry->d_name);
        enum file_kind kind = entry->d_name[0] == '.' ? KIND_NONE : kind_of_file(folder, name);
        *(str_is_empty(found[kind]) ? &found[kind] : &second[kind]) = arena_copy(arena, name);
    }
    (void)closedir(entries); /* it was only read */
    enum file_kind best = KIND_ONNX;
    while (best < KIND_COUNT && str_is_empty(found[best]))
        best++;
    if (best == KIND_COUNT)
        return error_set(err, ERR_NOT_FOUND, "%s holds no MLmodel and no model file", folder);
    if (!str_is_empty(second[best]))
        return error_set(err, ERR_INVALID, "%s holds several models (%s, %s) and no MLmodel that tells which", folder,
                         found[best].data, second[best].data);
    take_file(model, best, found[best]);
    return OK;
}
