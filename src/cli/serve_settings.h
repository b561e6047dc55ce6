/* cli/serve_settings.h - the configuration as the api/ floor wants it. */
#ifndef CLI_SERVE_SETTINGS_H
#define CLI_SERVE_SETTINGS_H

#include "api/settings.h"
#include "cli/config.h"

/* Takes `config` over in any case. ERR_INVALID names the model and the word that is no method, type or task. */
must_use enum status serve_settings_new(struct config *config, struct api_settings **ret_settings, struct error *err);

#endif
