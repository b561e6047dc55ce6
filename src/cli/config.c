#include "cli/config.h"

#include <assert.h>
#include <stddef.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/config_keys.h"
#include "cli/config_value.h"

#define CONFIG_BYTES_MAX ((size_t)4 << 20)
#define ENVIRONMENT_PREFIX "KEDGE_"

/* What one load carries along. A mistake is noted and reading goes on, so that people see all of
 * them at once; the first one is the error that comes back. */
struct loader {
    struct config *config;
    struct buf *problems; /* or NULL */
    struct error *err;
    enum status status;   /* of the first mistake */
};

static void note(struct loader *loader, enum status status, const struct error *mistake)
{
    if (status == OK)
        return;
    if (loader->problems != NULL)
        buf_printf(loader->problems, "%s\n", mistake->cause);
    if (loader->status == OK) {
        loader->status = status;
        (void)error_set(loader->err, status, "%s", mistake->cause); /* returned at the end */
    }
}

/* The node of "section.key" below `root`, or NULL. */
static const struct yaml_node *find(const struct yaml_node *root, const char *path)
{
    str rest = str_of(path), part;
    const struct yaml_node *node = root;
    while (node != NULL && str_split(&rest, '.', &part)) {
        char name[64];
        (void)snprintf(name, sizeof name, "%.*s", STR_ARG(part));
        node = yaml_get(node, name);
    }
    return node;
}

/* Reads every key that `root` has; the others get their default where `is_complete`. */
static void read_keys(struct loader *loader, const struct config_key *keys, size_t count, const struct yaml_node *root,
                      void *target, bool is_complete)
{
    struct arena *arena = &loader->config->arena;
    for (size_t i = 0; i < count; i++) {
        struct error mistake = { 0 };
        enum status status = OK;
        const struct yaml_node *node = find(root, keys[i].path);
        struct yaml_node *fallback = NULL;
        if (node == NULL && is_complete) {
            status = yaml_load(str_of(keys[i].fallback), keys[i].path, arena, &fallback, &mistake);
            node = fallback;
        }
        if (status == OK && node != NULL)
            status = config_value_read(&keys[i], node, arena, target, &mistake);
        note(loader, status, &mistake);
    }
}

#define KNOWN_MAX 64

/* The names that may stand below `section` ("" = the top), from the table. */
static size_t names_below(const struct config_key *keys, size_t count, const char *section, struct arena *arena,
                          const char *known[KNOWN_MAX])
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        str path = str_of(keys[i].path);
        size_t dot = str_find(path, '.');
        bool is_top = section[0] == '\0';
        if (!is_top && !str_equal(str_slice(path, 0, dot), str_of(section)))
            continue;
        str name = is_top ? str_slice(path, 0, dot) : str_slice(path, dot + 1, path.size);
        if (found > 0 && str_equal(str_of(known[found - 1]), name))
            continue; /* the table keeps a section's keys together */
        assert(found < KNOWN_MAX - 4);
        known[found++] = arena_copy(arena, name).data;
    }
    return found;
}

static void check_keys(struct loader *loader, const struct config_key *keys, size_t count, const struct yaml_node *root,
                       const char *const *extra, size_t extra_count)
{
    struct arena *arena = &loader->config->arena;
    const char *known[KNOWN_MAX];
    size_t top = names_below(keys, count, "", arena, known);
    for (size_t i = 0; i < extra_count; i++)
        known[top + i] = extra[i];
    struct error mistake = { 0 };
    note(loader, yaml_check_keys(root, known, top + extra_count, &mistake), &mistake);

    for (size_t i = 0; i < top; i++) {
        const char *below[KNOWN_MAX];
        const struct yaml_node *section = yaml_get(root, known[i]);
        size_t below_count = names_below(keys, count, known[i], arena, below);
        bool is_section = below_count > 0 && !str_equal(str_of(below[0]), str_of(""));
        if (section == NULL || !is_section)
            continue;
        struct error wrong = { 0 };
        enum status status = yaml_expect(section, YAML_MAP, &wrong);
        if (status == OK)
            status = yaml_check_keys(section, below, below_count, &wrong);
        note(loader, status, &wrong);
    }
}

static void read_model(struct loader *loader, const struct yaml_node *node, struct config_model *model)
{
    static const char *const extra[] = { "name" };
    struct error mistake = { 0 };
    *model = loader->config->defaults;
    enum status status = yaml_expect(node, YAML_MAP, &mistake);
    const struct yaml_node *name = NULL;
    if (status == OK)
        status = yaml_require(node, "name", &name, &mistake);
    if (status == OK)
        status = yaml_as_str(name, &model->name, &mistake);
    if (status == OK && str_is_empty(model->name))
        status = yaml_fail(name, &mistake, "a model's name is not empty");
    note(loader, status, &mistake);
    if (status != OK)
        return;
    model->name = arena_copy(&loader->config->arena, model->name);
    check_keys(loader, config_model_keys, config_model_key_count, node, extra, COUNT(extra));
    read_keys(loader, config_model_keys, config_model_key_count, node, model, false);
}

static void read_models(struct loader *loader, const struct yaml_node *node)
{
    struct config *config = loader->config;
    struct error mistake = { 0 };
    enum status status = yaml_expect(node, YAML_LIST, &mistake);
    note(loader, status, &mistake);
    if (node == NULL || status != OK)
        return;
    config->models = arena_alloc(&config->arena, node->count * sizeof *config->models);
    for (size_t i = 0; i < node->count; i++) {
        struct config_model *model = &config->models[i];
        read_model(loader, node->items[i], model);
        config->model_count = i + 1;
        for (size_t earlier = 0; earlier < i; earlier++) {
            if (!str_is_empty(model->name) && str_equal(config->models[earlier].name, model->name)) {
                struct error twice = { 0 };
                note(loader, yaml_fail(node->items[i], &twice, "the model \"%.*s\" is there twice", STR_ARG(model->name)),
                     &twice);
            }
        }
    }
}

/* "http.body_max" -> "KEDGE_HTTP_BODY_MAX" */
static void environment_name(const char *path, char *name, size_t name_bytes)
{
    (void)snprintf(name, name_bytes, "%s%s", ENVIRONMENT_PREFIX, path);
    for (char *at = name + strlen(ENVIRONMENT_PREFIX); *at != '\0'; at++)
        *at = *at == '.' ? '_' : (char)toupper((unsigned char)*at);
}

static const char *environment_value(char *const *environment, const char *name)
{
    size_t size = strlen(name);
    for (; environment != NULL && *environment != NULL; environment++)
        if (strncmp(*environment, name, size) == 0 && (*environment)[size] == '=')
            return *environment + size + 1;
    return NULL;
}

static struct yaml_node *text_node(const char *name, str text, struct arena *arena)
{
    struct yaml_node *node = arena_new(arena, struct yaml_node);
    *node = (struct yaml_node){ .kind = YAML_TEXT, .text = text, .line = 1, .column = 1, .file_name = name };
    return node;
}

/* "a,b" as a list of texts; no YAML, so that "[::1]:8000" stands for itself. */
static struct yaml_node *list_node(const char *name, const char *value, struct arena *arena)
{
    size_t count = 1;
    for (const char *at = value; *at != '\0'; at++)
        count += *at == ',';
    struct yaml_node *node = text_node(name, str_of(value), arena);
    node->kind = YAML_LIST;
    node->items = arena_alloc(arena, count * sizeof *node->items);
    str rest = str_of(value), item;
    while (str_split(&rest, ',', &item))
        if (!str_is_empty(str_trim(item)))
            node->items[node->count++] = text_node(name, str_trim(item), arena);
    return node;
}

/* The variable's text as the kind of node that the key wants. */
static enum status parse_variable(const struct config_key *key, const char *name, const char *value, struct arena *arena,
                                  struct yaml_node **ret_node, struct error *err)
{
    const char *kept = arena_copy(arena, str_of(name)).data;
    bool is_text = key->kind == CONFIG_TEXT || key->kind == CONFIG_SECRET || key->kind == CONFIG_SCHEDULE;
    if (!is_text && key->kind != CONFIG_TEXTS)
        return yaml_load(str_of(value), name, arena, ret_node, err);
    *ret_node = is_text ? text_node(kept, str_of(value), arena) : list_node(kept, value, arena);
    return OK;
}

static void read_environment(struct loader *loader, char *const *environment, const char *prefix,
                             const struct config_key *keys, size_t count, void *target)
{
    struct arena *arena = &loader->config->arena;
    for (size_t i = 0; i < count; i++) {
        char path[96], name[128];
        (void)snprintf(path, sizeof path, "%s%s", prefix, keys[i].path);
        environment_name(path, name, sizeof name);
        const char *value = environment_value(environment, name);
        if (value == NULL)
            continue;
        struct error mistake = { 0 };
        struct yaml_node *node = NULL;
        enum status status = parse_variable(&keys[i], name, value, arena, &node, &mistake);
        if (status == OK)
            status = config_value_read(&keys[i], node, arena, target, &mistake);
        note(loader, status, &mistake);
    }
}

static enum status read_yaml(const char *path, struct config *config, struct yaml_node **ret_root, struct error *err)
{
    *ret_root = NULL;
    if (path == NULL)
        return OK;
    config->file_name = arena_copy(&config->arena, str_of(path));
    CLEANUP(buf_done) struct buf content;
    buf_init(&content, CONFIG_BYTES_MAX);
    TRY(file_read(path, &content, err));
    return yaml_load(buf_str(&content), path, &config->arena, ret_root, err);
}

static void read_all(struct loader *loader, const struct yaml_node *root, char *const *environment)
{
    static const char *const extra[] = { "defaults", "models" };
    struct config *config = loader->config;
    struct error mistake = { 0 };
    if (root != NULL && root->kind != YAML_NULL)
        note(loader, yaml_expect(root, YAML_MAP, &mistake), &mistake);
    check_keys(loader, config_server_keys, config_server_key_count, root, extra, COUNT(extra));
    read_keys(loader, config_server_keys, config_server_key_count, root, config, true);

    const struct yaml_node *defaults = yaml_get(root, "defaults");
    check_keys(loader, config_model_keys, config_model_key_count, defaults, NULL, 0);
    read_keys(loader, config_model_keys, config_model_key_count, defaults, &config->defaults, true);

    read_environment(loader, environment, "", config_server_keys, config_server_key_count, config);
    read_environment(loader, environment, "defaults.", config_model_keys, config_model_key_count, &config->defaults);
    read_models(loader, yaml_get(root, "models"));
}

enum status config_load(const char *path, char *const *environment, struct config **ret_config, struct buf *problems,
                        struct error *err)
{
    CLEANUP(config_free_slot) struct config *config = mem_must(sizeof *config);
    arena_init(&config->arena, 0);
    struct yaml_node *root;
    struct error unreadable = { 0 };
    struct loader loader = { .config = config, .problems = problems, .err = err };
    enum status status = read_yaml(path, config, &root, &unreadable);
    note(&loader, status, &unreadable);
    if (status == OK)
        read_all(&loader, root, environment);
    if (loader.status != OK)
        return loader.status;
    *ret_config = config;
    config = NULL; /* now the caller's */
    return OK;
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    secret_done(&config->token);
    secret_done(&config->registry_token);
    arena_done(&config->arena);
    mem_free(config);
}

const struct config_model *config_model(const struct config *config, str name)
{
    for (size_t i = 0; i < config->model_count; i++)
        if (str_equal(config->models[i].name, name))
            return &config->models[i];
    return &config->defaults;
}

/* Keys of one table as nested YAML, `indent` spaces deep. */
static void print_keys(const struct config_key *keys, size_t count, const void *source, int indent, struct buf *out)
{
    str section = STR("");
    for (size_t i = 0; i < count; i++) {
        str path = str_of(keys[i].path);
        size_t dot = str_find(path, '.');
        bool is_nested = dot < path.size;
        str here = is_nested ? str_slice(path, 0, dot) : STR("");
        if (is_nested && !str_equal(here, section))
            buf_printf(out, "%*s%.*s:\n", indent, "", STR_ARG(here));
        section = here;
        str name = is_nested ? str_slice(path, dot + 1, path.size) : path;
        buf_printf(out, "%*s%.*s: ", indent + (is_nested ? 2 : 0), "", STR_ARG(name));
        config_value_print(&keys[i], source, out);
        buf_append_byte(out, '\n');
    }
}

void config_print(const struct config *config, struct buf *out)
{
    static const struct config_key name_key = { .kind = CONFIG_TEXT, .offset = offsetof(struct config_model, name) };
    print_keys(config_server_keys, config_server_key_count, config, 0, out);
    buf_append(out, STR("defaults:\n"));
    print_keys(config_model_keys, config_model_key_count, &config->defaults, 2, out);
    buf_append(out, config->model_count > 0 ? STR("models:\n") : STR("models: []\n"));
    for (size_t i = 0; i < config->model_count; i++) {
        buf_append(out, STR("  - name: "));
        config_value_print(&name_key, &config->models[i], out);
        buf_append_byte(out, '\n');
        print_keys(config_model_keys, config_model_key_count, &config->models[i], 4, out);
    }
}

static void print_reference_table(const struct config_key *keys, size_t count, const char *prefix, struct buf *out)
{
    buf_append(out, STR("| key | type | default | meaning | variable |\n|---|---|---|---|---|\n"));
    for (size_t i = 0; i < count; i++) {
        char path[96], name[128];
        (void)snprintf(path, sizeof path, "%s%s", prefix, keys[i].path);
        environment_name(path, name, sizeof name);
        const char *choices = keys[i].choices != NULL ? keys[i].choices : "";
        buf_printf(out, "| `%s` | %s%s%s | `%s` | %s | `%s` |\n", keys[i].path, config_kind_name(keys[i].kind),
                   choices[0] != '\0' ? " " : "", choices, keys[i].fallback, keys[i].sentence, name);
    }
}

void config_print_reference(struct buf *out)
{
    buf_append(out, STR("# Configuration\n\n"
                        "One YAML file, given with `--config`; every key has a default, so that no file is needed. The\n"
                        "variable overrides the file. `kedge config check FILE` names every mistake with line and column,\n"
                        "`kedge config show` prints what is in force. This page is printed by `kedge config reference`.\n\n"
                        "## The server\n\n"));
    print_reference_table(config_server_keys, config_server_key_count, "", out);
    buf_append(out, STR("\n## Models\n\n"
                        "These keys stand below `defaults:`, for every model, and in the entries of the list `models:`,\n"
                        "where `name` says which model the entry is about.\n\n"));
    print_reference_table(config_model_keys, config_model_key_count, "defaults.", out);
}
