#include "api/settings.h"

#include "base/mem.h"

struct api_settings *api_settings_new(void)
{
    struct api_settings *settings = mem_must(sizeof *settings);
    atomic_init(&settings->references, 1);
    arena_init(&settings->arena, 0);
    return settings;
}

struct api_settings *api_settings_ref(struct api_settings *settings)
{
    atomic_fetch_add_explicit(&settings->references, 1, memory_order_relaxed);
    return settings;
}

void api_settings_unref(struct api_settings *settings)
{
    if (settings == NULL || atomic_fetch_sub_explicit(&settings->references, 1, memory_order_acq_rel) > 1)
        return;
    if (settings->free_owner != NULL)
        settings->free_owner(settings->owner);
    arena_done(&settings->arena);
    mem_free(settings);
}

const struct model_settings *api_settings_model(const struct api_settings *settings, str name)
{
    for (size_t i = 0; i < settings->model_count; i++)
        if (str_equal(settings->models[i].name, name))
            return &settings->models[i];
    return &settings->defaults;
}

str api_settings_fallback_name(const struct api_settings *settings)
{
    return settings->model_count == 1 ? settings->models[0].name : STR("default");
}
